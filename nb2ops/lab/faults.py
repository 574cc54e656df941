"""What went wrong with a request, as the client sees it: one place maps error types to statuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from tornado.web import HTTPError

from nb2ops.errors import Conflict, InvalidNotebook, Nb2opsError, NotFound, ServiceError, UsageError
from nb2ops.model import Json

TOO_LARGE = 413
"""Python has renamed its constant for it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The body of every answer that is not a success.

    Attributes:
        code: a stable word for programs ("invalid", "forbidden", "prefect_unreachable", ...).
        message: one sentence for people, with what to do now.
        field: the first part of the request that is wrong, None where it is not one part.
        fields: every part that is wrong, with its own message.
        problems: what stops a notebook from being built.
    """

    code: str
    message: str
    field: str | None = None
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    problems: tuple[Json, ...] = ()


class InvalidRequest(UsageError):
    """Parts of the request are not what the endpoint takes."""


class Answered(Exception):
    """Another process found the fault already."""

    def __init__(self, status: int, fault: Fault) -> None:
        super().__init__(fault.message)
        self.status, self.fault = status, fault


_MEANINGS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (InvalidRequest, HTTPStatus.BAD_REQUEST, "invalid"),
    (NotFound, HTTPStatus.NOT_FOUND, "not_found"),
    (Conflict, HTTPStatus.CONFLICT, "conflict"),
    (UsageError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid"),
    (ServiceError, HTTPStatus.BAD_GATEWAY, "prefect_unreachable"),
    (Nb2opsError, HTTPStatus.INTERNAL_SERVER_ERROR, "failed"),
)


def explain(error: BaseException | None, status: int) -> tuple[int, Fault]:
    """Return the status and body for an error; `status` is what tornado would answer.

    Nothing of an unexpected error is told to the client: its text stays in the server's log.

    Example:
        >>> explain(ServiceError("Prefect does not answer."), 500)[1].code
        'prefect_unreachable'
    """
    if isinstance(error, Answered):
        return error.status, error.fault
    if isinstance(error, TimeoutError):
        return HTTPStatus.GATEWAY_TIMEOUT, Fault("prefect_timeout", "Prefect took too long to answer.")
    if isinstance(error, InvalidNotebook):
        from nb2ops.orchestration.authoring import placed

        message = "The notebook has problems that stop a build."
        problems = tuple(placed(each, None) for each in error.problems)
        return HTTPStatus.UNPROCESSABLE_ENTITY, Fault("problems", message, "path", {"path": message}, problems)
    for kind, meaning, code in _MEANINGS:
        if isinstance(error, kind):
            fields = error.fields if isinstance(error, UsageError) else {}
            return meaning, Fault(code, str(error), next(iter(fields), None), fields)
    reason = error.log_message if isinstance(error, HTTPError) and status < 500 else None
    phrase = HTTPStatus(status)
    code = "too_large" if status == TOO_LARGE else phrase.name.lower()
    return status, Fault(code, reason or f"{phrase.phrase}.")


def is_expected(error: BaseException | None) -> bool:
    """Whether an error is an answer (a wrong request, Prefect away) and not a fault in this program."""
    return isinstance(error, Nb2opsError | TimeoutError | Answered)
