"""What `deploy` tells: when the deployment runs next, what a change of clocks does to it, which files it looks for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nb2ops.compiler.reads import Read
from nb2ops.model import Deployment, Json, Problem, Schedule
from nb2ops.orchestration.api import Api, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.datafiles import DataTrigger
from nb2ops.orchestration.deploying import Registered
from nb2ops.orchestration.deployments import describe_deployments
from nb2ops.orchestration.finding import find_deployment
from nb2ops.orchestration.labels import environment_of
from nb2ops.orchestration.options import DIRECTORY_VARIABLE
from nb2ops.orchestration.ownership import Origin, read_origin
from nb2ops.orchestration.pinning import Pins, pins_path
from nb2ops.orchestration.policies import Policy
from nb2ops.orchestration.scheduling import schedules_of
from nb2ops.orchestration.slots import ClockChange, Slot, clock_changes, next_slots, schedule_json


@dataclass(frozen=True, slots=True)
class Report:
    """A deployment after `deploy`.

    Attributes:
        deployment: what was done.
        origin: whose it is.
        pool: the work pool.
        paused: no schedule fires.
        schedules: when it runs.
        next_runs: the next five runs, as Prefect's schedules say; none while it is paused.
        clock_changes: what the changes of clocks in the next twelve months do.
        reads: files that the notebook reads by a relative path.
        pins: path of its `requirements.lock`, None where nothing is pinned.
        problems: what could not be pinned.
    """

    deployment: Registered
    origin: Origin | None
    pool: str | None
    paused: bool
    schedules: tuple[Schedule, ...]
    next_runs: tuple[Slot, ...]
    clock_changes: tuple[ClockChange, ...]
    reads: tuple[Read, ...]
    pins: str | None = None
    problems: tuple[Problem, ...] = ()


def report(
    connection: Connection, registered: Registered, reads: Sequence[Read] = (), pins: Pins | None = None
) -> Report:
    """Return what there is to tell of a deployment, as Prefect has it now.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    row: Json = request(connection, "GET", f"/deployments/{registered.id}")
    return Report(
        deployment=registered,
        origin=read_origin(environment_of(row)),
        pool=row["work_pool_name"],
        paused=row["paused"],
        schedules=schedules_of(row),
        next_runs=_next_runs(row),
        clock_changes=_clock_changes(row),
        reads=tuple(reads),
        pins=str(pins_path(pins.version)) if pins else None,
        problems=pins.problems if pins else (),
    )


@dataclass(frozen=True, slots=True)
class DeploymentDetails:
    """A deployment with what becomes of its slots.

    Attributes:
        deployment: as it is listed.
        policy: what it does with late and overlapping slots.
        directory: the working directory that was chosen, None for the notebook's folder.
        next_runs: the next five runs, as Prefect's schedules say; none while it is paused.
        clock_changes: what the changes of clocks in the next twelve months do.
        url: its page in Prefect's own UI.
        data: the files whose content starts runs, None where no data does.
    """

    deployment: Deployment
    policy: Policy
    directory: str | None
    next_runs: tuple[Slot, ...]
    clock_changes: tuple[ClockChange, ...]
    url: str
    data: DataTrigger | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a schedule would do: the next five runs, and what the changes of clocks in the next twelve months do."""

    next_runs: tuple[Slot, ...]
    clock_changes: tuple[ClockChange, ...]


def preview(schedule: Schedule) -> Preview:
    """Return what a schedule would do if it began now."""
    slots = next_slots([(schedule, schedule_json(schedule))])
    return Preview(slots, clock_changes(schedule, datetime.now(UTC)))


def describe_deployment(connection: Connection, text: str, history: int = 0) -> DeploymentDetails:
    """Return a deployment by its id or name, with so many past runs.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is none, or several have that name.
    """
    row = find_deployment(connection, text)
    (found,) = asyncio.run(_describe(connection, row, history))
    return DeploymentDetails(
        deployment=found,
        policy=Policy.from_environment(environment_of(row)),
        directory=environment_of(row).get(DIRECTORY_VARIABLE),
        next_runs=_next_runs(row),
        clock_changes=_clock_changes(row),
        url=connection.page(f"deployments/deployment/{row['id']}"),
        data=DataTrigger.from_environment(environment_of(row)),
    )


async def _describe(connection: Connection, row: Json, history: int) -> tuple[Deployment, ...]:
    async with Api(connection) as api:
        return await describe_deployments(api, [row], history)


def _next_runs(row: Json) -> tuple[Slot, ...]:
    stored = [each["schedule"] for each in row["schedules"]]
    return () if row["paused"] else next_slots(list(zip(schedules_of(row), stored, strict=True)))


def _clock_changes(row: Json) -> tuple[ClockChange, ...]:
    now = datetime.now(UTC)
    return tuple(change for each in schedules_of(row) for change in clock_changes(each, now))
