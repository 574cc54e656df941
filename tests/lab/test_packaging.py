"""What a plain `pip install` of a clone, on a machine without node, puts where JupyterLab looks."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from nb2ops import __version__

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "labextension"
BUNDLE = ROOT / "nb2ops" / "labextension"


def digest_of_source() -> str:
    """As `labextension/scripts/stamp.mjs`: each path and content followed by a zero byte, sorted by path."""
    files = [path for folder in ("src", "style", "schema") for path in (SOURCE / folder).rglob("*") if path.is_file()]
    total = sha256()
    for path in sorted([*files, SOURCE / "package.json"], key=lambda path: path.relative_to(SOURCE).as_posix()):
        total.update(path.relative_to(SOURCE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def test_the_committed_bundle_was_built_from_the_committed_source() -> None:
    stamp = (BUNDLE / "source.sha256").read_text().strip()
    assert stamp == digest_of_source(), "run `npm run build` in labextension/ and commit nb2ops/labextension"


def test_the_bundle_is_complete_and_small() -> None:
    scripts = list((BUNDLE / "static").glob("*.js"))
    entry = json.loads((BUNDLE / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    assert BUNDLE / entry in scripts
    assert sum(path.stat().st_size for path in scripts) < 150_000


def test_nothing_of_the_machine_that_built_it_is_in_it() -> None:
    for path in filter(Path.is_file, BUNDLE.rglob("*")):
        assert path.suffix != ".map"
        assert not re.search(rb"file://|/home/|/Users/|/work/", path.read_bytes()), path


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (SOURCE / "package-lock.json").read_text()


def test_both_packages_have_one_version() -> None:
    assert json.loads((SOURCE / "package.json").read_text())["version"] == __version__


def test_the_sidebar_and_the_server_extension_are_installed() -> None:
    try:
        files = distribution("nb2ops").files or []
    except PackageNotFoundError:
        pytest.skip("nb2ops is imported from a folder and not installed")
    installed = {path.as_posix().split("../")[-1]: path for path in files}
    config = installed["etc/jupyter/jupyter_server_config.d/nb2ops.json"].read_text()
    assert json.loads(config) == {"ServerApp": {"jpserver_extensions": {"nb2ops.lab": True}}}
    for name in ("package.json", "install.json", "source.sha256"):
        assert f"share/jupyter/labextensions/nb2ops/{name}" in installed
