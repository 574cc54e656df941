"""Registering a bundle as a Prefect deployment. Nothing of the user's is imported or run.

What is wanted is compared with what Prefect lists, field by field, so that the same again changes nothing and
keeps the scheduled runs. Both sides are JSON: that is why the REST API is used here and not Prefect's client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from nb2ops.errors import UsageError
from nb2ops.model import Json, Pipeline, Schedule
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.bundle import flow_function
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.deployments import schedules_of
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.worker import POOL, ensure_pool
from nb2ops.wire import read_pipeline

Change = Literal["created", "updated", "unchanged"]
SET_DIRECTORY = "prefect.deployments.steps.set_working_directory"
INVALID = {409, 422}


@dataclass(frozen=True, slots=True)
class Registered:
    """What `deploy` did.

    Attributes:
        id: Prefect's id of the deployment.
        name: its full name, `flow/deployment`.
        url: its page in Prefect's own UI.
        change: what had to be done.
    """

    id: str
    name: str
    url: str
    change: Change


def deploy(
    connection: Connection,
    bundle: Path,
    options: RunOptions,
    *,
    name: str | None = None,
    schedule: Schedule | None = None,
    parameters: Json | None = None,
    pool: str = POOL,
    paused: bool = False,
) -> Registered:
    """Make a bundle a deployment of Prefect; the same again changes nothing.

    Args:
        connection: Prefect's API.
        bundle: the folder that `build` wrote; the worker runs it from there.
        options: how its runs shall happen.
        name: the deployment's name; else the flow's.
        schedule: when it runs (see `timing.make_schedule`).
        parameters: values in place of the notebook's defaults.
        pool: the work pool, created as a process pool where it is missing.
        paused: registered, but no schedule fires.

    Raises:
        ServiceError: Prefect does not answer or refuses us.
        UsageError: the folder is not a bundle, or a parameter is unknown or does not fit.
    """
    pipeline = read_pipeline(bundle)
    _check_names(pipeline, parameters or {})
    wanted = {
        **_content(pipeline, bundle.absolute(), options),
        "name": name or pipeline.name,
        "parameters": parameters or {},
        "work_pool_name": pool,
        "paused": paused,
    }
    ensure_pool(connection, pool)
    known = _find(connection, pipeline.name, wanted["name"])
    full_name = f"{pipeline.name}/{wanted['name']}"
    if known and _same(known, wanted, schedule):
        return Registered(known["id"], full_name, _page(connection, known["id"]), "unchanged")
    identifier = _register(connection, pipeline, wanted, schedule)
    return Registered(identifier, full_name, _page(connection, identifier), "updated" if known else "created")


def _content(pipeline: Pipeline, bundle: Path, options: RunOptions) -> Json:
    """Return what follows from the bundle and the options."""
    from prefect.utilities.callables import parameter_schema_from_entrypoint

    entrypoint = f"flow.py:{flow_function(bundle)}"
    schema = parameter_schema_from_entrypoint(f"{bundle}/{entrypoint}")
    return {
        "version": options.version or pipeline.digest,
        "description": pipeline.description or pipeline.title,
        "tags": [labels.notebook_tag(str(options.notebook or pipeline.notebook))],
        "entrypoint": entrypoint,
        "pull_steps": [{SET_DIRECTORY: {"directory": str(bundle)}}],
        "job_variables": {"env": options.environment},
        "parameter_openapi_schema": schema.model_dump(mode="json"),
        "enforce_parameter_schema": True,
    }


def _check_names(pipeline: Pipeline, parameters: Mapping[str, Any]) -> None:
    known = [each.name for each in pipeline.parameters]
    for name in parameters:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f' Did you mean "{close[0]}"?' if close else f" It has: {', '.join(known) or 'none'}."
            raise UsageError(f'{pipeline.notebook} has no parameter "{name}".{hint}')


def _find(connection: Connection, flow: str, name: str) -> Json | None:
    query = {"flows": {"name": {"any_": [flow]}}, "deployments": {"name": {"any_": [name]}}}
    found: list[Json] = request(connection, "POST", "/deployments/filter", query)
    return found[0] if found else None


def _same(known: Json, wanted: Json, schedule: Schedule | None) -> bool:
    return all(known[name] == value for name, value in wanted.items()) and (
        schedules_of(known) == ((schedule,) if schedule else ())
    )


def _register(connection: Connection, pipeline: Pipeline, wanted: Json, schedule: Schedule | None) -> str:
    flow = request(connection, "POST", "/flows/", {"name": pipeline.name})
    schedules = [{"schedule": _schedule_json(schedule), "active": schedule.active}] if schedule else []
    try:
        created = request(
            connection, "POST", "/deployments/", {**wanted, "flow_id": flow["id"], "schedules": schedules}
        )
    except RequestRefused as error:
        if error.status in INVALID:
            raise UsageError(f"{pipeline.notebook}: {error}") from error
        raise
    return str(created["id"])


def _schedule_json(schedule: Schedule) -> Json:
    if schedule.cron is not None:
        return {"cron": schedule.cron, "timezone": schedule.timezone}
    return {"interval": schedule.interval, "timezone": schedule.timezone}


def _page(connection: Connection, deployment: str) -> str:
    return connection.page(f"deployments/deployment/{deployment}")
