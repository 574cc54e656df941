"""A run that was started from the sidebar belongs to nobody: it goes on when the Jupyter server has ended."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import read_details
from nb2ops.runtime.processes import wait_until
from tests.lab.browser.browsing import running_lab
from tests.notebooks import wait_for, write_notebook

ENDS_WITHIN = 120.0


@pytest.mark.parametrize("ended", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_run_outlives_the_server_that_started_it(prefect: Connection, tmp_path: Path, ended: signal.Signals) -> None:
    flag = tmp_path / "go"
    wait = wait_for(flag)
    with running_lab(tmp_path / "lab", {}, "jupyter_server") as lab:
        write_notebook(lab.notebooks / "nb.ipynb", ("step:wait", wait), ("step:tell", "print('still here')"))
        run = lab.send("runs", {"path": "nb.ipynb"})["id"]
        assert wait_until(lambda: any(step["cell"] for step in lab.ask(f"runs/{run}")["steps"]), ENDS_WITHIN)
        lab.process.send_signal(ended)
        lab.process.wait(ENDS_WITHIN)
    assert read_details(prefect, run).run.state == "Running"
    flag.touch()
    assert wait_until(lambda: read_details(prefect, run).run.end is not None, ENDS_WITHIN)
    found = read_details(prefect, run)
    assert (found.run.state, {step.name: step.state for step in found.steps}) == (
        "Completed",
        {"wait": "Completed", "tell": "Completed"},
    )
    assert found.record is not None
    assert json.loads(Path(found.record).read_text())["run"]["state"] == "Completed"
    assert found.notebook is not None
    assert "still here" in Path(found.notebook).read_text()
