"""Runs that Prefect has forgotten stay in the history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.model import Run
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import LOCAL, Connection
from nb2ops.orchestration.execution import execute
from nb2ops.orchestration.history import RunFilter, list_runs
from nb2ops.orchestration.home import home
from nb2ops.orchestration.index import Entry, api_of, rebuild, remember, remembered
from nb2ops.orchestration.options import RunOptions

from .bundles import Part, write_bundle

pytestmark = pytest.mark.xdist_group("index")  # one test takes the session's index away
NOON = datetime(2021, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("NB2OPS_HOME", str(tmp_path / "home"))
    return home()


def entry(minute: int, api: str = LOCAL, **said: str) -> Entry:
    time = (NOON + timedelta(minutes=minute)).isoformat(timespec="microseconds")
    known = {"id": str(uuid4()), "name": f"run-{minute}", "flow": "nb", "state": "Completed", "expected": time}
    return Entry(Run(**{**known, **said}), api, "/somewhere")


def names(*arguments: object, **said: object) -> list[str]:
    before = (NOON + timedelta(days=1)).isoformat()
    return [run.name for run in remembered(LOCAL, before, None, 50, *arguments, **said)]


class TestRemembered:
    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({}, ["run-3", "run-2", "run-1"]),
            ({"notebook": "100%.ipynb"}, ["run-1"]),
            ({"notebook": "/home/ada/100%.ipynb"}, ["run-1"]),
            ({"notebook": "/home/bob/100%.ipynb"}, []),
            ({"deployment": "daily"}, ["run-2"]),
            ({"states": ["Failed", "Crashed"]}, ["run-3"]),
            ({"text": "RUN-2"}, ["run-2"]),
            ({"text": "%"}, []),
            ({"states": ["Failed"]}, ["run-3"]),
            ({"states": ["Failed"], "deployment": "daily"}, []),
        ],
    )
    def test_newest_first_by_notebook_deployment_and_state(self, own_home, said, expected):
        first = entry(1, notebook="/home/ada/100%.ipynb")
        remember([first, entry(3, state="Failed"), entry(2, deployment="daily"), entry(4, api="http://other/api")])
        assert names(**said) == expected
        assert names(shown=[first.run.id], **said) == [name for name in expected if name != "run-1"]

    def test_without_an_index_none(self, own_home):
        assert names() == []
        assert list(own_home.iterdir()) == []


class TestHistory:
    @pytest.fixture
    def ran(self, prefect: Connection, tmp_path: Path) -> Run:
        """A run that Prefect knows, of a notebook with a name of its own."""
        name = f"nb_{uuid4().hex[:8]}"
        notebook = tmp_path / f"{name}.ipynb"
        bundle = write_bundle(tmp_path / "bundle", Part("load", ["1"]), name=name)
        execute(bundle, {}, RunOptions(notebook=notebook), lambda event: None)
        (run,) = list_runs(RunFilter(notebook=str(notebook))).runs
        return run

    def test_a_run_that_is_gone_from_prefect_stays_once_in_its_place(self, ran, prefect):
        request(prefect, "DELETE", f"/flow_runs/{ran.id}")
        (kept,) = list_runs(RunFilter(notebook=ran.notebook)).runs
        assert (kept.id, kept.name, kept.state, kept.cause) == (ran.id, ran.name, "Completed", "hand")
        assert datetime.fromisoformat(kept.expected) == datetime.fromisoformat(ran.expected)
        assert list_runs(RunFilter(notebook=ran.notebook, state="failed")).runs == ()

    def test_pages_hold_known_and_forgotten_runs_once_in_order(self, ran, prefect):
        notebook, api = ran.notebook, api_of(prefect)
        remember([entry(minute, api, notebook=notebook) for minute in range(7)])
        found, cursor = [], None
        while True:
            page = list_runs(RunFilter(notebook=notebook), 3, cursor)
            found += [run.name for run in page.runs]
            cursor = page.next
            if cursor is None:
                break
        assert found == [ran.name, *(f"run-{minute}" for minute in reversed(range(7)))]

    def test_the_index_can_be_made_anew_from_the_records(self, ran, prefect, tmp_path):
        request(prefect, "DELETE", f"/flow_runs/{ran.id}")
        (home() / "runs.sqlite").unlink()
        assert list_runs(RunFilter(notebook=ran.notebook)).runs == ()
        assert rebuild([tmp_path], api_of(prefect)) == 1
        (kept,) = list_runs(RunFilter(notebook=ran.notebook)).runs
        assert (kept.id, kept.flow, kept.state) == (ran.id, ran.flow, "Completed")
        (record,) = tmp_path.glob(".nb2ops/runs/*/record.json")
        record.unlink()
        (home() / "runs.sqlite").unlink()
        assert rebuild([tmp_path], api_of(prefect)) == 1  # the events say the same
