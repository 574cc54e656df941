"""Runs: listed, started, watched, ended, tried again, compared."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from tornado.web import HTTPError

from nb2ops.errors import UsageError
from nb2ops.lab.endpoints.fields import NotebookQuery, PathText, Seconds, Texts, Values, Word, run_json
from nb2ops.lab.faults import InvalidRequest
from nb2ops.lab.places import Places
from nb2ops.lab.requests import Answer, Nothing, Request
from nb2ops.model import Json
from nb2ops.orchestration import steering
from nb2ops.orchestration.api import Api
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import LogCursor, read_log_page
from nb2ops.orchestration.finding import find_run, is_id
from nb2ops.orchestration.history import Cursor, RunFilter, read_runs
from nb2ops.orchestration.inspecting import Records, executed_notebook, inspect, listed_run, run_folder
from nb2ops.orchestration.resuming import find_interrupted
from nb2ops.orchestration.starting import Order, Started, again
from nb2ops.orchestration.starting import start as start_run
from nb2ops.wire import decode, encode

NOTEBOOK_LIMIT = 100_000_000
"""Bytes of an executed notebook that is sent to a browser."""


def _known_cursor(text: str) -> str:
    try:
        Cursor.read(text)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return text


def _known_place(text: str) -> str:
    try:
        LogCursor.read(text)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return text


CursorText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_known_cursor)]
LogCursorText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_known_place)]


class RunsQuery(Nothing):
    """What `GET runs` takes; a field that is not named here is refused."""

    limit: int = Field(default=25, ge=1, le=200)
    cursor: CursorText | None = None
    path: PathText | None = None
    notebook: Word | None = None
    deployment: Word | None = None
    state: Word | None = None
    text: Word | None = None
    since: Word | None = None


class RunRequest(NotebookQuery):
    """What `POST runs` takes."""

    parameters: Values = Field(default_factory=dict)
    texts: Texts = ()
    steps: Texts = ()
    from_step: Word | None = None
    to_step: Word | None = None
    timeout: Seconds | None = None
    cell_timeout: Seconds | None = None
    kernel: Word | None = None
    jobs: Annotated[int, Field(ge=1, le=1000)] | None = None
    force: bool = False


class LogQuery(Nothing):
    """What `GET runs/{id}/logs` takes."""

    cursor: LogCursorText | None = None
    step: Word | None = None
    limit: int = Field(default=200, ge=1, le=200)
    tail: bool = False


class CompareQuery(Nothing):
    """What `GET compare` takes: two ids with a comma between."""

    runs: Word


async def page(request: Request) -> Answer:
    """Return a `RunPage`, newest run first.

    Raises:
        InvalidRequest: a field is unknown or does not fit.
        ServiceError: Prefect does not answer.
    """
    asked = request.asked(RunsQuery)
    places = request.access.places
    notebook = str(await places.inside(asked.path, "path")) if asked.path else asked.notebook
    wanted = RunFilter(notebook, asked.deployment, asked.state, asked.since, asked.text)
    return Answer(await request.access.read(_page, wanted, asked.limit, asked.cursor, places))


async def _page(api: Api, wanted: RunFilter, limit: int, cursor: str | None, places: Places) -> bytes:
    found = await read_runs(api, wanted, limit, cursor)
    return json.dumps({"runs": [run_json(each, places) for each in found.runs], "next": found.next}).encode()


async def start(request: Request) -> Answer:
    """Start a run that outlives this server; it can be followed by its id at once.

    Raises:
        NotFound, InvalidRequest: the path names no notebook.
        Answered: the notebook has errors, or a parameter or step does not fit.
        ServiceError: Prefect does not answer.
    """
    said = request.said(RunRequest)
    notebook = await request.access.places.notebook(said.path)
    await request.access.connection()
    order = await request.access.notebooks.do(
        "prepare", path=str(notebook), said=said.model_dump(mode="json", exclude={"path"})
    )
    return await _started(request, decode(Order, json.loads(order)))


async def show(request: Request) -> Answer:
    """Return a `RunView`: steps, live cells, parameters, metrics, gates, the failure.

    Raises:
        NotFound: there is no such run.
        ServiceError: Prefect does not answer.
    """
    request.asked(Nothing)
    records, places = await request.access.records(), request.access.places
    return Answer(await request.access.ask(_view, request.id, records, places))


def _view(connection: Connection, run: str, records: Records, places: Places) -> Json:
    found = inspect(connection, run, records)
    return {**encode(found), "run": run_json(found.run, places)}


async def log(request: Request) -> Answer:
    """Return a `LogPage`.

    Raises:
        NotFound: there is no such run.
        UsageError: it has no such step.
        ServiceError: Prefect does not answer.
    """
    asked = request.asked(LogQuery)
    return Answer(await request.access.ask(_log, request.id, asked))


def _log(connection: Connection, run: str, asked: LogQuery) -> Json:
    found = read_log_page(connection, run, step=asked.step, cursor=asked.cursor, limit=asked.limit, tail=asked.tail)
    told: Json = encode(found)
    return told


async def notebook(request: Request) -> Answer:
    """Return the executed notebook as the run left it.

    Raises:
        NotFound: there is no such run, or its notebook is not on this machine.
        HTTPError: it is too large.
        ServiceError: Prefect does not answer.
    """
    request.asked(Nothing)
    path = await request.access.ask(executed_notebook, request.id)
    size = (await request.access.aside(path.stat)).st_size
    if size > NOTEBOOK_LIMIT:
        raise HTTPError(413, f"The executed notebook has {size:,} bytes, too many for a browser. It is {path}.")
    return Answer(await request.access.aside(path.read_bytes))


async def report(request: Request) -> Answer:
    """Return the report of a run that is over, as a page of HTML in a JSON text.

    Raises:
        NotFound: there is no such run, or its record is not on this machine.
        ServiceError: Prefect does not answer.
    """
    request.asked(Nothing)
    path = await request.access.ask(executed_notebook, request.id)
    return Answer(await request.access.notebooks.do("report", folder=str(path.parent)))


async def cancel(request: Request) -> Answer:
    """Ask for the end of a run.

    Raises:
        NotFound: there is no such run.
        Conflict: it is over.
        ServiceError: Prefect does not answer.
    """
    request.said(Nothing)
    found = await request.access.ask(steering.cancel, request.id)
    request.access.changes.tell("run", found.id, found.state)
    return Answer(run_json(found, request.access.places))


async def retry(request: Request) -> Answer:
    """Try a run again: a deployment's on a worker, one by hand as a new run of the same version.

    Raises:
        NotFound: there is no such run.
        Conflict: it is still going, or what it ran is not on this machine.
        ServiceError: Prefect does not answer.
    """
    request.said(Nothing)
    row = await request.access.ask(find_run, request.id)
    if row["deployment_id"] is None:
        return await _started(request, await request.access.ask(again, request.id))
    found = await request.access.ask(steering.retry, request.id)
    request.access.changes.tell("run", found.id, found.state)
    return Answer(run_json(found, request.access.places))


async def resume(request: Request) -> Answer:
    """Go on with a run that did not complete, as a new run: its steps that completed do not run again.

    Raises:
        NotFound: there is no such run.
        Conflict: it is still going or has completed, or what it left is not on this machine.
        Answered: its notebook has errors now.
        ServiceError: Prefect does not answer.
    """
    request.said(Nothing)
    found = await request.access.ask(find_interrupted, request.id)
    order = await request.access.notebooks.do("resume", found=encode(found))
    return await _started(request, decode(Order, json.loads(order)))


async def compare(request: Request) -> Answer:
    """Return a `Comparison` of two runs.

    Raises:
        InvalidRequest: not two ids are given.
        NotFound: there is no such run.
        ServiceError: Prefect does not answer.
    """
    ids = request.asked(CompareQuery).runs.split(",")
    if len(ids) != 2 or not all(map(is_id, ids)):
        message = "runs: two ids with a comma between are needed."
        raise InvalidRequest(message, fields={"runs": message})
    access = request.access
    folders = await asyncio.gather(*(access.ask(run_folder, each) for each in ids))
    runs = await asyncio.gather(*(access.ask(listed_run, each) for each in ids))
    first, second = (str(each) if each else None for each in folders)
    found = await access.notebooks.do("compare", first=first, second=second)
    shown = json.dumps([run_json(each, access.places) for each in runs]).encode()
    versions = json.dumps([each.version for each in runs]).encode()
    return Answer(b'{"runs": ' + shown + b', "versions": ' + versions + b", " + found[1:])


async def _started(request: Request, order: Order) -> Answer:
    started: Started = await request.access.ask(start_run, order)
    await request.access.follow(started, order.options.folder)
    return Answer(run_json(started.run, request.access.places), 201)
