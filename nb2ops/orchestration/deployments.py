"""The deployments that Prefect knows: what runs on which schedule, when next, and whether anybody will run it.

Read through plain httpx (see `nb2ops.orchestration.api`); `nb2ops.orchestration.deploying` registers them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from nb2ops.model import Deployment, Json, Run, Schedule
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, Api
from nb2ops.orchestration.history import describe
from nb2ops.orchestration.services import connect


async def read_deployments(api: Api) -> tuple[Deployment, ...]:
    """Return all deployments by name; those that nb2ops did not make have no notebook.

    Args:
        api: Prefect's API.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    rows = await _all(api)
    flows = await _flow_names(api, rows)
    online = await _workers_online(api, rows)
    return tuple(await asyncio.gather(*(_deployment(api, row, flows, online) for row in rows)))


def list_deployments() -> tuple[Deployment, ...]:
    """Return all deployments; as `read_deployments`, for callers without an event loop.

    Raises:
        ServiceError: no Prefect server runs, or it does not answer.
    """

    async def read() -> tuple[Deployment, ...]:
        async with Api(connect()) as api:
            return await read_deployments(api)

    return asyncio.run(read())


def schedules_of(row: Json) -> tuple[Schedule, ...]:
    """Return the schedules of a deployment as Prefect lists it, recurrence rules left out."""
    return tuple(
        Schedule(
            cron=each["schedule"].get("cron"),
            interval=each["schedule"].get("interval"),
            timezone=each["schedule"].get("timezone") or "UTC",
            active=each["active"],
        )
        for each in row["schedules"]
        if "rrule" not in each["schedule"]
    )


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


async def _deployment(api: Api, row: Json, flows: dict[str, str], online: dict[str, int]) -> Deployment:
    next_run, last_run = await asyncio.gather(_next_run(api, row["id"]), _last_run(api, row["id"]))
    return Deployment(
        id=row["id"],
        name=row["name"],
        flow=flows.get(row["flow_id"], ""),
        notebook=labels.notebook_of(row),
        version=row["version"],
        pool=row["work_pool_name"],
        paused=row["paused"],
        schedules=schedules_of(row),
        next_run=next_run,
        last_run=last_run,
        workers_online=online.get(row["work_pool_name"], 0),
    )


async def _next_run(api: Api, deployment: str) -> str | None:
    """Return when Prefect itself has scheduled the next run."""
    rows = await _runs(api, deployment, "EXPECTED_START_TIME_ASC", after_=_now(), state="SCHEDULED")
    return rows[0]["expected_start_time"] if rows else None


async def _last_run(api: Api, deployment: str) -> Run | None:
    rows = await _runs(api, deployment, "EXPECTED_START_TIME_DESC", before_=_now())
    return (await describe(api, rows))[0] if rows else None


async def _runs(api: Api, deployment: str, sort: str, state: str | None = None, **expected: str) -> list[Json]:
    runs: Json = {"expected_start_time": expected}
    if state:
        runs["state"] = {"type": {"any_": [state]}}
    found: list[Json] = await api.post(
        "/flow_runs/filter",
        {"sort": sort, "limit": 1, "flow_runs": runs, "deployments": {"id": {"any_": [deployment]}}},
    )
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat()
