"""The way from the Jupyter server to Prefect: found when first needed, found again when it moves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2ops.orchestration.api import Api


class Access:
    """One pool of connections for all requests of a Jupyter server.

    The imports, the files that say where Prefect is, and the certificates that httpx reads are no business of the
    event loop: a thread does them.
    """

    def __init__(self) -> None:
        self._api: Api | None = None
        self._lock = asyncio.Lock()

    async def api(self) -> Api:
        """Return Prefect's API.

        Raises:
            ServiceError: none is chosen and the local server does not run.
        """
        async with self._lock:
            self._api = await asyncio.to_thread(_current, self._api)
        return self._api


def _current(known: Api | None) -> Api:
    from nb2ops.orchestration.api import Api
    from nb2ops.orchestration.services import connect

    connection = connect()
    return known if known and known.connection == connection else Api(connection)
