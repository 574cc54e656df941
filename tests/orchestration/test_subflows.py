"""The run that a sweep's runs belong to, on a real server."""

from __future__ import annotations

from uuid import uuid4

import pytest

from nb2ops.model import Json, StepState
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.history import RunFilter, list_runs
from nb2ops.orchestration.subflows import ParentRun
from tests.processes import wait_until

pytestmark = pytest.mark.slow

SOON = 20.0


@pytest.fixture
def parent() -> ParentRun:
    """A run of a flow and a notebook that no other test has."""
    name = f"flow-{uuid4().hex[:8]}"
    return ParentRun(name, f"/work/{name}.ipynb", {"depth": [1, 2]}, f"sweep:{name}")


def read(prefect: Connection, run: str) -> Json:
    found: Json = request(prefect, "GET", f"/flow_runs/{run}")
    return found


def state(prefect: Connection, run: str) -> str:
    return str(read(prefect, run)["state_name"])


def parent_of(prefect: Connection, run: str) -> Json:
    """The flow run that has the task run which stands for a subflow."""
    task: Json = request(prefect, "GET", f"/task_runs/{read(prefect, run)['parent_task_run_id']}")
    return read(prefect, task["flow_run_id"])


def test_the_runs_of_a_sweep_are_subflows_whose_states_their_parent_shows(
    parent: ParentRun, prefect: Connection
) -> None:
    with parent:
        children = [parent.subflow(prefect, number, {"depth": number}) for number in (1, 2)]
        found = parent_of(prefect, children[0])
        assert found["id"] == parent_of(prefect, children[1])["id"]
        assert (found["parameters"], found["state_name"]) == ({"depth": [1, 2]}, "Running")
        completed = {"type": "COMPLETED", "name": "Completed"}
        request(prefect, "POST", f"/flow_runs/{children[0]}/set_state", {"state": completed, "force": True})
        wanted = {"flow_runs": {"id": {"any_": [found["id"]]}}, "sort": "NAME_ASC"}
        tasks = request(prefect, "POST", "/task_runs/filter", wanted)
        assert [task["state_name"] for task in tasks] == ["Completed", "Pending"]
        parent.state = StepState.FAILED
    assert state(prefect, found["id"]) == "Failed"


def test_the_list_of_runs_has_the_runs_and_not_what_they_belong_to(parent: ParentRun, prefect: Connection) -> None:
    with parent:
        child = parent.subflow(prefect, 1, {})
        notebook = parent_of(prefect, child)["labels"]["nb2ops.notebook"]
        assert [run.id for run in list_runs(RunFilter(notebook=notebook.rpartition("/")[2])).runs] == [child]


def test_a_parent_that_is_cancelled_ends_its_subflows_as_soon_as_they_run(
    parent: ParentRun, prefect: Connection
) -> None:
    def enter(run: str, name: str) -> None:
        wanted = {"type": name.upper(), "name": name}
        request(prefect, "POST", f"/flow_runs/{run}/set_state", {"state": wanted, "force": True})

    with parent:
        first, second = (parent.subflow(prefect, number, {}) for number in (1, 2))
        whole = parent_of(prefect, first)["id"]
        enter(first, "Running")
        enter(whole, "Cancelling")
        wait_until(lambda: state(prefect, first) == "Cancelling", SOON)
        assert parent.cancelled
        assert state(prefect, second) == "Pending", "the process that is about to begin it could not"
        enter(second, "Running")
        wait_until(lambda: state(prefect, second) == "Cancelling", SOON)
        parent.state = StepState.CANCELLED
    assert state(prefect, whole) == "Cancelled"


def test_what_ends_with_an_error_has_crashed(parent: ParentRun, prefect: Connection) -> None:
    def fail() -> None:
        with parent:
            children.append(parent.subflow(prefect, 1, {}))
            parent.state = StepState.COMPLETED
            raise OSError("the disk is full")

    children: list[str] = []
    with pytest.raises(OSError, match="the disk is full"):
        fail()
    [child] = children
    assert state(prefect, parent_of(prefect, child)["id"]) == "Crashed"


def test_a_sweep_that_began_no_run_has_none_of_its_own(parent: ParentRun) -> None:
    with parent:
        parent.state = StepState.COMPLETED
