"""Why something does not run: each finding one sentence, with what to type. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from packaging.version import Version

from nb2ops.errors import ServiceError, UsageError
from nb2ops.model import Json
from nb2ops.orchestration.api import PAGE, check, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.labels import environment_of
from nb2ops.orchestration.lateness import Finding, clock, waiting
from nb2ops.orchestration.ownership import current_owner, read_origin
from nb2ops.orchestration.services import connect
from nb2ops.orchestration.worker import POOL, pools, workers
from nb2ops.runtime.forking import obstacle
from nb2ops.runtime.kernels import find_kernel

TOO_NEW = {
    "fastapi": ((0, 151), "Prefect's server crashes when it starts"),
    "sqlalchemy": ((2, 1), "Prefect's server looks healthy and no schedule ever fires"),
}


def diagnose(pool: str | None = None) -> tuple[Finding, ...]:
    """Look at everything that scheduled runs need, from the packages to the worker.

    Args:
        pool: the work pool to look at; else those of the user's own deployments.
    """
    return (*_packages(), _kernels(), *_services(pool))


def _packages() -> Iterator[Finding]:
    for name, (limit, consequence) in TOO_NEW.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if tuple(map(int, found.split(".")[:2])) >= limit:
            bound = ".".join(map(str, limit))
            text = f"{name} {found} does not fit: {consequence}."
            yield Finding(False, text, f'pip install "{name}<{bound}"')


def _kernels() -> Finding:
    try:
        spec = find_kernel(None)
    except UsageError as error:
        return Finding(False, str(error), "python -m ipykernel install --user")
    why = obstacle(spec)
    if why:
        return Finding(True, f"Kernels of {spec.name} are started one by one, not forked ahead of need: {why}.")
    return Finding(True, f"Kernels of {spec.name} are forked ahead of need.")


def _services(pool: str | None) -> Iterator[Finding]:
    try:
        connection = connect()
    except ServiceError as error:
        yield Finding(False, str(error), "nb2ops up")
        return
    try:
        found = check(connection)
    except ServiceError as error:
        yield Finding(False, str(error), connection.command)
        return
    yield Finding(True, f"Prefect {found} answers at {connection}.")
    ours = version("prefect")
    if Version(ours) > Version(found):
        text = (
            f"Prefect here is {ours}, newer than the server at {connection} ({found}): it may ask what that one lacks."
        )
        yield Finding(False, text, f'pip install "prefect=={found}"')
    for each in [pool] if pool else _own_pools(connection):
        yield _pool(connection, each)
        yield from waiting(connection, each)


def _own_pools(connection: Connection) -> list[str]:
    """Return the work pools of what the user has deployed; the local worker's where that is nothing."""
    rows: list[Json] = request(connection, "POST", "/deployments/filter", {"limit": PAGE})
    origins = ((row["work_pool_name"], read_origin(environment_of(row))) for row in rows)
    return sorted({pool for pool, origin in origins if pool and origin and origin.owner == current_owner()}) or [POOL]


def _pool(connection: Connection, pool: str) -> Finding:
    found = pools(connection, pool)
    if not found:
        return Finding(False, f"There is no work pool {pool}, so nothing scheduled on it runs.", start_command(pool))
    if found[0]["is_paused"]:
        return Finding(False, f"The work pool {pool} is paused.", f"prefect work-pool resume {pool}")
    return _worker(connection, pool)


def _worker(connection: Connection, pool: str) -> Finding:
    found = workers(connection, pool)
    online = [each["name"] for each in found if each["status"] == "ONLINE"]
    if online:
        return Finding(True, f"Workers of pool {pool} that are online: {', '.join(online)}.")
    seen = max((each["last_heartbeat_time"] for each in found if each["last_heartbeat_time"]), default=None)
    since = f" since {clock(seen)}" if seen else ""
    return Finding(
        False, f"No worker of pool {pool} has been online{since}, so nothing scheduled runs.", start_command(pool)
    )


def start_command(pool: str) -> str:
    """Return what to type for a worker of a pool."""
    return "nb2ops up" if pool == POOL else f"prefect worker start --pool {pool}"
