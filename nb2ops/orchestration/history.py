"""The runs that Prefect knows, newest first, page by page.

"Newest" is by expected start, the one time that every run has: so a late run that no worker picks up stands among
the others, and runs scheduled for the future are left out. Runs that Prefect has forgotten are listed from the index of
records among the others. A cursor names the last row of a page by time and id, not
by offset: runs that arrive meanwhile shift nothing.

Read through plain httpx (see `nb2ops.orchestration.api`): the sidebar asks every few seconds.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from nb2ops.errors import UsageError
from nb2ops.model import Json, Run, RunPage, StepState
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, Api
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.finding import is_id
from nb2ops.orchestration.index import api_of, remembered
from nb2ops.orchestration.services import connect

PREFECT_STATES = ("Scheduled", "Late", "Pending", "Paused", "Suspended", "Cancelling", "AwaitingRetry", "Retrying")
STATES = (*PREFECT_STATES, "Skipped", *StepState)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list; None stands for all.

    Attributes:
        notebook: the source notebook's file name, or its path.
        deployment: the deployment's name.
        state: Prefect's name of the state ("Completed", "Rejected", ...) in any case, or several with commas between.
        since: only runs that were to begin at this time or later, ISO 8601 with offset.
        text: a part of the run's name or of the flow's, in any case.
        verifications: whether the runs that `nb2ops verify` made are among them.
    """

    notebook: str | None = None
    deployment: str | None = None
    state: str | None = None
    since: str | None = None
    text: str | None = None
    verifications: bool = False

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the states as Prefect writes them; empty for all."""
        return tuple(_state_name(each.strip()) for each in (self.state or "").split(",") if each.strip())


EVERYTHING = RunFilter()
ROUNDS = 10
"""How often Prefect is asked for a page of which runs are left out."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends: the time of its last row, and the rows of that very time that were shown."""

    time: str
    shown: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Return the cursor whose text is `text`.

        Raises:
            UsageError: it is not one of ours.
        """
        try:
            time, *shown = json.loads(base64.urlsafe_b64decode(text.encode()))
            datetime.fromisoformat(time)
        except (ValueError, TypeError, binascii.Error) as error:
            raise UsageError(f"{text!r} is no cursor. Leave it out to start with the newest run.") from error
        return cls(time, tuple(map(str, shown)))

    @classmethod
    def after(cls, runs: Sequence[Run], before: Cursor) -> Cursor:
        """Return the cursor that follows a page of runs, which began at `before`."""
        time = runs[-1].expected or before.time
        earlier = before.shown if _instant(before.time) == _instant(time) else ()
        return cls(time, earlier + tuple(run.id for run in runs if _time(run) == _instant(time)))

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.time, *self.shown]).encode()).decode()


async def read_runs(api: Api, wanted: RunFilter = EVERYTHING, limit: int = 50, cursor: str | None = None) -> RunPage:
    """Return one page of runs, newest first.

    Where the notebook is given by its path, runs of other notebooks of the same file name are left out, and so are
    those of `nb2ops verify` unless they are wanted, and the one that a sweep's runs belong to: Prefect is asked for
    more in their place. After some rounds of that a page may hold fewer runs than `limit` and still have a `next`.

    Args:
        api: Prefect's API.
        wanted: which runs.
        limit: runs on the page, at most 200.
        cursor: `next` of the page before.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: the cursor is not one, or the limit is out of range.
    """
    if not 1 <= limit <= PAGE:
        raise UsageError(f"A page holds 1 to {PAGE} runs, not {limit}.")
    found: tuple[Run, ...] = ()
    for _ in range(ROUNDS):
        page = await _page(api, wanted, limit - len(found), cursor)
        found += tuple(run for run in page.runs if _is_wanted(run, wanted))
        cursor = page.next
        if cursor is None or len(found) == limit:
            break
    return RunPage(found, cursor)


async def _page(api: Api, wanted: RunFilter, limit: int, cursor: str | None) -> RunPage:
    """Return the next runs that Prefect or the index have."""
    start = Cursor.read(cursor) if cursor else Cursor(datetime.now(UTC).isoformat())
    known = await describe(api, await _rows(api, wanted, limit, start))
    forgotten = await _forgotten(api, wanted, limit, start, known)
    runs = sorted((*known, *forgotten), key=_time, reverse=True)[:limit]
    return RunPage(tuple(runs), str(Cursor.after(runs, start)) if len(runs) == limit else None)


async def _rows(api: Api, wanted: RunFilter, limit: int, start: Cursor) -> list[Json]:
    """Return a page as Prefect lists it. A text is looked for in two places, and Prefect knows no "or" of those."""
    query = _query(wanted, limit, start)
    if not wanted.text:
        found: list[Json] = await api.post("/flow_runs/filter", query)
        return found
    like = {"name": {"like_": wanted.text}}
    of_runs, of_flows = await asyncio.gather(
        api.post("/flow_runs/filter", {**query, "flow_runs": {**query["flow_runs"], **like}}),
        api.post("/flow_runs/filter", {**query, "flows": like}),
    )
    rows = {row["id"]: row for row in (*of_runs, *of_flows)}
    return sorted(rows.values(), key=lambda row: _instant(row["expected_start_time"]), reverse=True)[:limit]


async def _forgotten(api: Api, wanted: RunFilter, limit: int, start: Cursor, known: Sequence[Run]) -> list[Run]:
    """Return the runs of a page's time that only the index knows.

    Args:
        api: Prefect's API.
        wanted: which runs.
        limit: how many at most.
        start: where the page begins.
        known: the page as Prefect has it; a full one ends at its last run.
    """
    end = known[-1].expected if len(known) == limit else wanted.since
    shown = (*start.shown, *(run.id for run in known))
    said = (start.time, end, limit, wanted.notebook, wanted.deployment, wanted.states, shown, wanted.text)
    found = await asyncio.to_thread(lambda: remembered(api_of(api.connection), *said))
    if not found:
        return []
    ids = {"id": {"any_": [each.id for each in found if is_id(each.id)]}}
    rows: list[Json] = await api.post("/flow_runs/filter", {"flow_runs": ids})
    there = {row["id"] for row in rows}
    return [each for each in found if each.id not in there]


def list_runs(wanted: RunFilter = EVERYTHING, limit: int = 50, cursor: str | None = None) -> RunPage:
    """Return one page of runs; as `read_runs`, for callers without an event loop.

    Raises:
        ServiceError: no Prefect server runs, or it does not answer.
        UsageError: as `read_runs`.
    """

    async def read() -> RunPage:
        async with Api(connect()) as api:
            await api.check()
            return await read_runs(api, wanted, limit, cursor)

    return asyncio.run(read())


async def describe(api: Api, rows: Sequence[Json]) -> tuple[Run, ...]:
    """Return the runs that rows of Prefect's list stand for, with the names of flow and deployment."""
    flows, deployments = await asyncio.gather(
        _named(api, "flows", [row["flow_id"] for row in rows]),
        _named(api, "deployments", [row["deployment_id"] for row in rows if row["deployment_id"]]),
    )
    return tuple(_run(api, row, flows, deployments) for row in rows)


