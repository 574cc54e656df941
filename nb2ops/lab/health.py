"""Whether Prefect answers, and who works for it: what the sidebar asks before anything else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from nb2ops.errors import ServiceError
from nb2ops.lab.access import Access
from nb2ops.model import Json
from nb2ops.orchestration.api import PAGE, Api
from nb2ops.orchestration.connection import configured
from nb2ops.orchestration.deployments import workers_online
from nb2ops.orchestration.doctor import start_command


@dataclass(frozen=True, slots=True)
class Pool:
    """A work pool.

    Attributes:
        name, type: Prefect's.
        paused: nothing of it runs.
        workers_online: workers with a fresh heartbeat.
        remedy: what to type for a worker, None where one is online.
    """

    name: str
    type: str
    paused: bool
    workers_online: int
    remedy: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """How the way to Prefect stands.

    Attributes:
        reachable: whether it answered just now, in a version that nb2ops knows.
        api: address of the API, None where no server is known.
        ui: address of Prefect's own pages, None where no server is known.
        version: of Prefect's server, None where it did not answer.
        message: why it cannot be reached, None where it can.
        local: whether nobody chose another server than nb2ops's own.
        starting: what the start of the services is doing, None while it does nothing.
        failed: why the last start failed.
        pools: by name.
    """

    reachable: bool
    api: str | None = None
    ui: str | None = None
    version: str | None = None
    message: str | None = None
    local: bool = True
    starting: str | None = None
    failed: str | None = None
    pools: tuple[Pool, ...] = ()


async def read_health(access: Access) -> Health:
    """Ask Prefect for its version and pools; that it does not answer, or is not ours, is a finding and not an error."""
    local = await access.aside(configured) is None
    about = {"local": local, "starting": access.starting, "failed": access.failed}
    try:
        connection = await access.connection()
    except ServiceError as error:
        return Health(reachable=False, message=str(error), **about)  # type: ignore[arg-type]
    address = {"api": connection.url, "ui": connection.page("")}
    try:
        version, pools = await access.read(_server)
    except ServiceError as error:
        return Health(reachable=False, message=str(error), **address, **about)  # type: ignore[arg-type]
    return Health(reachable=True, version=version, pools=pools, **address, **about)  # type: ignore[arg-type]


async def _server(api: Api) -> tuple[str, tuple[Pool, ...]]:
    """Return version and pools."""
    return await asyncio.gather(api.check(), _pools(api))


async def _pools(api: Api) -> tuple[Pool, ...]:
    rows: list[Json] = await api.post("/work_pools/filter", {"limit": PAGE})
    online = await workers_online(api, [row["name"] for row in rows])
    return tuple(
        Pool(
            row["name"],
            row["type"],
            row["is_paused"],
            online[row["name"]],
            None if online[row["name"]] else start_command(row["name"]),
        )
        for row in sorted(rows, key=lambda row: str(row["name"]))
    )
