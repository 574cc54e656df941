"""Runs begin with the same files, and the author's stay as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nb2ops.errors import UsageError
from nb2ops.runtime import workcopy
from nb2ops.runtime.workcopy import WorkCopy


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "data/all.csv": "all",
        "book/nb.ipynb": "{}",
        "book/sub/part.csv": "part",
        "book/.env": "secret",
        "book/.git/HEAD": "head",
        "book/venv/pyvenv.cfg": "",
        "book/node_modules/x.js": "",
        "book/.nb2ops/runs/r": "",
        "book/__pycache__/x.pyc": "",
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    os.symlink("../data/all.csv", tmp_path / "project" / "book" / "link.csv")
    return tmp_path / "project"


def made(project: Path) -> WorkCopy:
    copy = WorkCopy(project / "book", project / "book" / ".nb2ops" / "work")
    copy.refresh()
    return copy


def test_files_are_copied_and_the_surroundings_are_there(project: Path) -> None:
    place = made(project).directory
    assert (place / "sub" / "part.csv").read_text() == "part"
    assert (place / "link.csv").read_text() == "all"
    assert os.path.exists(f"{place}/../data/all.csv")
    assert Path(place, "..", "..", "project", "data", "all.csv").resolve() == project / "data" / "all.csv"
    assert (place / "nb.ipynb").stat().st_mtime_ns == (project / "book" / "nb.ipynb").stat().st_mtime_ns


@pytest.mark.parametrize("name", [".git", "venv", "node_modules"])
def test_what_no_notebook_works_in_is_a_link(project: Path, name: str) -> None:
    assert (made(project).directory / name).readlink() == project / "book" / name


@pytest.mark.parametrize(("name", "there"), [(".env", True), (".nb2ops", False), ("__pycache__", False)])
def test_hidden_files_come_along_and_our_own_folders_do_not(project: Path, name: str, there: bool) -> None:
    assert (made(project).directory / name).exists() is there


def test_every_run_begins_anew_at_the_same_place_and_the_originals_stay(project: Path) -> None:
    copy = made(project)
    (copy.directory / "sub" / "part.csv").write_text("changed")
    (copy.directory / "new.csv").write_text("new")
    (copy.directory / ".env").unlink()
    copy.refresh()
    assert (copy.directory / "sub" / "part.csv").read_text() == "part"
    assert not (copy.directory / "new.csv").exists()
    assert (copy.directory / ".env").exists()
    copy.remove()
    assert not (project / "book" / ".nb2ops" / "work").exists()
    assert (project / "book" / ".git" / "HEAD").read_text() == "head"
    assert (project / "data" / "all.csv").read_text() == "all"


@pytest.mark.parametrize(("limit", "value"), [("MOST_BYTES", 5), ("MOST_FILES", 2)])
def test_too_much_is_refused_with_the_way_out(project: Path, limit: str, value: int, monkeypatch) -> None:
    monkeypatch.setattr(workcopy, limit, value)
    with pytest.raises(UsageError, match="--in-place"):
        made(project)
    assert not (project / "book" / ".nb2ops" / "work").exists()
