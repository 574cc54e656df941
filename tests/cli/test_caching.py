"""A notebook that runs again, and one that is resumed, with a real server: what is shown, and what Prefect says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nb2ops.model import Json
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import read_steps
from nb2ops.orchestration.history import RunFilter, list_runs
from tests.cli.commands import nb2ops

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("caching")]

CELLS = [
    ("parameters", "least = 3"),
    ("step:load", "rows = [1, 2, 3]\nprint('loaded', len(rows))"),
    ("step:judge", "assert sum(rows) < least, 'too many'"),
]


def texts(folder: Path) -> list[str]:
    cells: list[Json] = json.loads((folder / "nb.ipynb").read_text())["cells"]
    return [
        "".join(output["text"]) for cell in cells for output in cell["outputs"] if output["output_type"] == "stream"
    ]


def test_a_failed_run_is_resumed_and_a_run_that_changes_nothing_runs_nothing(
    notebook, tmp_path: Path, prefect: Connection
) -> None:
    path = notebook(*CELLS)
    failed = nb2ops("run", path, "--cache", "--force", "-p", "least=4")
    assert failed.returncode == 1, failed.stderr
    run = list_runs(RunFilter(notebook=str(path)), 5, None).runs[0]

    resumed = nb2ops("resume", run.name, "-p", "least=9")
    assert resumed.returncode == 0, resumed.stderr
    assert "load: Cached, computed by run" in resumed.stderr
    assert re.search(r"^setup +ran +parameter least has changed", resumed.stdout, re.MULTILINE)

    again = nb2ops("run", path, "--cache", "-p", "least=9", "--explain", "-o", tmp_path / "out")
    assert again.returncode == 0, again.stderr
    assert "running" in again.stderr
    assert "judge: Cached, computed by run" in again.stderr
    assert " ran " not in again.stdout
    assert texts(tmp_path / "out") == ["loaded 3\n"]
    last = list_runs(RunFilter(notebook=str(path)), 1, None).runs[0]
    assert {(step.name, step.state) for step in read_steps(prefect, last.id)} == {
        (name, "Cached") for name in ("setup", "load", "judge")
    }

    nothing = nb2ops("resume", last.name)
    assert (nothing.returncode, "has completed: there is nothing to resume" in nothing.stderr) == (2, True)
