"""The examples in tests/wire, which the sidebar's tests read, are what the server makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nb2ops.lab.faults import Fault
from nb2ops.lab.health import Health
from nb2ops.model import Deployment, Run
from nb2ops.orchestration.details import LogPage
from nb2ops.orchestration.history import Cursor
from nb2ops.orchestration.reporting import Preview
from nb2ops.wire import decode, encode

SHAPES = {
    "health": Health,
    "health_missing": Health,
    "health_starting": Health,
    "health_unreachable": Health,
    "fault_unreachable": Fault,
    "fault_field": Fault,
    "fault_parameters": Fault,
    "fault_problems": Fault,
    "logs": LogPage,
    "logs_empty": LogPage,
    "preview": Preview,
}
SERVED = {"pipeline", "pipeline_broken", "pipeline_none", "pipeline_untagged", "tags", "build"}
"""Proven by what a server makes of a notebook, in the tests of the endpoints."""
SERVED |= {
    "run_completed",
    "run_failed",
    "run_resumed",
    "run_running",
    "run_elsewhere",
    "compare",
    "deployed",
    "deployment",
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_example_is_a_value_encoded(wire: Callable[[str], Any], name: str) -> None:
    assert encode(decode(SHAPES[name], wire(name))) == wire(name)


@pytest.mark.parametrize("name", ["runs", "runs_empty"])
def test_an_example_of_runs_is_values_encoded_with_their_paths(wire: Callable[[str], Any], name: str) -> None:
    example = wire(name)
    runs = [{**encode(decode(Run, each)), "path": each["path"]} for each in example["runs"]]
    assert {**example, "runs": runs} == example


@pytest.mark.parametrize("name", ["deployments", "deployments_empty"])
def test_an_example_of_deployments_is_values_encoded_with_their_paths(wire: Callable[[str], Any], name: str) -> None:
    for example in wire(name)["deployments"]:
        last = example["last_run"]
        known = {**encode(decode(Deployment, example)), "path": example["path"]}
        if last:
            known["last_run"] = {**known["last_run"], "path": last["path"]}
        assert known == example


def test_the_cursor_of_the_example_is_one(wire: Callable[[str], Any]) -> None:
    page = wire("runs")
    assert Cursor.read(page["next"]) == Cursor(page["runs"][-1]["expected"], (page["runs"][-1]["id"],))


def test_every_example_is_proven(wire: Callable[[str], Any], request: pytest.FixtureRequest) -> None:
    files = {path.stem for path in (request.path.parents[1] / "wire").glob("*.json")}
    assert files == {*SHAPES, *SERVED, "runs", "runs_empty", "deployments", "deployments_empty"}
