"""The examples in tests/wire, which the sidebar's tests read, are what the server makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nb2ops.lab.faults import Fault
from nb2ops.lab.health import Health
from nb2ops.model import Deployment, RunPage
from nb2ops.orchestration.history import Cursor
from nb2ops.wire import decode, encode

SHAPES = {
    "runs": RunPage,
    "runs_empty": RunPage,
    "health": Health,
    "health_missing": Health,
    "health_unreachable": Health,
    "fault_unreachable": Fault,
    "fault_field": Fault,
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_example_is_a_value_encoded(wire: Callable[[str], Any], name: str) -> None:
    assert encode(decode(SHAPES[name], wire(name))) == wire(name)


@pytest.mark.parametrize("name", ["deployments", "deployments_empty"])
def test_an_example_of_deployments_is_values_encoded(wire: Callable[[str], Any], name: str) -> None:
    example = wire(name)
    assert {"deployments": [encode(decode(Deployment, each)) for each in example["deployments"]]} == example


def test_the_cursor_of_the_example_is_one(wire: Callable[[str], Any]) -> None:
    page = wire("runs")
    assert Cursor.read(page["next"]) == Cursor(page["runs"][-1]["expected"], (page["runs"][-1]["id"],))


def test_every_example_is_proven(wire: Callable[[str], Any], request: pytest.FixtureRequest) -> None:
    files = {path.stem for path in (request.path.parents[1] / "wire").glob("*.json")}
    assert files == {*SHAPES, "deployments", "deployments_empty"}
