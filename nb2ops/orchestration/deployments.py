"""The deployments that Prefect knows: what runs on which schedule, when next, and whether anybody will run it.

Read through plain httpx (see `nb2ops.orchestration.api`), with a number of requests that does not grow with the number
of deployments; `nb2ops.orchestration.deploying` registers them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nb2ops.model import Deployment, Json, Run
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, Api
from nb2ops.orchestration.drift import is_changed
from nb2ops.orchestration.history import describe
from nb2ops.orchestration.ownership import read_origin
from nb2ops.orchestration.scheduling import schedules_of
from nb2ops.orchestration.services import connect


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known about all deployments at once, by their ids; flows and workers by id and pool."""

    flows: Mapping[str, str]
    online: Mapping[str, int]
    next_runs: Mapping[str, str]
    last_runs: Mapping[str, Run]


async def read_deployments(api: Api) -> tuple[Deployment, ...]:
    """Return all deployments by name; those that nb2ops did not make have no notebook.

    Args:
        api: Prefect's API.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    return await describe_deployments(api, await _all(api))


async def describe_deployments(api: Api, rows: Sequence[Json]) -> tuple[Deployment, ...]:
    """Return the deployments that rows of Prefect's list stand for."""
    ids = [row["id"] for row in rows]
    flows, online, coming, gone = await asyncio.gather(
        _flow_names(api, rows), _workers_online(api, rows), _next_runs(api, ids), _last_runs(api, ids)
    )
    last = dict(zip(gone, await describe(api, list(gone.values())), strict=True))
    known = Surroundings(flows, online, {each: row["expected_start_time"] for each, row in coming.items()}, last)
    changed = await asyncio.gather(*(asyncio.to_thread(is_changed, row) for row in rows))
    return tuple(_deployment(row, known, each) for row, each in zip(rows, changed, strict=True))


def list_deployments() -> tuple[Deployment, ...]:
    """Return all deployments; as `read_deployments`, for callers without an event loop.

    Raises:
        ServiceError: no Prefect server runs, or it does not answer.
    """

    async def read() -> tuple[Deployment, ...]:
        async with Api(connect()) as api:
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


async def _workers_online(api: Api, rows: Sequence[Json]) -> dict[str, int]:
    pools = sorted({row["work_pool_name"] for row in rows if row["work_pool_name"]})
    found = await asyncio.gather(*(api.post(f"/work_pools/{pool}/workers/filter", {}) for pool in pools))
    return {
        pool: sum(worker["status"] == "ONLINE" for worker in workers)
        for pool, workers in zip(pools, found, strict=True)
    }


def _deployment(row: Json, known: Surroundings, changed: bool | None) -> Deployment:
    origin = read_origin(labels.environment_of(row))
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
    )


async def _next_runs(api: Api, ids: Sequence[str]) -> dict[str, Json]:
    """Return for each deployment the next run that Prefect itself has scheduled."""
    scheduled: Json = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"after_": _now()}}
    return await _first(api, ids, "EXPECTED_START_TIME_ASC", scheduled)


async def _last_runs(api: Api, ids: Sequence[str]) -> dict[str, Json]:
    return await _first(api, ids, "EXPECTED_START_TIME_DESC", {"expected_start_time": {"before_": _now()}})


async def _first(api: Api, ids: Sequence[str], sort: str, runs: Json) -> dict[str, Json]:
    """Return for each deployment its first run in this order.

    A page holds the runs of many deployments; those that a busy one crowds out are asked for without it.
    """
    found: dict[str, Json] = {}
    missing = list(ids)
    while missing:
        query = {"sort": sort, "limit": PAGE, "flow_runs": {**runs, "deployment_id": {"any_": missing}}}
        page: list[Json] = await api.post("/flow_runs/filter", query)
        for row in page:
            found.setdefault(row["deployment_id"], row)
        if len(page) < PAGE:
            break
        missing = [each for each in missing if each not in found]
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat()
