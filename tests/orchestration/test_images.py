from __future__ import annotations

import re
from importlib.metadata import distributions, version
from pathlib import Path

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Pipeline
from nb2ops.orchestration.deploying import Parcel
from nb2ops.orchestration.images import write_image
from nb2ops.orchestration.packing import pack, pins_of, read_contents
from nb2ops.orchestration.pinning import Pins
from nb2ops.orchestration.store import check
from tests.notebooks import write_notebook

INSTALLED = any(distributions(name="nb2ops"))
needs_package = pytest.mark.skipif(not INSTALLED, reason="nb2ops is not installed as a package here")


@pytest.fixture
def packed(tmp_path: Path, monkeypatch) -> tuple[Parcel, Pipeline, Pins]:
    monkeypatch.setenv("NB2OPS_HOME", str(tmp_path / "home"))
    path = write_notebook(tmp_path / "nb.ipynb", ("step:a", "import click"))
    contents = read_contents(path)
    pins = pins_of(contents, None)
    assert pins
    return pack(contents, path, pins), contents.pipeline, pins


@needs_package
def test_a_dockerfile_with_all_it_copies_pinned_and_not_for_root(packed, tmp_path):
    parcel, pipeline, pins = packed
    path = write_image(tmp_path / "image", parcel, pipeline, pins, None)
    text = path.read_text()
    assert re.search(r"^FROM python:3\.\d+-slim$", text, re.M)
    assert re.search(r"^USER nb2ops$", text, re.M)
    copied = [word for line in re.findall(r"^COPY (.*) \S+$", text, re.M) for word in line.split() if "--" not in word]
    assert copied
    assert all((path.parent / word).exists() for word in copied)
    check(path.parent / "bundle", parcel.version)
    assert f"bundles/{parcel.version[:16]}" in text
    assert f"click=={version('click')}" in (path.parent / "requirements.lock").read_text()
    assert f"prefect=={version('prefect')}" in (path.parent / "nb2ops.lock").read_text()
    assert not re.search(r"^(?!#)[^=\n]+$", (path.parent / "nb2ops.lock").read_text(), re.M)


@needs_package
def test_again_replaces_ours_and_nobody_elses(packed, tmp_path):
    write_image(tmp_path / "image", *packed, None)
    path = write_image(tmp_path / "image", *packed, None)
    path.write_text("FROM scratch\n")
    with pytest.raises(UsageError, match="not written by nb2ops"):
        write_image(tmp_path / "image", *packed, None)


@pytest.mark.parametrize(("kernel", "words"), [("no-such-kernel", "NB403"), (None, "Deploy the notebook itself")])
def test_what_cannot_be_pinned_makes_no_image(packed, tmp_path, kernel, words):
    parcel, pipeline, _ = packed
    pins = pins_of(read_contents(tmp_path / "nb.ipynb"), kernel) if kernel else None
    with pytest.raises(UsageError, match=words):
        write_image(tmp_path / "image", parcel, pipeline, pins, kernel)
    assert not (tmp_path / "image").exists()
