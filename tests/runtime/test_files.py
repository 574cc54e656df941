"""Files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nb2ops.runtime import files


def test_a_file_replaces_another_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.json"
    files.write_json(path, {"a": 1})
    files.write_json(path, {"a": "é\udcff"}, 0o600)
    assert json.loads(path.read_text()) == {"a": "é?"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["x.json"]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    with pytest.raises(FileNotFoundError):
        files.copy(tmp_path / "missing", path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x"]
