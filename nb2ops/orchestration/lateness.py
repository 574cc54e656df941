"""Why runs of a work pool wait or do not begin, each reason as one sentence with what to type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from nb2ops.model import Json
from nb2ops.orchestration.api import PAGE, request
from nb2ops.orchestration.connection import Connection

QUEUED = "AwaitingConcurrencySlot"
MISSING = re.compile(r"No module named '([\w.]+)'")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        ok: whether it is as it should be.
        text: what was found, in one sentence.
        remedy: what to type; None where nothing needs doing.
    """

    ok: bool
    text: str
    remedy: str | None = None


def waiting(connection: Connection, pool: str) -> Iterator[Finding]:
    """Yield what keeps runs of a work pool from beginning or from going well, beside pool and workers themselves."""
    yield from _queued(connection, pool)
    yield from _paused(connection, pool)
    yield from _missing(connection, pool)
    late = _runs(connection, pool, "Late")
    if late:
        text = f"{len(late)} runs of pool {pool} are late, the first since {clock(min(map(_expected, late)))}."
        yield Finding(False, text, "nb2ops runs --state late")


def clock(time: str) -> str:
    """Return a time as people here say it: the hour, with the date where that is not today's."""
    local = datetime.fromisoformat(time).astimezone()
    return f"{local:%H:%M}" if local.date() == datetime.now().date() else f"{local:%Y-%m-%d %H:%M}"


def _queued(connection: Connection, pool: str) -> Iterator[Finding]:
    queued = _runs(connection, pool, QUEUED)
    for deployment in _deployments(connection, pool):
        own = [each for each in queued if each["deployment_id"] == deployment["id"]]
        if own:
            limit = (deployment.get("global_concurrency_limit") or {}).get("limit") or deployment["concurrency_limit"]
            text = (
                f"{len(own)} runs of deployment {deployment['name']} wait, the first since "
                f"{clock(min(map(_expected, own)))}: its concurrency slots ({limit}) are full."
            )
            yield Finding(False, text, f"nb2ops runs --deployment {deployment['name']} --state running")


def _paused(connection: Connection, pool: str) -> Iterator[Finding]:
    for deployment in _deployments(connection, pool):
        schedules = deployment["schedules"]
        if schedules and (deployment["paused"] or not any(each["active"] for each in schedules)):
            text = f"The schedule of deployment {deployment['name']} is paused."
            yield Finding(True, text, f"nb2ops deployments resume {deployment['name']}")


def _missing(connection: Connection, pool: str) -> Iterator[Finding]:
    """Of each deployment, whether its last run failed for want of a package."""
    failed = {each["deployment_id"]: each for each in reversed(_runs(connection, pool))}
    for run in failed.values():
        found = MISSING.search((run["state"] or {}).get("message") or "")
        if found and run["state_type"] in {"FAILED", "CRASHED"}:
            text = f"Run {run['name']} failed: module {found[1]} is missing in the worker's environment."
            yield Finding(False, text, f"pip install {found[1].partition('.')[0]}")


def _runs(connection: Connection, pool: str, state: str | None = None) -> list[Json]:
    """Return a pool's runs in a state, or those that ended, newest first."""
    wanted: Json = {"state": {"name": {"any_": [state]}}} if state else {"end_time": {"is_null_": False}}
    query = {"flow_runs": wanted, "work_pools": {"name": {"any_": [pool]}}, "limit": PAGE}
    found: list[Json] = request(connection, "POST", "/flow_runs/filter", {**query, "sort": "END_TIME_DESC"})
    return found


def _deployments(connection: Connection, pool: str) -> list[Json]:
    query: Json = {"work_pools": {"name": {"any_": [pool]}}, "limit": PAGE}
    found: list[Json] = request(connection, "POST", "/deployments/filter", query)
    return found


def _expected(run: Json) -> str:
    return str(run["expected_start_time"])
