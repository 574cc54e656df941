"""Bundles in folders and in S3 (moto's server on loopback), pulled with proof of their content."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.errors import UsageError
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.pulling import pull
from nb2ops.orchestration.storage import archive, push
from nb2ops.orchestration.store import check
from tests.notebooks import write_notebook


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a bucket of moto's server; s3fs finds it by the environment."""
    server_module = pytest.importorskip("moto.server", reason="needs moto[server]")
    s3fs = pytest.importorskip("s3fs", reason="needs s3fs")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem().mkdir("bundles")
        yield "s3://bundles/team"
    server.stop()


@pytest.fixture(params=["file", "s3"])
def storage(request, tmp_path: Path) -> str:
    return request.getfixturevalue("s3") if request.param == "s3" else f"file://{tmp_path}/shared/bundles"


@pytest.fixture
def homes(tmp_path: Path, monkeypatch):
    """Become another machine: a home of its own."""

    def move(name: str) -> None:
        monkeypatch.setenv("NB2OPS_HOME", str(tmp_path / name))

    return move


@pytest.fixture
def parcel(tmp_path: Path, homes):
    homes("laptop")
    (tmp_path / "shop.py").write_text("price = 3\n")
    path = write_notebook(tmp_path / "nb.ipynb", ("step:a", f"import shop\nprint('{uuid4()}')"))
    return pack(read_contents(path), path)


class TestPull:
    def test_from_a_storage_brings_the_very_files_to_another_machine(self, parcel, storage, homes, tmp_path):
        address = push(parcel.folder, parcel.version, storage)
        homes("worker")
        folder = Path(pull(address, parcel.version)["directory"])
        assert folder.is_relative_to(tmp_path / "worker")
        names = {path.relative_to(parcel.folder) for path in parcel.folder.rglob("*") if path.is_file()}
        assert {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} == names
        assert all((folder / name).read_bytes() == (parcel.folder / name).read_bytes() for name in names)
        check(folder, parcel.version)

    def test_again_needs_the_storage_no_more(self, parcel, tmp_path, homes):
        address = push(parcel.folder, parcel.version, f"file://{tmp_path}/shared")
        homes("worker")
        first = pull(address, parcel.version)
        (tmp_path / "shared" / f"{parcel.version}.zip").unlink()
        assert pull(address, parcel.version) == first

    def test_what_was_changed_on_the_way_is_refused_and_not_kept(self, parcel, tmp_path, homes):
        address = push(parcel.folder, parcel.version, f"file://{tmp_path}/shared")
        stored = tmp_path / "shared" / f"{parcel.version}.zip"
        with zipfile.ZipFile(io.BytesIO(stored.read_bytes())) as source:
            files = {name: source.read(name) for name in source.namelist()}
        stored.write_bytes(archive({**files, "flow.py": files["flow.py"] + b"import os\n"}))
        homes("worker")
        for _ in range(2):
            with pytest.raises(UsageError, match=r"flow\.py was changed"):
                pull(address, parcel.version)

    def test_members_outside_of_the_folder_and_beside_the_manifest_are_left_out(self, parcel, tmp_path, homes):
        address = push(parcel.folder, parcel.version, f"file://{tmp_path}/shared")
        stored = tmp_path / "shared" / f"{parcel.version}.zip"
        with zipfile.ZipFile(stored, "a") as target:
            target.writestr("../../evil.py", "x")
            target.writestr("sitecustomize.py", "x")
        homes("worker")
        folder = Path(pull(address, parcel.version)["directory"])
        assert not list(tmp_path.rglob("evil.py"))
        assert not (folder / "sitecustomize.py").exists()

    def test_what_is_not_there_says_what_to_do(self, parcel, storage):
        with pytest.raises(UsageError, match="Deploy the notebook again"):
            pull(f"{storage}/{'0' * 64}.zip", "0" * 64)

    def test_a_local_folder_is_taken_as_it_is_and_one_of_another_machine_from_the_own_store(self, parcel, homes):
        assert pull(str(parcel.folder), parcel.version) == {"directory": str(parcel.folder)}
        assert pull("/home/ada/elsewhere", parcel.version) == {"directory": str(parcel.folder)}
        homes("worker")
        with pytest.raises(UsageError, match="not on this machine"):
            pull("/home/ada/elsewhere", parcel.version)


class TestPush:
    def test_the_same_bundle_is_the_same_archive_and_stays(self, parcel, tmp_path):
        address = push(parcel.folder, parcel.version, f"file://{tmp_path}/shared")
        stored = tmp_path / "shared" / f"{parcel.version}.zip"
        os.utime(stored, (1, 1))
        assert push(parcel.folder, parcel.version, f"file://{tmp_path}/shared/") == address
        assert stored.stat().st_mtime == 1

    @pytest.mark.parametrize(
        ("url", "words"),
        [("nosuch://place", "nosuch"), ("file:///proc/nowhere", "Check the address")],
    )
    def test_a_place_that_cannot_be_written(self, parcel, url, words):
        with pytest.raises(UsageError, match=words):
            push(parcel.folder, parcel.version, url)
