"""The deployments that Prefect knows: what runs on which schedule, when next, and whether anybody will run it.

Read through plain httpx (see `nb2ops.orchestration.api`), with a number of requests that does not grow with the number
of deployments; `nb2ops.orchestration.deploying` registers them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nb2ops.model import Deployment, Json, PastRun, Run
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, Api
from nb2ops.orchestration.datafiles import DataTrigger
from nb2ops.orchestration.drift import is_changed
from nb2ops.orchestration.history import describe, seconds_of
from nb2ops.orchestration.notifications import Notifications
from nb2ops.orchestration.ownership import read_origin
from nb2ops.orchestration.scheduling import schedules_of
from nb2ops.orchestration.services import connect


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known about all deployments at once, by their ids; flows and workers by id and pool."""

    api: Api
    flows: Mapping[str, str]
    online: Mapping[str, int]
    next_runs: Mapping[str, str]
    last_runs: Mapping[str, Run]
    history: Mapping[str, tuple[PastRun, ...]]


async def read_deployments(api: Api, history: int = 0) -> tuple[Deployment, ...]:
    """Return all deployments by name; those that nb2ops did not make have no notebook.

    Args:
        api: Prefect's API.
        history: how many past runs each of them shows, at most 200.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    return await describe_deployments(api, await _all(api), history)


async def describe_deployments(api: Api, rows: Sequence[Json], history: int = 0) -> tuple[Deployment, ...]:
    """Return the deployments that rows of Prefect's list stand for, each with so many past runs."""
    ids = [row["id"] for row in rows]
    flows, online, coming, gone = await asyncio.gather(
        _flow_names(api, rows),
        workers_online(api, [row["work_pool_name"] for row in rows if row["work_pool_name"]]),
        _next_runs(api, ids),
        _past_runs(api, ids, max(history, 1)),
    )
    last = dict(zip(gone, await describe(api, [runs[0] for runs in gone.values()]), strict=True))
    past = {each: tuple(map(_past_run, runs[:history])) for each, runs in gone.items()}
    expected = {each: runs[0]["expected_start_time"] for each, runs in coming.items()}
    known = Surroundings(api, flows, online, expected, last, past)
    changed = await asyncio.gather(*(asyncio.to_thread(is_changed, row) for row in rows))
    return tuple(_deployment(row, known, each) for row, each in zip(rows, changed, strict=True))


def list_deployments() -> tuple[Deployment, ...]:
    """Return all deployments; as `read_deployments`, for callers without an event loop.

    Raises:
        ServiceError: no Prefect server runs, or it does not answer.
    """

    async def read() -> tuple[Deployment, ...]:
        async with Api(connect()) as api:
            await api.check()
            return await read_deployments(api)

    return asyncio.run(read())


async def _all(api: Api) -> list[Json]:
    rows: list[Json] = []
    while True:
        page: list[Json] = await api.post(
            "/deployments/filter", {"sort": "NAME_ASC", "limit": PAGE, "offset": len(rows)}
        )
        rows += page
        if len(page) < PAGE:
            return rows


async def _flow_names(api: Api, rows: Sequence[Json]) -> dict[str, str]:
    ids = sorted({row["flow_id"] for row in rows})
    pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
    found = await asyncio.gather(*(api.post("/flows/filter", {"flows": {"id": {"any_": page}}}) for page in pages))
    return {flow["id"]: flow["name"] for page in found for flow in page}


async def workers_online(api: Api, names: Iterable[str]) -> dict[str, int]:
    """Return how many workers of each pool have a fresh heartbeat."""
    pools = sorted(set(names))
    found = await asyncio.gather(*(api.post(f"/work_pools/{pool}/workers/filter", {}) for pool in pools))
    return {
        pool: sum(worker["status"] == "ONLINE" for worker in workers)
        for pool, workers in zip(pools, found, strict=True)
    }


def _deployment(row: Json, known: Surroundings, changed: bool | None) -> Deployment:
    environment = labels.environment_of(row)
    origin, trigger = read_origin(environment), DataTrigger.from_environment(environment)
    return Deployment(
        id=row["id"],
        name=row["name"],
        flow=known.flows.get(row["flow_id"], ""),
        notebook=labels.notebook_of(row),
        version=row["version"],
        pool=row["work_pool_name"],
        paused=row["paused"],
        schedules=schedules_of(row),
        next_run=known.next_runs.get(row["id"]),
        last_run=known.last_runs.get(row["id"]),
        workers_online=known.online.get(row["work_pool_name"], 0),
        owner=origin.owner if origin else None,
        project=origin.project if origin else None,
        commit=origin.commit if origin else None,
        changed=changed,
        parameters=row["parameters"],
        url=known.api.connection.page(f"deployments/deployment/{row['id']}"),
        history=known.history.get(row["id"], ()),
        data=trigger.patterns if trigger else (),
        notifications=Notifications.from_environment(environment).shown,
    )


def _past_run(row: Json) -> PastRun:
    return PastRun(row["id"], row["name"], row["state_name"], row["start_time"], seconds_of(row))


async def _next_runs(api: Api, ids: Sequence[str]) -> dict[str, list[Json]]:
    """Return for each deployment the next run that Prefect itself has scheduled."""
    scheduled: Json = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"after_": _now()}}
    return await _first(api, ids, 1, "EXPECTED_START_TIME_ASC", scheduled)


async def _past_runs(api: Api, ids: Sequence[str], count: int) -> dict[str, list[Json]]:
    return await _first(api, ids, count, "EXPECTED_START_TIME_DESC", {"expected_start_time": {"before_": _now()}})


async def _first(api: Api, ids: Sequence[str], count: int, sort: str, runs: Json) -> dict[str, list[Json]]:
    """Return for each deployment its first runs in this order; those without any are left out.

    A page holds the runs of many deployments; those that busy ones crowd out are asked for without them. A full page
    has room for what is wanted of all it was asked for, so that at least one of them is done with it.
    """
    room = max(1, PAGE // count)
    found: dict[str, list[Json]] = {}
    for start in range(0, len(ids), room):
        missing = list(ids[start : start + room])
        while missing:
            query = {"sort": sort, "limit": PAGE, "flow_runs": {**runs, "deployment_id": {"any_": missing}}}
            page: list[Json] = await api.post("/flow_runs/filter", query)
            for each in missing:
                of_it = [row for row in page if row["deployment_id"] == each]
                found |= {each: of_it[:count]} if of_it else {}
            if len(page) < PAGE:
                break
            missing = [each for each in missing if len(found.get(each, ())) < count]
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat()
