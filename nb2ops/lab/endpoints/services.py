"""Whether Prefect answers, and where; starting what is missing."""

from __future__ import annotations

from nb2ops.errors import Conflict
from nb2ops.lab.health import read_health
from nb2ops.lab.requests import Answer, Nothing, Request
from nb2ops.orchestration.connection import configured
from nb2ops.wire import encode


async def health(request: Request) -> Answer:
    """Return `Health`; Prefect being away is an answer here, not an error."""
    request.asked(Nothing)
    return Answer(encode(await read_health(request.access)))


async def start(request: Request) -> Answer:
    """Start Prefect's server, unless somebody chose one, and the worker of this machine; return `Health` at once.

    Raises:
        Conflict: somebody chose a server that does not answer; it is not ours to start.
    """
    request.said(Nothing)
    found = await read_health(request.access)
    if not found.reachable and await request.access.aside(configured) is not None:
        raise Conflict(found.message or "The chosen Prefect server does not answer.")
    await request.access.start_services()
    return Answer(encode(await read_health(request.access)), 202)
