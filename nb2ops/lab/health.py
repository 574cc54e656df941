"""Whether Prefect answers, and where: what the sidebar asks before anything else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from nb2ops.errors import ServiceError
from nb2ops.lab.access import Access
from nb2ops.orchestration.api import check


@dataclass(frozen=True, slots=True)
class Health:
    """How the way to Prefect stands.

    Attributes:
        reachable: whether it answered just now, in a version that nb2ops knows.
        api: address of the API, None where no server is known.
        ui: address of Prefect's own pages, None where no server is known.
        version: of Prefect's server, None where it did not answer.
        message: why it cannot be reached, None where it can.
    """

    reachable: bool
    api: str | None = None
    ui: str | None = None
    version: str | None = None
    message: str | None = None


async def read_health(access: Access) -> Health:
    """Ask Prefect for its version; that it does not answer, or is not ours, is a finding and not an error."""
    try:
        connection = (await access.api()).connection
    except ServiceError as error:
        return Health(reachable=False, message=str(error))
    try:
        version = await asyncio.to_thread(check, connection)
    except ServiceError as error:
        return Health(False, connection.url, connection.page(""), message=str(error))
    return Health(True, connection.url, connection.page(""), version)
