"""Deployments: listed, made, changed, run, deleted; schedules tried out before they are saved."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from nb2ops.lab.endpoints.fields import NotebookQuery, PathText, Seconds, Texts, Values, Word, run_json
from nb2ops.lab.places import Places
from nb2ops.lab.requests import Answer, Nothing, Request
from nb2ops.model import Json
from nb2ops.orchestration import steering
from nb2ops.orchestration.api import Api
from nb2ops.orchestration.deployments import read_deployments
from nb2ops.orchestration.timing import make_schedules
from nb2ops.wire import encode


class HistoryQuery(Nothing):
    """What `GET deployments` takes."""

    history: int = Field(default=0, ge=0, le=20)


class ScheduleRequest(Nothing):
    """One schedule, as `nb2ops.orchestration.timing.make_schedule` takes it."""

    cron: Word | None = None
    interval: Seconds | None = None
    rrule: Annotated[str, Field(max_length=2000)] | None = None
    timezone: Word = "UTC"
    active: bool = True
    parameters: Values = Field(default_factory=dict)


Schedules = Annotated[tuple[ScheduleRequest, ...], Field(max_length=100)]


Targets = Annotated[tuple[PathText, ...], Field(max_length=20)]


class DeployRequest(NotebookQuery):
    """What `POST deployments` takes."""

    name: Word | None = None
    schedules: Schedules | None = None
    parameters: Values = Field(default_factory=dict)
    texts: Texts = ()
    pool: Word | None = None
    paused: bool | None = None
    catch_up: Literal["skip", "latest", "all"] | None = None
    overlap: Literal["skip", "queue", "parallel"] | None = None
    retries: Annotated[int, Field(ge=0, le=1000)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=10_000)] | None = None
    timeout: Seconds | None = None
    kernel: Word | None = None
    take_over: bool = False
    on_failure: Targets | None = None
    on_success: Targets | None = None
    on_rejected: Targets | None = None


class DeploymentPatch(Nothing):
    """What `PATCH deployments/{id}` takes."""

    paused: bool | None = None
    schedules: Schedules | None = None
    parameters: Values | None = None


class ParametersRequest(Nothing):
    """What `POST deployments/{id}/run` takes."""

    parameters: Values = Field(default_factory=dict)


async def listing(request: Request) -> Answer:
    """Return `{"deployments": [Deployment, ...]}`, by name.

    Raises:
        InvalidRequest: a field is unknown or does not fit.
        ServiceError: Prefect does not answer.
    """
    asked = request.asked(HistoryQuery)
    return Answer(await request.access.read(_listing, asked.history, request.access.places))


async def _listing(api: Api, history: int, places: Places) -> bytes:
    found = await read_deployments(api, history)
    return json.dumps({"deployments": [_placed(encode(each), places) for each in found]}).encode()


async def deploy(request: Request) -> Answer:
    """Make a notebook a deployment.

    Raises:
        NotFound, InvalidRequest: the path names no notebook.
        Answered: the notebook has errors, a value does not fit, or the name is somebody else's.
        ServiceError: Prefect does not answer.
    """
    said = request.said(DeployRequest)
    notebook = await request.access.places.notebook(said.path)
    await request.access.connection()
    order = said.model_dump(mode="json", exclude={"path"})
    found = await request.access.prefect.do("deploy", path=str(notebook), said=order)
    request.access.changes.tell("deployment")
    return Answer(found, 201 if b'"change": "created"' in found else 200)


async def show(request: Request) -> Answer:
    """Return a `DeploymentView`.

    Raises:
        Answered: there is no such deployment, or Prefect does not answer.
    """
    request.asked(Nothing)
    return await _view(request)


async def change(request: Request) -> Answer:
    """Pause or resume a deployment, give it other schedules or parameters; return its `DeploymentView`.

    Raises:
        NotFound: there is no such deployment.
        UsageError: a schedule or parameter does not fit.
        ServiceError: Prefect does not answer.
    """
    said = request.said(DeploymentPatch)
    schedules = None if said.schedules is None else make_schedules(each.model_dump() for each in said.schedules)
    await request.access.ask(
        steering.change, request.id, paused=said.paused, schedules=schedules, parameters=said.parameters
    )
    request.access.changes.tell("deployment", request.id)
    return await _view(request)


async def delete(request: Request) -> Answer:
    """Remove a deployment; its runs stay.

    Raises:
        NotFound: there is no such deployment.
        ServiceError: Prefect does not answer.
    """
    await request.access.ask(steering.delete, request.id)
    request.access.changes.tell("deployment", request.id)
    return Answer(status=204)


async def run(request: Request) -> Answer:
    """Start a run of a deployment now.

    Raises:
        NotFound: there is no such deployment.
        UsageError: a parameter is unknown or does not fit.
        ServiceError: Prefect does not answer.
    """
    said = request.said(ParametersRequest)
    found = await request.access.ask(steering.start, request.id, dict(said.parameters))
    request.access.changes.tell("run", found.id, found.state)
    return Answer(run_json(found, request.access.places), 201)


async def preview(request: Request) -> Answer:
    """Say when a schedule would fire and what the changes of clocks would do to it.

    Raises:
        Answered: the schedule is wrong or never fires.
    """
    return Answer(await request.access.prefect.do("preview", said=request.said(ScheduleRequest).model_dump()))


async def _view(request: Request) -> Answer:
    found: Json = json.loads(await request.access.prefect.do("deployment", id=request.id))
    return Answer({**found, "deployment": _placed(found["deployment"], request.access.places)})


def _placed(known: Json, places: Places) -> Json:
    """Return a deployment with the contents manager's paths of its notebook."""
    last = known["last_run"] and {**known["last_run"], "path": places.path_of(known["last_run"]["notebook"])}
    return {**known, "path": places.path_of(known["notebook"]), "last_run": last}
