"""An event loop beside the server's own, for the lists that every open panel asks for again and again.

Prefect's answers are long, and whoever parses them holds up the loop that he runs on: kernels and editors wait on the
server's. Panels that ask the same at the same time share an answer.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from nb2ops.orchestration.api import Api
    from nb2ops.orchestration.connection import Connection

T = TypeVar("T")


class Reading:
    """A thread with an event loop, which begins when it is first needed, and in which Prefect is asked."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._apis: dict[Connection, Api] = {}
        self._going: dict[Hashable, asyncio.Task[Any]] = {}

    async def do(self, connection: Connection, read: Callable[..., Awaitable[T]], *arguments: Hashable) -> T:
        """Return what `read(api, *arguments)` makes.

        Raises:
            ServiceError: Prefect does not answer or refuses.
        """
        shared = self._share(connection, read, arguments)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(shared, self._running()))

    async def _share(
        self, connection: Connection, read: Callable[..., Awaitable[T]], arguments: tuple[Hashable, ...]
    ) -> T:
        key = (connection, read, arguments)
        if key not in self._going:
            task = asyncio.ensure_future(read(self._api(connection), *arguments))
            self._going[key] = task
            task.add_done_callback(partial(self._end, key))
        found: T = await asyncio.shield(self._going[key])
        return found

    def _end(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        del self._going[key]
        if not task.cancelled():
            task.exception()  # whoever still waits has it

    def _api(self, connection: Connection) -> Api:
        from nb2ops.orchestration.api import Api

        if connection not in self._apis:
            self._apis = {connection: Api(connection)}
        return self._apis[connection]

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="nb2ops-reading", daemon=True).start()
            weakref.finalize(self, partial(self._loop.call_soon_threadsafe, self._loop.stop))
        return self._loop
