"""What went wrong with a request, as the client sees it: one place maps error types to statuses."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from tornado.web import HTTPError

from nb2ops.errors import Nb2opsError, ServiceError, UsageError


@dataclass(frozen=True, slots=True)
class Fault:
    """The body of every answer that is not a success.

    Attributes:
        code: a stable word for programs ("invalid", "forbidden", "prefect_unreachable", ...).
        message: one sentence for people, with what to do now.
        field: the part of the request that is wrong, None where it is not one part.
    """

    code: str
    message: str
    field: str | None = None


class InvalidRequest(UsageError):
    """A part of the request is not what the endpoint takes; `field` names it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


_MEANINGS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (UsageError, HTTPStatus.BAD_REQUEST, "invalid"),
    (ServiceError, HTTPStatus.BAD_GATEWAY, "prefect_unreachable"),
    (Nb2opsError, HTTPStatus.INTERNAL_SERVER_ERROR, "failed"),
)


def explain(error: BaseException | None, status: int) -> tuple[int, Fault]:
    """Return the status and body for an error; `status` is what tornado would answer.

    Nothing of an unexpected error is told to the client: its text stays in the server's log.

    Example:
        >>> explain(ServiceError("Prefect does not answer."), 500)
        (502, Fault(code='prefect_unreachable', message='Prefect does not answer.', field=None))
    """
    if isinstance(error, TimeoutError):
        return HTTPStatus.GATEWAY_TIMEOUT, Fault("prefect_timeout", "Prefect took too long to answer.")
    for kind, meaning, code in _MEANINGS:
        if isinstance(error, kind):
            return meaning, Fault(code, str(error), getattr(error, "field", None))
    reason = error.log_message if isinstance(error, HTTPError) and status < 500 else None
    phrase = HTTPStatus(status)
    return status, Fault(phrase.name.lower(), reason or f"{phrase.phrase}.")


def is_expected(error: BaseException | None) -> bool:
    """Whether an error is an answer (a wrong request, Prefect away) and not a fault in this program."""
    return isinstance(error, Nb2opsError | TimeoutError)
