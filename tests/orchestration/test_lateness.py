"""What keeps runs from beginning, as `doctor` says it: real rows in a real server."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from nb2ops.model import Json
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.lateness import clock, waiting
from nb2ops.orchestration.worker import ensure_pool

from .postgres import ON_BOTH

Make = Callable[..., Json]
HOURLY = {"schedule": {"interval": 3600}, "active": True}


@pytest.fixture
def make(prefect: Connection, pool: str) -> Make:
    """Make a deployment `churn` of the pool, with one run in a state."""
    ensure_pool(prefect, pool)

    def make(state: Json | None = None, **said: object) -> Json:
        flow = request(prefect, "POST", "/flows/", {"name": f"flow-{uuid4().hex[:8]}"})["id"]
        body = {"name": "churn", "flow_id": flow, "work_pool_name": pool, "entrypoint": "flow.py:f", **said}
        deployment: Json = request(prefect, "POST", "/deployments/", body)
        if state:
            run = request(prefect, "POST", f"/deployments/{deployment['id']}/create_flow_run", {})
            request(prefect, "POST", f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})
        return deployment

    return make


@ON_BOTH
@pytest.mark.parametrize(
    ("state", "said", "ok", "words", "remedy"),
    [
        (
            {"type": "SCHEDULED", "name": "AwaitingConcurrencySlot"},
            {"concurrency_limit": 1},
            False,
            r"1 runs of deployment churn wait, .*concurrency slots \(1\) are full",
            "nb2ops runs --deployment churn --state running",
        ),
        (None, {"paused": True, "schedules": [HOURLY]}, True, "is paused", "nb2ops deployments resume churn"),
        (
            {"type": "FAILED", "name": "Failed", "message": "ModuleNotFoundError: No module named 'roast.beans'"},
            {},
            False,
            "module roast.beans is missing in the worker's environment",
            "pip install roast",
        ),
        ({"type": "SCHEDULED", "name": "Late"}, {}, False, "1 runs of pool .* are late", "nb2ops runs --state late"),
    ],
)
def test_each_reason_is_a_sentence_with_what_to_type(
    prefect: Connection, pool: str, make: Make, state: Json, said: Json, ok: bool, words: str, remedy: str
) -> None:
    make(state, **said)
    (finding,) = waiting(prefect, pool)
    assert (finding.ok, finding.remedy) == (ok, remedy)
    assert re.search(words, finding.text)


def test_nothing_waits_where_all_is_well(prefect: Connection, pool: str, make: Make) -> None:
    make({"type": "COMPLETED", "name": "Completed"}, schedules=[HOURLY])
    assert list(waiting(prefect, pool)) == []


def test_times_are_those_of_the_clock_on_the_wall_with_the_date_where_it_is_not_today() -> None:
    now = datetime.now(UTC)
    assert clock(now.isoformat()) == f"{now.astimezone():%H:%M}"
    assert clock((now - timedelta(days=3)).isoformat()) == f"{(now - timedelta(days=3)).astimezone():%Y-%m-%d %H:%M}"
