from __future__ import annotations

from uuid import uuid4

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Run
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.history import RunFilter, list_runs

from .postgres import ON_BOTH

PAST, PRESENT, FUTURE = "2020-01-01T06:00:00Z", "2020-01-01T07:00:00Z", "2099-01-01T06:00:00Z"


@pytest.fixture
def notebook() -> str:
    return f"/home/ada/{uuid4().hex}.ipynb"


@pytest.fixture
def add(prefect: Connection, notebook: str):
    """Add a run to Prefect's history."""
    flow = request(prefect, "POST", "/flows/", {"name": "history"})["id"]

    def add(name: str, time: str, state: str = "COMPLETED", path: str = notebook, **labels: str) -> None:
        tag = f"notebook:{path.rsplit('/', 1)[1]}"
        scheduled = {"type": "SCHEDULED", "state_details": {"scheduled_time": time}}
        said = {"nb2ops.notebook": path, **{f"nb2ops.{label}": value for label, value in labels.items()}}
        run = {"flow_id": flow, "name": name, "state": scheduled, "tags": [tag], "labels": said}
        identifier = request(prefect, "POST", "/flow_runs/", run)["id"]
        if state != "SCHEDULED":
            request(prefect, "POST", f"/flow_runs/{identifier}/set_state", {"state": {"type": state}, "force": True})

    return add


def every_page(wanted: RunFilter, limit: int) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = list_runs(wanted, limit, cursor)
        pages.append([run.name for run in page.runs])
        cursor = page.next
        if cursor is None:
            return pages


def names(wanted: RunFilter) -> set[str]:
    return {run.name for run in list_runs(wanted).runs}


class TestPages:
    @ON_BOTH
    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
    def test_hold_every_run_once_newest_first_also_where_times_are_equal(self, add, notebook, limit):
        for number in range(4):
            add(f"old-{number}", PAST)
        for number in range(3):
            add(f"new-{number}", PRESENT)
        pages = every_page(RunFilter(notebook=notebook), limit)
        found = [name for page in pages for name in page]
        assert sorted(found) == ["new-0", "new-1", "new-2", "old-0", "old-1", "old-2", "old-3"]
        assert [name[:3] for name in found] == ["new"] * 3 + ["old"] * 4
        assert {len(page) for page in pages[:-1]} <= {limit}

    def test_a_run_that_arrives_meanwhile_shifts_nothing(self, add, notebook):
        for name in ("first", "second"):
            add(name, PAST)
        page = list_runs(RunFilter(notebook=notebook), 1)
        add("third", PRESENT)
        (run,) = list_runs(RunFilter(notebook=notebook), 1, page.next).runs
        assert {page.runs[0].name, run.name} == {"first", "second"}

    @pytest.mark.parametrize(
        ("limit", "cursor"), [(0, None), (201, None), (5, "nonsense"), (5, "WzFd"), (5, "bnVsbA==")]
    )
    def test_what_is_no_page(self, prefect, limit, cursor):
        with pytest.raises(UsageError):
            list_runs(limit=limit, cursor=cursor)


@ON_BOTH
class TestFilter:
    def test_late_runs_are_history_and_future_ones_are_not(self, add, notebook):
        add("late", PAST, "SCHEDULED")
        add("soon", FUTURE, "SCHEDULED")
        assert names(RunFilter(notebook=notebook)) == {"late"}

    def test_by_state_in_any_case(self, add, notebook):
        add("good", PAST)
        add("bad", PAST, "FAILED")
        assert names(RunFilter(notebook=notebook, state="failed")) == {"bad"}
        assert names(RunFilter(notebook=notebook, state="Completed")) == {"good"}

    def test_by_path_or_by_file_name(self, add, notebook):
        other = notebook.replace("/home/ada/", "/home/bob/")
        add("ada's", PAST)
        add("bob's", PAST, path=other)
        assert names(RunFilter(notebook=notebook)) == {"ada's"}
        assert names(RunFilter(notebook=notebook.rsplit("/", 1)[1])) == {"ada's", "bob's"}

    def test_what_verify_made_is_left_out_unless_wanted_and_keeps_no_place_on_the_page(self, add, notebook):
        add("by hand", PAST)
        for number in range(3):
            add(f"verified-{number}", PRESENT, cause="verify")
        page = list_runs(RunFilter(notebook=notebook), 1)
        assert [run.name for run in page.runs] == ["by hand"]
        assert names(RunFilter(notebook=notebook)) == {"by hand"}
        assert len(names(RunFilter(notebook=notebook, verifications=True))) == 4

    def test_by_a_deployment_that_is_not_there(self, add, notebook):
        add("any", PAST)
        assert names(RunFilter(notebook=notebook, deployment="nobody's")) == set()


def test_what_a_run_says(add, notebook, prefect):
    add("amber-fox", PAST)
    (run,) = list_runs(RunFilter(notebook=notebook)).runs
    assert run == Run(
        id=run.id,
        name="amber-fox",
        flow="history",
        state="Completed",
        notebook=notebook,
        cause="hand",
        start=run.start,
        end=run.end,
        expected=run.expected,
        seconds=run.seconds,
        url=prefect.page(f"runs/flow-run/{run.id}"),
    )
