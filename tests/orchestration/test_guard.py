"""Slots that come late, twice or while a run is going: real workers, real flow processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from nb2ops.orchestration.api import request
from nb2ops.orchestration.lateness import waiting
from nb2ops.orchestration.policies import CatchUp, Overlap
from nb2ops.orchestration.timing import make_schedule
from tests.processes import wait_until

from .deployed import BUSY, ENOUGH, PAUSE, due, over
from .postgres import ON_BOTH

DAILY = make_schedule(cron="0 3 * * *")


@pytest.fixture
def add_slots(prefect):
    """Let Prefect's scheduler make the slots of a time that is over: what a worker finds after an outage."""

    def add(deployment: str, since: datetime, until: datetime) -> None:
        window = {"start_time": since.isoformat(), "end_time": until.isoformat(), "min_runs": 100}
        request(prefect, "POST", f"/deployments/{deployment}/schedule", window)

    return add


@pytest.mark.parametrize(
    ("catch_up", "states"),
    [
        (CatchUp.SKIP, ["Skipped", "Skipped"]),
        (CatchUp.ALL, ["Completed", "Completed"]),
    ],
)
def test_an_outage_with_backlog(register, add_slots, staffed, runs_of, catch_up, states):
    deployment = register("x = 1", schedules=(DAILY,), catch_up=catch_up, overlap=Overlap.PARALLEL, pool=staffed)
    now = datetime.now(UTC)
    add_slots(deployment, now - timedelta(days=2), now)
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
    register, add_slots, staffed, runs_of, tmp_path
):
    deployment = register(BUSY, schedules=(DAILY,), pool=staffed)
    now = datetime.now(UTC)
    add_slots(deployment, now - timedelta(days=2), now - timedelta(days=1))
    wait_until(lambda: (tmp_path / "began").exists(), ENOUGH, PAUSE)
    add_slots(deployment, now - timedelta(days=1), now)
    wait_until(lambda: "Skipped" in [each["state_name"] for each in due(runs_of(deployment))], ENOUGH, PAUSE)
    (tmp_path / "end").touch()
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    first, second = due(runs_of(deployment))
    assert (first["state_name"], second["state_name"]) == ("Completed", "Skipped")
    assert f"while {first['name']} was still running (--overlap skip)" in second["state"]["message"]


def test_a_failed_run_is_tried_again(register, staffed, runs_of, prefect):
    flaky = "import pathlib\nseen = pathlib.Path('seen')\nfirst = not seen.exists()\nseen.touch()\nassert not first"
    deployment = register(flaky, retries=1, pool=staffed)
    request(prefect, "POST", f"/deployments/{deployment}/create_flow_run", {})
    wait_until(lambda: over(runs_of(deployment)), ENOUGH, PAUSE)
    (run,) = runs_of(deployment)
    assert (run["state_name"], run["run_count"]) == ("Completed", 2)


def test_queued_slots_run_one_after_another_and_doctor_says_why_one_waits(
    register, add_slots, staffed, runs_of, prefect, tmp_path
):
    deployment = register(BUSY, schedules=(DAILY,), catch_up=CatchUp.ALL, pool=staffed)
    now = datetime.now(UTC)
    add_slots(deployment, now - timedelta(days=2), now)
    wait_until(lambda: [each for each in waiting(prefect, staffed) if "slots (1) are full" in each.text], ENOUGH, PAUSE)
    wait_until((tmp_path / "began").exists, ENOUGH, PAUSE)
    (tmp_path / "end").touch()
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    first, second = sorted(due(runs_of(deployment)), key=lambda each: each["start_time"])
    assert (first["state_name"], second["state_name"]) == ("Completed", "Completed")
    assert first["end_time"] <= second["start_time"]


@ON_BOTH
def test_a_slot_runs_once_with_two_workers_and_redeploys_in_the_same_second(
    register, add_slots, start_worker, runs_of, prefect, tmp_path
):
    """Schedules come and go meanwhile: another one of the same slots, then the first again, with a new identity."""
    code = "import uuid, pathlib\npathlib.Path(f'ran-{uuid.uuid4()}').touch()"
    hourly, same = make_schedule(cron="0 * * * *"), make_schedule(cron="0 */1 * * *")
    now = datetime.now(UTC)

    def redeploy(number: int) -> None:
        register(f"{code}\n# {number}", schedules=(same if number % 2 else hourly,))
        add_slots(deployment, now - timedelta(hours=1), now)

    deployment = register(code, schedules=(hourly,))
    for name in ("one", "two"):
        start_worker(name)
    numbers = count(1)
    for number in numbers:
        redeploy(number)
        if any(each["state_type"] != "SCHEDULED" for each in due(runs_of(deployment))):
            break
    redeploy(next(numbers))
    redeploy(next(numbers))
    wait_until(lambda: over(due(runs_of(deployment))), ENOUGH, PAUSE)
    states = [each["state_name"] for each in due(runs_of(deployment))]
    assert states.count("Completed") == 1
    assert "Skipped" in states
    assert set(states) == {"Completed", "Skipped"}
    assert len(list(tmp_path.glob("ran-*"))) == 1
