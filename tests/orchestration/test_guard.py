"""Slots that come late, twice or while a run is going: real workers, real flow processes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.model import Json
from nb2ops.orchestration.api import request
from nb2ops.orchestration.deploying import Wish, deploy
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.policies import CatchUp, Overlap
from nb2ops.orchestration.timing import make_schedule
from tests.notebooks import write_notebook
from tests.processes import wait_until

DAILY = make_schedule(cron="0 3 * * *")
OVER = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
ENOUGH, PAUSE = 240, 1.0
BUSY = """
import pathlib, time
pathlib.Path('began').touch()
while not pathlib.Path('end').exists():
    time.sleep(0.1)
"""


@pytest.fixture
def register(prefect, tmp_path: Path, pool: str):
    """Deploy a notebook whose single step is the code."""
    name = f"nb-{uuid4().hex[:8]}"

    def register(code: str, **said) -> str:
        path = write_notebook(tmp_path / f"{name}.ipynb", ("parameters", "depth: int = 3"), ("step:load", code))
        return deploy(prefect, pack(read_contents(path), path), Wish(pool=pool, **said)).id

    return register


@pytest.fixture
def add_slots(prefect):
    """Let Prefect's scheduler make the slots of a time that is over: what a worker finds after an outage."""

    def add(deployment: str, since: datetime, until: datetime) -> None:
        window = {"start_time": since.isoformat(), "end_time": until.isoformat(), "min_runs": 100}
        request(prefect, "POST", f"/deployments/{deployment}/schedule", window)

    return add


def due(runs: list[Json]) -> list[Json]:
    return [each for each in runs if each["expected_start_time"] <= datetime.now(UTC).isoformat()]


def over(runs: list[Json]) -> bool:
    return bool(runs) and all(each["state_type"] in OVER for each in runs)


@pytest.mark.parametrize(
    ("catch_up", "states"),
    [
        (CatchUp.SKIP, ["Skipped", "Skipped", "Skipped"]),
        (CatchUp.ALL, ["Completed", "Completed", "Completed"]),
    ],
)
def test_an_outage_with_backlog(register, add_slots, start_worker, runs_of, catch_up, states):
    deployment = register("x = 1", schedules=(DAILY,), catch_up=catch_up, overlap=Overlap.PARALLEL)
    now = datetime.now(UTC)
    add_slots(deployment, now - timedelta(days=3), now)
    start_worker()
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    found = due(runs_of(deployment))
    assert [each["state_name"] for each in found] == states
    for each in found:
        if each["state_name"] == "Skipped":
            assert each["state_type"] == "CANCELLED"
            assert f"--catch-up {catch_up}" in each["state"]["message"]
            assert each["expected_start_time"][:10] in each["state"]["message"]


def test_of_a_long_outage_few_processes_are_started(register, add_slots, start_worker, runs_of):
    """Each flow process costs seconds of a processor: slots that come too late are skipped while they wait."""
    deployment = register("x = 1", schedules=(DAILY,))
    now = datetime.now(UTC)
    add_slots(deployment, now - timedelta(days=20), now)
    start_worker(limit=1)
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    found = due(runs_of(deployment))
    assert [each["state_name"] for each in found] == ["Skipped"] * 19 + ["Completed"]
    assert all("--catch-up latest" in each["state"]["message"] for each in found[:-1])
    assert len([each for each in found if each["run_count"]]) == 2


def test_a_slot_that_comes_while_a_run_is_going_is_skipped_with_the_reason(
    register, add_slots, start_worker, runs_of, tmp_path
):
    deployment = register(BUSY, schedules=(DAILY,))
    now = datetime.now(UTC)
    add_slots(deployment, now - timedelta(days=2), now - timedelta(days=1))
    start_worker()
    wait_until(lambda: (tmp_path / "began").exists(), ENOUGH, PAUSE)
    add_slots(deployment, now - timedelta(days=1), now)
    wait_until(lambda: "Skipped" in [each["state_name"] for each in due(runs_of(deployment))], ENOUGH, PAUSE)
    (tmp_path / "end").touch()
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    first, second = due(runs_of(deployment))
    assert (first["state_name"], second["state_name"]) == ("Completed", "Skipped")
    assert f"while {first['name']} was still running (--overlap skip)" in second["state"]["message"]


def test_a_slot_runs_once_with_two_workers_and_redeploys_in_the_same_second(
    register, start_worker, runs_of, prefect, tmp_path
):
    """Schedules come and go meanwhile: another one of the same slots, then the first again, with a new identity."""
    code = "import uuid, pathlib\npathlib.Path(f'ran-{uuid.uuid4()}').touch()"
    often, same = make_schedule(cron="* * * * *"), make_schedule(cron="*/1 * * * *")
    deployment = register(code, schedules=(often,))
    for name in ("one", "two"):
        start_worker(name)

    def seconds_left() -> float:
        return 60 - datetime.now(UTC).timestamp() % 60

    wait_until(lambda: seconds_left() < 3, 70, 0.5)
    number = 0
    while seconds_left() < 4 or seconds_left() > 57:
        number += 1
        register(f"{code}\n# {number}", schedules=(same if number % 2 else often,))
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    register(code, schedules=())
    found = due(runs_of(deployment))
    per_slot = Counter(each["expected_start_time"] for each in found if each["state_name"] != "Skipped")
    assert number > 1
    assert per_slot
    assert set(per_slot.values()) == {1}
    assert {each["state_name"] for each in found} <= {"Completed", "Skipped"}
    assert len(list(tmp_path.glob("ran-*"))) == len(per_slot)


def test_a_failed_run_is_tried_again(register, start_worker, runs_of, prefect, tmp_path):
    flaky = "import pathlib\nseen = pathlib.Path('seen')\nfirst = not seen.exists()\nseen.touch()\nassert not first"
    deployment = register(flaky, retries=1)
    request(prefect, "POST", f"/deployments/{deployment}/create_flow_run", {})
    start_worker()
    wait_until(lambda: over(runs_of(deployment)), ENOUGH, PAUSE)
    (run,) = runs_of(deployment)
    assert (run["state_name"], run["run_count"]) == ("Completed", 2)


def test_queued_slots_run_one_after_another(register, add_slots, start_worker, runs_of):
    deployment = register("import time\ntime.sleep(2)", schedules=(DAILY,), catch_up=CatchUp.ALL)
    now = datetime.now(UTC)
    add_slots(deployment, now - timedelta(days=2), now)
    start_worker()
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    first, second = sorted(due(runs_of(deployment)), key=lambda each: each["start_time"])
    assert (first["state_name"], second["state_name"]) == ("Completed", "Completed")
    assert first["end_time"] <= second["start_time"]
