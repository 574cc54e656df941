"""A run starts when the content of files has changed, once per change."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.model import Json
from nb2ops.orchestration import sensor
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.datafiles import DataTrigger, Seen, begin_watching, chosen, read_seen
from nb2ops.orchestration.deploying import Parcel, Wish, deploy
from nb2ops.orchestration.details import read_details
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.sensor import EVENT
from nb2ops.runtime.processes import wait_until
from tests.notebooks import write_notebook

pytestmark = pytest.mark.xdist_group("sensor")  # each sensor looks at every deployment of the session
SETTLE = 0.2


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("1\n")
    return folder


@pytest.fixture
def parcel(prefect: Connection, tmp_path: Path, data: Path) -> Parcel:
    source = "rows = open('data/a.csv').read()\nopen('data/sum.csv', 'w').write(rows)\nopen('log.txt', 'a').write(rows)"
    path = write_notebook(tmp_path / f"nb-{uuid4().hex[:8]}.ipynb", source)
    return pack(read_contents(path), path)


@pytest.fixture
def watched(prefect: Connection, parcel: Parcel, pool: str) -> str:
    return deploy(prefect, parcel, Wish(pool=pool, data=("data/*.csv",), settle=SETTLE)).id


@pytest.fixture
def look(prefect: Connection):
    """Let the sensor look again and again until a change must have settled."""
    turn = sensor.begin(prefect)

    def look() -> None:
        end = time.monotonic() + 3 * SETTLE
        while time.monotonic() < end:
            turn()

    return look


def finish(prefect: Connection, run: Json) -> None:
    body = {"state": {"type": "COMPLETED"}, "force": True}
    request(prefect, "POST", f"/flow_runs/{run['id']}/set_state", body)


def test_changed_content_starts_one_run_and_a_changed_time_none(prefect, watched, look, runs_of, data):
    look()
    os.utime(data / "a.csv", (1, 1))
    look()
    assert runs_of(watched) == []
    (data / "a.csv").write_text("2\n")
    look()
    look()
    (first,) = runs_of(watched)
    details = read_details(prefect, first["id"])
    assert (details.run.cause, details.changed) == ("data", "data/a.csv")
    query = {"filter": {"event": {"name": [EVENT]}, "resource": {"id": [f"nb2ops.data.{watched}"]}}}
    wait_until(lambda: request(prefect, "POST", "/events/filter", query)["events"], 30)
    (event,) = request(prefect, "POST", "/events/filter", query)["events"]
    assert list(event["payload"]["changed"]) == [str(data / "a.csv")]


def test_changes_while_a_run_waits_or_goes_make_one_run_after_it(prefect, watched, look, runs_of, data):
    (data / "a.csv").write_text("2\n")
    look()
    for number in range(3):
        (data / f"new-{number}.csv").write_text("3\n")
        look()
    (first,) = runs_of(watched)
    finish(prefect, first)
    look()
    _, second = runs_of(watched)
    assert read_details(prefect, second["id"]).changed == "data/new-0.csv, data/new-1.csv, data/new-2.csv"


def test_content_that_comes_back_is_a_change_again_also_for_a_sensor_that_starts_anew(
    prefect, watched, look, runs_of, data
):
    for number, text in enumerate(["2\n", "1\n", "2\n"], 1):
        (data / "a.csv").write_text(text)
        fresh = sensor.begin(prefect)
        wait_until(lambda turn=fresh, count=number: turn() or len(runs_of(watched)) >= count, 30)
        assert len(runs_of(watched)) == number
        finish(prefect, runs_of(watched)[-1])


def test_files_that_vanish_start_nothing_and_neither_does_a_paused_deployment(prefect, watched, look, runs_of, data):
    (data / "a.csv").unlink()
    look()
    assert runs_of(watched) == []
    request(prefect, "POST", f"/deployments/{watched}/pause_deployment", {})
    (data / "a.csv").write_text("5\n")
    look()
    assert runs_of(watched) == []
    request(prefect, "POST", f"/deployments/{watched}/resume_deployment", {})
    look()
    assert len(runs_of(watched)) == 1


def test_the_cause_is_in_the_record_and_what_a_run_writes_does_not_start_the_next(
    prefect, watched, look, runs_of, data, start_worker
):
    start_worker()
    (data / "a.csv").write_text("2\n")
    look()
    wait_until(lambda: [each for each in runs_of(watched) if each["state_type"] == "COMPLETED"], 120)
    (run,) = runs_of(watched)
    details = read_details(prefect, run["id"])
    assert json.loads(Path(details.record).read_text())["run"]["cause"] == "data"
    assert (data / "sum.csv").exists()
    look()
    assert len(runs_of(watched)) == 1


def test_what_was_watched_stays_until_something_else_is_said(prefect, watched, parcel):
    def trigger() -> DataTrigger | None:
        row = request(prefect, "GET", f"/deployments/{watched}")
        return DataTrigger.from_environment(row["job_variables"]["env"])

    assert deploy(prefect, parcel, Wish()).change == "unchanged"
    assert trigger() == DataTrigger(("data/*.csv",), str(parcel.notebook.parent), SETTLE)
    deploy(prefect, parcel, Wish(settle=9))
    assert trigger().settle == 9
    deploy(prefect, parcel, Wish(data=()))
    assert trigger() is None


def test_only_the_keeper_of_the_machine_and_home_that_deployed_looks(prefect_home):
    ours = chosen({}, ("*.csv",), None, "/d")
    assert (ours.settle, ours.is_watched_here) == (120, True)
    assert not replace(ours, host="elsewhere").is_watched_here
    assert not replace(ours, home="/other").is_watched_here


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda folder: (folder / "b.csv").write_text("x"), ["b.csv"]),
        (lambda folder: (folder / "a.csv").write_text("x"), ["a.csv"]),
        (lambda folder: (folder / "a.csv").rename(folder / "c.csv"), ["c.csv"]),
        (lambda folder: (folder / "deep" / "er").mkdir(parents=True), []),
        (lambda folder: (folder / "a.csv").unlink(), []),
        (lambda folder: (folder / "a.csv").write_text("1\n"), []),
    ],
)
def test_what_counts_as_a_change(prefect_home, data, change: Callable[[Path], object], expected):
    trigger = DataTrigger(("**/*.csv",), str(data))
    name = uuid4().hex
    seen = begin_watching(name, trigger)
    change(data)
    again = read_seen(name)
    assert again == seen != Seen()
    assert [Path(each).name for each in again.changed(again.digested(trigger.look()))] == expected
