"""Why something does not run: each finding one sentence, with what to type. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from nb2ops.errors import ServiceError, UsageError
from nb2ops.model import Json
from nb2ops.orchestration.api import PAGE, check, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.services import connect
from nb2ops.orchestration.worker import POOL, pools, workers
from nb2ops.runtime.forking import obstacle
from nb2ops.runtime.kernels import find_kernel

TOO_NEW = {
    "fastapi": ((0, 151), "Prefect's server crashes when it starts"),
    "sqlalchemy": ((2, 1), "Prefect's server looks healthy and no schedule ever fires"),
}


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


def diagnose(pool: str = POOL) -> tuple[Finding, ...]:
    """Look at everything that a scheduled run of a work pool needs, from the packages to the worker."""
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


def _services(pool: str) -> Iterator[Finding]:
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
    yield _pool(connection, pool)
    yield from _late(connection, pool)


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
    since = f" since {seen}" if seen else ""
    return Finding(
        False, f"No worker of pool {pool} has been online{since}, so nothing scheduled runs.", start_command(pool)
    )


def start_command(pool: str) -> str:
    """Return what to type for a worker of a pool."""
    return "nb2ops up" if pool == POOL else f"prefect worker start --pool {pool}"


def _late(connection: Connection, pool: str) -> Iterator[Finding]:
    query: Json = {"flow_runs": {"state": {"name": {"any_": ["Late"]}}}, "work_pools": {"name": {"any_": [pool]}}}
    late: list[Json] = request(connection, "POST", "/flow_runs/filter", {**query, "limit": PAGE})
    if late:
        text = f"{len(late)} runs of pool {pool} are late, the first since {min(_expected(run) for run in late)}."
        yield Finding(False, text, "nb2ops runs --state late")


def _expected(run: Json) -> str:
    return str(run["expected_start_time"])
