"""What a request says, checked: unknown fields are refused, every field by its type and size."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nb2ops.lab.access import Access
from nb2ops.lab.faults import InvalidRequest
from nb2ops.model import Json


class Nothing(BaseModel):
    """A request that says nothing; what others say is added by subclasses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Said = TypeVar("Said", bound=Nothing)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was let in.

    Attributes:
        access: the ways to Prefect, to notebooks and to other processes.
        query: the fields of the query; the last value of one that is given twice.
        body: the body's text.
        id: the run or deployment that the path names, empty where it names none.
        may: asks whether the client may also do another action ("write").
    """

    access: Access
    query: Mapping[str, str]
    body: bytes
    id: str
    may: Callable[[str], Awaitable[bool]]

    def asked(self, kind: type[Said]) -> Said:
        """Return the query.

        Raises:
            InvalidRequest: a field is unknown or does not fit.
        """
        return _checked(kind, dict(self.query))

    def said(self, kind: type[Said]) -> Said:
        """Return the body.

        Raises:
            InvalidRequest: it is not a JSON object, or a field is unknown or does not fit.
        """
        try:
            data = json.loads(self.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise InvalidRequest(f"The body is not JSON: {error}.") from error
        if not isinstance(data, dict):
            raise InvalidRequest("The body is not a JSON object.")
        return _checked(kind, data)


@dataclass(frozen=True, slots=True)
class Answer:
    """A success.

    Attributes:
        body: JSON data, or bytes that are JSON already; None for no body.
        status: HTTP's.
    """

    body: Any = None
    status: int = 200


Endpoint = Callable[[Request], Awaitable[Answer]]


def _checked(kind: type[Said], data: Json) -> Said:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        fields = {
            ".".join(map(str, each["loc"])): f"{'.'.join(map(str, each['loc']))}: {each['msg']}."
            for each in error.errors(include_url=False, include_context=False)
        }
        raise InvalidRequest(next(iter(fields.values())), fields=fields) from error
