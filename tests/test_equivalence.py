"""The law of equivalence on the examples: each cell's outputs in the pipeline are those of plain papermill."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import nb2ops

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

EXAMPLES = sorted((Path(__file__).parents[1] / "example_notebooks").glob("*.ipynb"))


def code_cells(path: Path) -> list[tuple[str, int | None, list]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [(cell["id"], cell["execution_count"], cell["outputs"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_cell_of_an_example_gives_what_papermill_gives(example, tmp_path):
    folder = tmp_path / "notebooks"
    shutil.copytree(example.parent, folder, ignore=shutil.ignore_patterns(".*"))
    notebook, linear = folder / example.name, tmp_path / "linear.ipynb"
    papermill = [sys.executable, "-m", "papermill", notebook, linear, "--no-progress-bar"]
    subprocess.run(papermill, cwd=folder, check=True, capture_output=True)
    done = nb2ops("run", notebook, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stdout
    assert code_cells(tmp_path / "out" / example.name) == code_cells(linear)