def describe_one(connection: Connection, row: Json) -> Run:
    """Return the run that a row of Prefect's list stands for; for callers without an event loop."""

    async def read() -> Run:
        async with Api(connection) as api:
            return (await describe(api, [row]))[0]

    return asyncio.run(read())


def _query(wanted: RunFilter, limit: int, start: Cursor) -> Json:
    runs: Json = {
        "expected_start_time": {"before_": start.time},
        "id": {"not_any_": [each for each in start.shown if is_id(each)]},
    }
    if wanted.since:
        runs["expected_start_time"]["after_"] = wanted.since
    if wanted.notebook:
        runs["tags"] = {"all_": [labels.notebook_tag(wanted.notebook)]}
    if wanted.state:
        runs["state"] = {"name": {"any_": list(wanted.states)}}
    query: Json = {"sort": "EXPECTED_START_TIME_DESC", "limit": limit, "flow_runs": runs}
    if wanted.deployment:
        query["deployments"] = {"name": {"any_": [wanted.deployment]}}
    return query


def _state_name(text: str) -> str:
    return next((name for name in STATES if name.casefold() == text.casefold()), text)


async def _named(api: Api, kind: str, ids: Sequence[str]) -> Mapping[str, Json]:
    """Return flows or deployments by id."""
    if not ids:
        return {}
    found: list[Json] = await api.post(f"/{kind}/filter", {kind: {"id": {"any_": sorted(set(ids))}}})
    return {each["id"]: each for each in found}


def _run(api: Api, row: Json, flows: Mapping[str, Json], deployments: Mapping[str, Json]) -> Run:
    deployment = deployments.get(row["deployment_id"])
    return Run(
        id=row["id"],
        name=row["name"],
        flow=flows.get(row["flow_id"], {}).get("name", ""),
        state=row["state_name"],
        notebook=labels.text(row["labels"], labels.NOTEBOOK) or labels.notebook_of(deployment),
        deployment=deployment["name"] if deployment else None,
        cause=labels.cause(row["labels"], scheduled=row["auto_scheduled"], deployed=deployment is not None),
        start=row["start_time"],
        end=row["end_time"],
        expected=row["expected_start_time"],
        seconds=seconds_of(row),
        message=(row["state"] or {}).get("message"),
        url=api.connection.page(f"runs/flow-run/{row['id']}"),
        version=labels.text(row["labels"], labels.VERSION) or row["deployment_version"],
    )


def seconds_of(row: Json) -> float | None:
    """Return the wall time so far of a flow run as Prefect lists it, None for one that has not begun."""
    return row["estimated_run_time"] if row["start_time"] else None


def _time(run: Run) -> datetime:
    return _instant(run.expected or "")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text or "1970-01-01T00:00:00+00:00")


def _is_wanted(run: Run, wanted: RunFilter) -> bool:
    if run.cause == labels.SWEEP or (run.cause == labels.VERIFY and not wanted.verifications):
        return False
    named = wanted.notebook
    return named is None or PurePath(named).name == named or run.notebook == named
