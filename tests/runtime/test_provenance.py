"""What was read, written and imported."""

from __future__ import annotations

import importlib.metadata
import os
import sysconfig
from pathlib import Path

import pytest
from blake3 import blake3

from nb2ops.inkernel.imports import imported_packages
from nb2ops.model import Json
from nb2ops.runtime.distributions import versions
from nb2ops.runtime.provenance import file_digest

SITE = sysconfig.get_paths()["purelib"]


def seen(path: Path) -> Json:
    status = path.stat()
    return {"resolved": str(path), "size": status.st_size, "mtime": status.st_mtime}


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", bytes(3_000_000)])
def test_a_file_that_is_still_the_same_has_a_digest(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    assert file_digest(seen(path)) == blake3(content).hexdigest()


def test_a_file_that_changed_or_went_or_is_none_has_none(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"1")
    before = seen(path)
    os.utime(path, (1, 1))
    assert file_digest(before) is None
    path.unlink()
    assert file_digest(before) is None
    assert file_digest(seen(tmp_path)) is None


@pytest.mark.parametrize(
    ("module", "distribution"),
    [("click", "click"), ("dateutil", "python-dateutil"), ("zmq", "pyzmq"), ("IPython", "ipython")],
)
def test_distributions_that_provide_modules(module: str, distribution: str) -> None:
    assert versions({module: SITE}) == {distribution: importlib.metadata.version(distribution)}


def test_unknown_modules_and_folders_provide_nothing(tmp_path: Path) -> None:
    assert versions({"nowhere_to_be_found": SITE, "click": str(tmp_path)}) == {}


def test_imported_packages_are_those_of_site_packages() -> None:
    found = imported_packages()
    assert "pytest" in found
    assert not found.keys() & {"os", "sys", "json", "nb2ops", "tests"}
    assert {os.path.basename(folder) for folder in found.values()} == {"site-packages"}
