"""The entry point, as an installed nb2ops has it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which papermill finds the entry point that pyproject.toml declares."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    target = project["entry-points"]["papermill.engine"]["nb2ops"]
    info = tmp_path / "site" / "nb2ops-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: nb2ops\nVersion: 0\n")
    (info / "entry_points.txt").write_text(f"[papermill.engine]\nnb2ops = {target}\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(ROOT)])}


def test_our_engine_can_be_imported_first(installed: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-c", "import nb2ops.runtime.engine"], env=installed, check=True)


def test_papermill_s_command_knows_the_engine(installed: dict[str, str], tmp_path: Path) -> None:
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")], metadata=kernel)
    nbformat.write(notebook, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--engine", "nb2ops", "--no-progress-bar"]
    subprocess.run(command, env=installed, cwd=tmp_path, check=True, capture_output=True)
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert done.cells[0].outputs[0].data["text/plain"] == "2"
