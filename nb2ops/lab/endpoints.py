"""What each endpoint answers: the query checked, Prefect asked, the model's values as JSON.

Loaded with the first request (see `nb2ops.lab`). Nothing here imports Prefect or waits on the event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from nb2ops.errors import UsageError
from nb2ops.lab.access import Access
from nb2ops.lab.faults import InvalidRequest
from nb2ops.lab.health import read_health
from nb2ops.model import Json
from nb2ops.orchestration.deployments import read_deployments
from nb2ops.orchestration.history import Cursor, RunFilter, read_runs
from nb2ops.wire import encode

Endpoint = Callable[[Access, Mapping[str, str]], Awaitable[Json]]


def _known_cursor(text: str) -> str:
    try:
        Cursor.read(text)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return text


Word = Annotated[str, StringConstraints(min_length=1, max_length=300)]
CursorText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_known_cursor)]


class NoQuery(BaseModel):
    """An endpoint that takes nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RunsQuery(NoQuery):
    """What `GET runs` takes; a field that is not named here is refused."""

    limit: int = Field(default=25, ge=1, le=200)
    cursor: CursorText | None = None
    notebook: Word | None = None
    deployment: Word | None = None
    state: Word | None = None

    @property
    def filters(self) -> RunFilter:
        """The part of the query that says which runs."""
        return RunFilter(self.notebook, self.deployment, self.state)


async def runs(access: Access, query: Mapping[str, str]) -> Json:
    """Return a `RunPage`, newest run first.

    Raises:
        InvalidRequest: a field is unknown or does not fit.
        ServiceError: Prefect does not answer.
    """
    asked = _checked(RunsQuery, query)
    return _object(await read_runs(await access.api(), asked.filters, asked.limit, asked.cursor))


async def deployments(access: Access, query: Mapping[str, str]) -> Json:
    """Return `{"deployments": [Deployment, ...]}`, by name.

    Raises:
        InvalidRequest: a field was given.
        ServiceError: Prefect does not answer.
    """
    _checked(NoQuery, query)
    return {"deployments": [encode(each) for each in await read_deployments(await access.api())]}


async def health(access: Access, query: Mapping[str, str]) -> Json:
    """Return `Health`; Prefect being away is an answer here, not an error.

    Raises:
        InvalidRequest: a field was given.
    """
    _checked(NoQuery, query)
    return _object(await read_health(access))


Query = TypeVar("Query", bound=NoQuery)


def _checked(kind: type[Query], query: Mapping[str, str]) -> Query:
    try:
        return kind.model_validate(dict(query))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        raise InvalidRequest(f"{field}: {first['msg']}.", field) from error


def _object(value: object) -> Json:
    encoded: Json = encode(value)
    return encoded
