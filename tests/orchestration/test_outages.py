"""Prefect's server goes away while runs go: real processes, a server of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from nb2ops.model import Json
from nb2ops.orchestration import services
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.deploying import Wish, deploy
from nb2ops.orchestration.history import RunFilter, list_runs
from nb2ops.orchestration.labels import environment_of
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.reaper import GONE, Reaper
from nb2ops.orchestration.server import Server
from tests.notebooks import write_notebook
from tests.processes import wait_until

ENOUGH = 180.0
BUSY = """
import pathlib, time
pathlib.Path(f'{name}-began').touch()
while not pathlib.Path('end').exists():
    time.sleep(0.1)
"""
RUN = "import sys; from nb2ops.cli import main; main(sys.argv[1:])"
ENGINE = "import runpy; runpy.run_module('prefect.engine', run_name='__main__', alter_sys=True)"
IMPATIENT = "from nb2ops.orchestration import flows; flows.PATIENCE = 2.0\n"


@pytest.fixture
def begin(tmp_path: Path) -> Iterator:
    """Start a process of Python, and wait until the first step of the run of that name is busy."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(name: str, code: str, *arguments: object, **variables: str) -> subprocess.Popen[bytes]:
        command, environment = [sys.executable, "-c", code, *map(str, arguments)], {**os.environ, **variables}
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=PIPE, stderr=STDOUT)
        processes.append(process)
        wait_until(lambda: process.poll() is not None or (tmp_path / f"{name}-began").exists(), ENOUGH)
        assert process.poll() is None, process.communicate()[0]
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def only_run(connection: Connection, path: Path) -> tuple[str, dict[str, str]]:
    """Return the state of the notebook's run, and those of its steps."""
    (run,) = list_runs(RunFilter(notebook=str(path))).runs
    tasks: list[Json] = request(connection, "POST", "/task_runs/filter", {"flow_runs": {"id": {"any_": [run.id]}}})
    return run.state, {each["task_key"].partition("-")[0]: each["state_name"] for each in tasks}


def test_runs_end_in_the_right_state_whether_it_comes_back_in_time_or_not(
    own_home: Path, begin, tmp_path: Path
) -> None:
    """Who runs by hand gets the result without waiting for minutes, and Prefect is told by the reaper."""
    server = Server(own_home)
    connection = server.start(services.silent)
    paths = {
        name: write_notebook(
            tmp_path / f"{name}.ipynb",
            ("parameters", f"name = '{name}'"),
            ("step:load", BUSY),
            ("step:fit", "print(name)"),
        )
        for name in ("patient", "impatient", "deployed")
    }
    content = pack(read_contents(paths["deployed"]), paths["deployed"])
    deployment = f"/deployments/{deploy(connection, content, Wish(pool='nobody-works-here')).id}"
    of_worker = {**connection.environment, **environment_of(request(connection, "GET", deployment))}
    made = request(connection, "POST", f"{deployment}/create_flow_run", {})["id"]
    patient = begin("patient", RUN, "run", paths["patient"])
    impatient = begin("impatient", IMPATIENT + RUN, "run", paths["impatient"])
    deployed = begin("deployed", IMPATIENT + ENGINE, made, **of_worker)
    steps = ("setup", "load", "fit")  # which Prefect's server writes down some time after it was told of them
    wait_until(lambda: all(only_run(connection, path)[1].keys() == {*steps} for path in paths.values()), ENOUGH)

    server.stop()
    (tmp_path / "end").touch()
    said, _ = impatient.communicate(timeout=60)
    deployed.communicate(timeout=60)
    assert (impatient.returncode, deployed.returncode) == (0, 0)
    assert b"does not know how the run ended" in said
    assert patient.poll() is None

    server.start(services.silent)
    said, _ = patient.communicate(timeout=120)
    assert (patient.returncode, b"does not know" in said) == (0, False), said
    reaper = Reaper(connection)
    for _ in range(GONE):
        reaper.look()
    for path in paths.values():
        assert only_run(connection, path) == ("Completed", dict.fromkeys(steps, "Completed"))
    states = [json.loads(each.read_text())["run"]["state"] for each in tmp_path.glob(".nb2ops/runs/*/record.json")]
    assert states == ["Completed"] * 3
