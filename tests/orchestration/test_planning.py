from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.planning import working_directory


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "bundle" / "files" / "data").mkdir(parents=True)
    (tmp_path / "bundle" / "files" / "data" / "sales.csv").write_text("a\n1\n")
    (tmp_path / "run").mkdir()
    return tmp_path / "bundle"


class TestWorkingDirectory:
    def test_is_the_notebooks_folder(self, bundle, tmp_path):
        options = RunOptions(notebook=tmp_path / "nb.ipynb")
        assert working_directory(options, bundle, tmp_path / "run") == tmp_path

    def test_is_the_one_that_was_said_also_where_it_is_missing_so_that_the_run_says_so(self, bundle, tmp_path):
        options = RunOptions(notebook=tmp_path / "nb.ipynb", directory=tmp_path / "missing")
        assert working_directory(options, bundle, tmp_path / "run") == tmp_path / "missing"

    def test_is_the_runs_own_with_the_bundled_files_where_the_notebooks_folder_is_gone(self, bundle, tmp_path):
        options = RunOptions(notebook=tmp_path / "gone" / "nb.ipynb")
        folder = working_directory(options, bundle, tmp_path / "run")
        assert folder == tmp_path / "run" / "work"
        assert (folder / "data" / "sales.csv").read_text() == "a\n1\n"
