"""What somebody does to deployments and runs: pause, resume, delete, start, cancel, retry, wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from nb2ops.errors import Conflict, UsageError
from nb2ops.model import Json, Run, Schedule
from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import FINAL, INTERVAL, StepRun, read_steps
from nb2ops.orchestration.finding import find_deployment, find_run
from nb2ops.orchestration.history import describe_one
from nb2ops.orchestration.scheduling import set_schedules

INVALID = {409, 422}


def pause(connection: Connection, deployment: str) -> str:
    """Keep a deployment's schedules from firing; return its full name. What runs goes on."""
    return _post(connection, deployment, "pause_deployment")


def resume(connection: Connection, deployment: str) -> str:
    """Let a deployment's schedules fire again; return its full name."""
    return _post(connection, deployment, "resume_deployment")


def delete(connection: Connection, deployment: str) -> str:
    """Remove a deployment and its schedules, and return its full name; its runs stay in the history."""
    found = find_deployment(connection, deployment)
    request(connection, "DELETE", f"/deployments/{found['id']}")
    return _full_name(found)


def change(
    connection: Connection,
    deployment: str,
    *,
    paused: bool | None = None,
    schedules: Sequence[Schedule] | None = None,
    parameters: Json | None = None,
) -> None:
    """Change a deployment in what is said; None leaves it.

    Args:
        connection: Prefect's API.
        deployment: its id or name.
        paused: whether its schedules are kept from firing.
        schedules: all that it shall have.
        parameters: values in place of the notebook's defaults, all of them.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is no such deployment, or a parameter does not fit.
    """
    found = find_deployment(connection, deployment)
    place = f"/deployments/{found['id']}"
    given = {"parameters": parameters, "paused": paused}
    said = {name: value for name, value in given.items() if value is not None}
    for values in (parameters or {}, *(each.parameters for each in schedules or ())):
        _check_names(found, values)
    try:
        if said:
            request(connection, "PATCH", place, said)
    except RequestRefused as error:
        if error.status in INVALID:
            raise UsageError(f"{_full_name(found)}: {error}") from error
        raise
    if schedules is not None:
        set_schedules(connection, found, schedules)
    if not (found["paused"] if paused is None else paused):
        request(connection, "POST", f"{place}/schedule", {})


def _check_names(found: Json, parameters: Mapping[str, object]) -> None:
    known = (found["parameter_openapi_schema"] or {}).get("properties", {})
    for name in parameters:
        if name not in known:
            text = f'{_full_name(found)} has no parameter "{name}". It has: {", ".join(known) or "none"}.'
            raise UsageError(text, fields={f"parameters.{name}": text})


def start(connection: Connection, deployment: str, parameters: Json) -> Run:
    """Start a run of a deployment now.

    Args:
        connection: Prefect's API.
        deployment: its id or name.
        parameters: values in place of the deployment's.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is no such deployment, or a parameter is unknown or does not fit.
    """
    found = find_deployment(connection, deployment)
    _check_names(found, parameters)
    try:
        row = request(connection, "POST", f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})
    except RequestRefused as error:
        if error.status in INVALID:
            raise UsageError(f"{_full_name(found)}: {error}") from error
        raise
    return describe_one(connection, row)


def cancel(connection: Connection, run: str) -> Run:
    """Ask for the end of a run, or take one that waits off the list.

    Raises:
        UsageError: there is no such run, or it is over.
    """
    row = find_run(connection, run)
    if row["state_type"] in FINAL:
        raise Conflict(f"{row['name']} is over: {row['state_name']}. There is nothing to cancel.")
    return _set(connection, row, {"type": "CANCELLING", "name": "Cancelling"})


def retry(connection: Connection, run: str) -> Run:
    """Let a run of a deployment that is over begin again, with the same parameters.

    Raises:
        UsageError: there is no such run, it is still going, or it was started by hand.
    """
    row = find_run(connection, run)
    if row["state_type"] not in FINAL:
        raise Conflict(f"{row['name']} is {row['state_name']}: only a run that is over can be tried again.")
    if row["deployment_id"] is None:
        raise Conflict(f"{row['name']} was started by hand, so no worker can run it again. Type `nb2ops run` again.")
    return _set(connection, row, {"type": "SCHEDULED", "name": "AwaitingRetry"})


def wait(connection: Connection, run: str, on_step: Callable[[StepRun], None]) -> Run:
    """Wait until a run is over.

    Args:
        connection: Prefect's API.
        run: Prefect's id of the run.
        on_step: told when a step has begun, and when its state has changed.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    states: dict[str, str] = {}
    while True:
        row = request(connection, "GET", f"/flow_runs/{run}")
        for step in read_steps(connection, run):
            if step.start and states.get(step.id) != step.state:
                states[step.id] = step.state
                on_step(step)
        if row["state_type"] in FINAL:
            return describe_one(connection, row)
        time.sleep(INTERVAL)


def _post(connection: Connection, deployment: str, what: str) -> str:
    found = find_deployment(connection, deployment)
    request(connection, "POST", f"/deployments/{found['id']}/{what}", {})
    return _full_name(found)


def _full_name(found: Json) -> str:
    return f"{found['flow']}/{found['name']}"


def _set(connection: Connection, row: Json, state: Json) -> Run:
    answer = request(connection, "POST", f"/flow_runs/{row['id']}/set_state", {"state": state})
    if answer["status"] in {"REJECT", "ABORT"} and (answer["state"] or {}).get("type") not in {"CANCELLED"}:
        reason = (answer["details"] or {}).get("reason")
        raise Conflict(f"Prefect does not let {row['name']} become {state['name']}: {reason}")
    return describe_one(connection, request(connection, "GET", f"/flow_runs/{row['id']}"))
