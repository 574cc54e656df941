from __future__ import annotations

import pytest
from tornado.web import HTTPError

from nb2ops.errors import Conflict, KernelDied, NotFound, ServiceError, UsageError
from nb2ops.lab.faults import Fault, InvalidRequest, explain, is_expected


@pytest.mark.parametrize(
    ("error", "status", "fault"),
    [
        (
            InvalidRequest("limit: too large.", fields={"limit": "limit: too large."}),
            400,
            Fault("invalid", "limit: too large.", "limit", {"limit": "limit: too large."}),
        ),
        (NotFound("No such run."), 404, Fault("not_found", "No such run.")),
        (Conflict("It is over."), 409, Fault("conflict", "It is over.")),
        (UsageError("No such file."), 422, Fault("invalid", "No such file.")),
        (ServiceError("Prefect is away."), 502, Fault("prefect_unreachable", "Prefect is away.")),
        (KernelDied("Signal 9."), 500, Fault("failed", "Signal 9.")),
        (TimeoutError(), 504, Fault("prefect_timeout", "Prefect took too long to answer.")),
        (HTTPError(403, "Forbidden"), 403, Fault("forbidden", "Forbidden")),
        (HTTPError(413, "Too long."), 413, Fault("too_large", "Too long.")),
        (HTTPError(404), 404, Fault("not_found", "Not Found.")),
        (HTTPError(500, "a secret"), 500, Fault("internal_server_error", "Internal Server Error.")),
        (RuntimeError("a secret"), 500, Fault("internal_server_error", "Internal Server Error.")),
        (None, 405, Fault("method_not_allowed", "Method Not Allowed.")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_what_the_client_is_told(error: BaseException | None, status: int, fault: Fault) -> None:
    by_tornado = error.status_code if isinstance(error, HTTPError) else status
    assert explain(error, by_tornado) == (status, fault)


def test_only_faults_of_this_program_leave_a_traceback_in_the_log() -> None:
    assert is_expected(ServiceError("away"))
    assert is_expected(TimeoutError())
    assert not is_expected(RuntimeError())
    assert not is_expected(None)
