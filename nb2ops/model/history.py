"""Runs and deployments as Prefect knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """A flow run in the history: Prefect's state and time, with the way to our record.

    Attributes:
        id: Prefect's flow run id.
        name: Prefect's name of the run ("amber-fox").
        flow: the flow's name, which is the notebook's.
        notebook: path of the source notebook, None where unknown.
        deployment: name of the deployment, None for a run by hand.
        state: Prefect's state name.
        cause: "schedule", "data", "hand", "deployment" (a run of a deployment started by somebody) or "verify".
        start, end, expected: times as ISO 8601 with offset, None where not there yet.
        seconds: wall time so far.
        message: Prefect's message of the state.
        url: the run's page in Prefect's own UI.
        version: the bundle's digest, None where nb2ops did not run it.
    """

    id: str
    name: str
    flow: str
    state: str
    notebook: str | None = None
    deployment: str | None = None
    cause: str = "hand"
    start: str | None = None
    end: str | None = None
    expected: str | None = None
    seconds: float | None = None
    message: str | None = None
    url: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, newest first; `next` is the cursor of the page after it, None on the last."""

    runs: tuple[Run, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a deployment runs, and with what: exactly one of `cron`, `interval` and `rrule` is set.

    Attributes:
        cron: an expression of five fields.
        interval: seconds between two runs.
        rrule: a recurrence rule (RFC 5545).
        timezone: an IANA name.
        active: whether it fires.
        parameters: values for its runs in place of the deployment's.
    """

    cron: str | None = None
    interval: float | None = None
    timezone: str = "UTC"
    active: bool = True
    rrule: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run of a deployment in a few words; attributes as those of `Run`."""

    id: str
    name: str
    state: str
    start: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A notebook that Prefect runs on a schedule.

    Attributes:
        id: Prefect's id.
        name: unique for the flow.
        flow: the flow's name.
        notebook: path of the source notebook where it was deployed.
        version: the bundle's digest.
        pool: work pool.
        paused: no schedule fires.
        schedules: when it runs.
        next_run: ISO 8601 with offset, None where nothing is scheduled.
        last_run: the newest run that started.
        workers_online: workers of the pool with a fresh heartbeat.
        owner: who deployed it, None where nb2ops did not make it.
        project: the project that the notebook belongs to.
        commit: git's commit of the deployed content, followed by "+changes" where it differed; None without git.
        changed: whether the notebook is no longer what was deployed; None where it cannot be read from here.
        parameters: values in place of the notebook's defaults.
        url: the deployment's page in Prefect's own UI.
        history: the newest runs that were to begin by now, newest first, as many as were asked for.
        data: globs of the files whose content starts runs.
        notifications: occasion -> who is told, without what may be a password.
    """

    id: str
    name: str
    flow: str
    notebook: str | None
    version: str | None
    pool: str | None
    paused: bool
    schedules: tuple[Schedule, ...] = ()
    next_run: str | None = None
    last_run: Run | None = None
    workers_online: int = 0
    owner: str | None = None
    project: str | None = None
    commit: str | None = None
    changed: bool | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None
    history: tuple[PastRun, ...] = ()
    data: tuple[str, ...] = ()
    notifications: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
