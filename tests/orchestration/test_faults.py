"""What runs have to bear: workers that are killed, what is gone since the notebook was deployed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.deploying import Wish, deploy
from nb2ops.orchestration.lateness import waiting
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.packing import pack, read_contents
from tests.notebooks import write_notebook
from tests.processes import wait_until

from .deployed import BUSY, ENOUGH, PAUSE, over


@pytest.fixture
def run(prefect: Connection):
    """Start a run of a deployment."""

    def run(deployment: str) -> str:
        return str(request(prefect, "POST", f"/deployments/{deployment}/create_flow_run", {})["id"])

    return run


def test_a_run_goes_on_when_its_worker_is_killed(register, start_worker, run, runs_of, tmp_path):
    deployment = register(f"{BUSY}print('went on')")
    worker = start_worker()
    run(deployment)
    wait_until((tmp_path / "began").exists, ENOUGH, PAUSE)
    worker.kill()
    worker.wait()
    (tmp_path / "end").touch()
    wait_until(lambda: over(runs_of(deployment)), ENOUGH, PAUSE)
    assert [(each["state_name"], each["run_count"]) for each in runs_of(deployment)] == [("Completed", 1)]
    (executed,) = tmp_path.glob(".nb2ops/runs/*/nb-*.ipynb")
    assert "went on" in executed.read_text()


def test_what_is_gone_since_the_notebook_was_deployed(prefect, staffed, run, runs_of, tmp_path):
    """The bundle is whole: only what it does not hold can be missing, and then the run says so."""

    def deployed(folder: str, code: str, directory: Path | None = None) -> str:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "helper.py").write_text("value = 42")
        path = write_notebook(tmp_path / folder / f"{folder}.ipynb", ("step:load", code))
        options = RunOptions(directory=directory)
        return deploy(prefect, pack(read_contents(path), path), Wish(pool=staffed, options=options)).id

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = {
        "moved": deployed("moved", "import helper\nprint(helper.value)"),
        "module": deployed("module", "import importlib\nhelper = importlib.import_module('hel' + 'per')"),
        "directory": deployed("directory", "x = 1", elsewhere),
    }
    for folder in (tmp_path / "moved", tmp_path / "module", elsewhere):
        shutil.move(folder, tmp_path / f"{folder.name}-away")
    for each in found.values():
        run(each)
    wait_until(lambda: all(over(runs_of(each)) for each in found.values()), ENOUGH, PAUSE)
    moved, module, directory = (runs_of(each)[0] for each in found.values())

    assert (moved["state_name"], moved["labels"]["nb2ops.notebook"]) == (
        "Completed",
        str(tmp_path / "moved/moved.ipynb"),
    )
    assert "42" in (Path(moved["labels"]["nb2ops.folder"]) / "moved.ipynb").read_text()
    assert module["state_name"] == "Failed"
    assert "No module named 'helper'" in module["state"]["message"]
    assert any("helper is missing" in each.text for each in waiting(prefect, staffed))
    assert directory["state_type"] in {"FAILED", "CRASHED"}
    assert str(elsewhere) in directory["state"]["message"]
