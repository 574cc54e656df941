"""Prefect's REST API through httpx: a light door for what only reads or asks.

Importing Prefect's own client costs 1.3 CPU-seconds and 90 MB in every Jupyter server; the few documented endpoints
used here cost httpx. Every failure is a `ServiceError` that says what to do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import httpx

from nb2ops.errors import ServiceError
from nb2ops.model import Json
from nb2ops.orchestration.connection import Connection

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
VERSION = "/admin/version"
PAGE = 200  # Prefect's limit of a list
BUSY = {429, 502, 503, 504}  # SQLite is locked, or a gateway is in between; Prefect's own client tries these again
PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0)
"""Seconds between tries of what a screen waits for."""
LONG_PAUSES = (0.1, 0.3, *[1.0] * 30)
"""Seconds between tries of what must be done. SQLite refuses, at once, to write what read before another wrote: while
others write all the time most tries fail, however long the pauses between them, so there are many."""
AGAIN = 1.0
"""Seconds until a server that is away is asked again."""


class RequestRefused(ServiceError):
    """Prefect understood and said no; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """Prefect's API for an event loop; one pool of connections, never blocking.

    Example:
        async with Api(connection) as api:
            flows = await api.post("/flows/filter", {})
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._client = httpx.AsyncClient(**_options(connection))

    async def post(self, path: str, body: Json) -> Any:
        """Return the JSON that Prefect answers to `body`.

        Raises:
            ServiceError: Prefect does not answer or refuses.
        """
        return await self._ask("POST", path, body)

    async def check(self) -> str:
        """Return the version of the server, see `check`.

        Raises:
            ServiceError: it does not answer, refuses us, or its major version is not ours.
        """
        return _compatible(self.connection, await self._ask("GET", VERSION))

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Any:
        try:
            response = await self._patiently(method, path, body)
        except httpx.TransportError as error:
            raise _unreachable(self.connection, error) from error
        return _content(self.connection, response)

    async def _patiently(self, method: str, path: str, body: Json | None) -> httpx.Response:
        for pause in PAUSES:
            response = await self._client.request(method, path, json=body)
            if response.status_code not in BUSY:
                return response
            await asyncio.sleep(pause)
        return await self._client.request(method, path, json=body)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def request(connection: Connection, method: str, path: str, body: Json | list[Json] | None = None) -> Any:
    """Return the JSON that Prefect answers, None where there is none; blocks.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    try:
        with httpx.Client(**_options(connection)) as client:
            response = _patiently(lambda: client.request(method, path, json=body))
    except httpx.TransportError as error:
        raise _unreachable(connection, error) from error
    return _content(connection, response)


def check(connection: Connection) -> str:
    """Return the version of the server.

    Raises:
        ServiceError: it does not answer, refuses us, or its major version is not ours.
    """
    return _compatible(connection, request(connection, "GET", VERSION))


def _compatible(connection: Connection, told: Any) -> str:
    found, ours = str(told), version("prefect")
    if found.split(".")[0] != ours.split(".")[0]:
        raise ServiceError(
            f"The Prefect server at {connection} is version {found}, this environment has {ours}, "
            "and major versions must match. Upgrade the older of the two."
        )
    return found


def answers_within(connection: Connection, seconds: float) -> bool:
    """Wait until Prefect answers; return whether it did in that time. A server that starts again takes some of it."""
    end = time.monotonic() + seconds
    while True:
        try:
            check(connection)
        except ServiceError:
            if time.monotonic() > end:
                return False
            time.sleep(AGAIN)
        else:
            return True


def _patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    for pause in LONG_PAUSES:
        response = ask()
        if response.status_code not in BUSY:
            return response
        time.sleep(pause)
    return ask()


def _options(connection: Connection) -> dict[str, Any]:
    return {
        "base_url": connection.url,
        "headers": connection.headers,
        "timeout": TIMEOUT,
        "trust_env": not connection.loopback,
        "verify": connection.url.startswith("https:"),  # without TLS there is no need to load the certificates, 20 ms
    }


def _content(connection: Connection, response: httpx.Response) -> Any:
    if response.is_error:
        raise _refused(connection, response)
    return response.json() if response.content else None


def _unreachable(connection: Connection, error: Exception) -> ServiceError:
    return ServiceError(f"Prefect does not answer at {connection}: {error}. {connection.remedy}")


def _refused(connection: Connection, response: httpx.Response) -> ServiceError:
    if response.status_code in {401, 403}:
        return ServiceError(
            f"Prefect at {connection} refuses the credentials (HTTP {response.status_code}). "
            "Set PREFECT_API_AUTH_STRING (basic auth) or PREFECT_API_KEY (Prefect Cloud)."
        )
    return RequestRefused(
        response.status_code,
        f"Prefect at {connection} answered HTTP {response.status_code} to {response.request.url.path}: "
        f"{response.text[:500]}. `nb2ops doctor` looks into it.",
    )
