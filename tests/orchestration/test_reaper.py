"""Runs whose process is gone, and runs whose process only seems to be: real processes, a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.model import Json
from nb2ops.orchestration import services
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.reaper import CLEARING, GONE, SILENT, Reaper
from nb2ops.orchestration.server import Server
from nb2ops.runtime import identity
from nb2ops.runtime.events import is_being_written
from tests.processes import wait_until

from .bundles import Part, write_bundle

pytestmark = pytest.mark.xdist_group("reaper")

ENOUGH = 120.0
BUSY = "import pathlib, time; print('begun'); pathlib.Path('busy').touch(); time.sleep(600)"
Begin = Callable[[str], Json]


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A server of the module's own: on the session's, the workers of other tests look for runs that are gone, too."""
    home = tmp_path_factory.mktemp("reaper")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NB2OPS_HOME", str(home))
        yield Server(home).start(services.silent)
        services.down()


@pytest.fixture
def flow_process(prefect: Connection, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A flow whose second step is busy: its process, in `tmp_path`."""
    bundle = write_bundle(tmp_path / "tiny", Part("load", ["a = 1"]), Part("work", [BUSY], after=["load"]))
    environment = {**os.environ, **prefect.environment, "NB2OPS_NOTEBOOK": str(tmp_path / "tiny.ipynb")}
    process = subprocess.Popen([sys.executable, bundle / "flow.py"], cwd=tmp_path, env=environment)
    wait_until((tmp_path / "busy").exists, ENOUGH)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def begin(prefect: Connection) -> Begin:
    """Make a run that Prefect holds for Running, with labels of one's own."""

    def begin(machine: str, process: str) -> Json:
        flow = request(prefect, "POST", "/flows/", {"name": f"flow-{uuid4().hex[:8]}"})["id"]
        labels = {"nb2ops.machine": machine, "nb2ops.process": process, "nb2ops.lease": 1}
        running = {"type": "RUNNING", "name": "Running"}
        made: Json = request(prefect, "POST", "/flow_runs/", {"flow_id": flow, "state": running, "labels": labels})
        return made

    return begin


def the_run_of(prefect: Connection, folder: Path) -> Json:
    running = {"sort": "START_TIME_DESC", "flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    runs: list[Json] = request(prefect, "POST", "/flow_runs/filter", running)
    (found,) = [each for each in runs if str(each["labels"].get("nb2ops.folder", "")).startswith(str(folder))]
    return found


def state(prefect: Connection, run: Json) -> str:
    return str(request(prefect, "GET", f"/flow_runs/{run['id']}")["state_name"])


def look(reaper: Reaper, times: int) -> None:
    for _ in range(times):
        reaper.look()


def test_a_killed_run_is_crashed_in_prefect_with_its_steps_and_leaves_notebook_and_record(
    flow_process: subprocess.Popen[bytes], prefect: Connection, tmp_path: Path
) -> None:
    run, reaper = the_run_of(prefect, tmp_path), Reaper(prefect)
    folder = Path(run["labels"]["nb2ops.folder"])
    os.kill(flow_process.pid, signal.SIGSTOP)
    look(reaper, SILENT + 1)
    assert state(prefect, run) == "Running"
    supervisor = int(
        subprocess.run(["pgrep", "-P", str(flow_process.pid)], capture_output=True, check=True).stdout.split()[0]
    )
    os.kill(supervisor, signal.SIGKILL)
    flow_process.kill()
    flow_process.wait()
    wait_until(lambda: not is_being_written(folder), ENOUGH)  # looks follow each other faster here than they do
    look(reaper, CLEARING + 1)

    gone = request(prefect, "GET", f"/flow_runs/{run['id']}")
    assert (gone["state_type"], gone["state_name"]) == ("CRASHED", "Crashed")
    assert 'tiny.ipynb, cell 2, step "work"' in gone["state"]["message"]
    tasks = request(prefect, "POST", "/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    assert {each["name"]: each["state_name"] for each in tasks if each["name"] == "work"} == {"work": "Crashed"}
    record = json.loads((folder / "record.json").read_text())
    assert (record["run"]["state"], [each["state"] for each in record["steps"]]) == (
        "Crashed",
        ["Completed", "Crashed"],
    )
    assert (folder / "tiny.ipynb").exists()


@pytest.mark.parametrize(
    ("machine", "process", "looks", "expected"),
    [
        ("here", "999999999 1", GONE - 1, "Running"),
        ("here", "999999999 1", GONE, "Crashed"),
        ("here", "own", SILENT + 1, "Running"),
        ("here", "own number, begun at another time", GONE, "Crashed"),
        ("elsewhere", "999999999 1", SILENT - 1, "Running"),
        ("elsewhere", "999999999 1", SILENT, "Crashed"),
    ],
)
def test_how_long_a_run_is_believed(
    prefect: Connection, begin: Begin, machine: str, process: str, looks: int, expected: str
) -> None:
    own = identity.process() or ""
    named = {"own": own, "own number, begun at another time": f"{os.getpid()} 1"}.get(process, process)
    run = begin(identity.machine() if machine == "here" else machine, named)
    look(Reaper(prefect), looks)
    assert state(prefect, run) == expected
    request(prefect, "DELETE", f"/flow_runs/{run['id']}")


def test_a_lease_that_is_renewed_and_a_server_that_was_away_begin_the_count_anew(
    prefect: Connection, begin: Begin
) -> None:
    run, reaper = begin("elsewhere", "1 1"), Reaper(prefect)
    look(reaper, SILENT - 1)
    request(prefect, "PATCH", f"/flow_runs/{run['id']}/labels", {"nb2ops.lease": 2})
    look(reaper, SILENT - 1)
    reaper.connection = replace(prefect, url="http://127.0.0.1:9/api")
    with pytest.raises(Exception, match="does not answer"):
        reaper.look()
    reaper.connection = prefect
    look(reaper, SILENT - 1)
    assert state(prefect, run) == "Running"
    look(reaper, 1)
    assert state(prefect, run) == "Crashed"


def test_a_run_whose_cancelling_nobody_finished_is_cancelled(prefect: Connection, begin: Begin) -> None:
    run = begin(identity.machine(), "999999999 1")
    cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}, "force": True}
    request(prefect, "POST", f"/flow_runs/{run['id']}/set_state", cancelling)
    look(Reaper(prefect), GONE)
    assert state(prefect, run) == "Cancelled"
