"""What the endpoints reach: Prefect, notebooks, other processes. Found when first needed, off the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from nb2ops.lab.reading import Reading
from nb2ops.lab.workshop import Workshop

if TYPE_CHECKING:
    from nb2ops.lab.changes import Changes
    from nb2ops.lab.places import Places
    from nb2ops.orchestration.connection import Connection
    from nb2ops.orchestration.inspecting import Records
    from nb2ops.orchestration.starting import Started

THREADS = 8
PROGRESS_SECONDS = 0.5

P = ParamSpec("P")
T = TypeVar("T")


class Access:
    """The ways of one Jupyter server.

    The imports, the files that say where Prefect is, and the certificates that httpx reads are no business of the
    event loop: threads of our own do them, so that waiting for Prefect keeps nobody else's threads.

    Attributes:
        places: paths of the contents manager.
        changes: what everybody is told.
        notebooks: the process that compiles.
        prefect: the process that imports Prefect.
        starting: what the start of the services is doing, None while it does nothing.
        failed: why the last start of the services failed.
    """

    def __init__(self, places: Places, changes: Changes) -> None:
        self.places = places
        self.changes = changes
        self.notebooks = Workshop()
        self.prefect = Workshop()
        self.starting: str | None = None
        self.failed: str | None = None
        self._reading = Reading()
        self._records: Records | None = None
        self._threads = ThreadPoolExecutor(THREADS, "nb2ops")
        self._tasks: set[asyncio.Task[None]] = set()

    async def connection(self) -> Connection:
        """Return the way to Prefect.

        Raises:
            ServiceError: none is chosen and the local server does not run.
        """
        return await self.aside(_connect)

    async def read(self, read: Callable[..., Awaitable[T]], *arguments: Hashable) -> T:
        """Return what `read(api, *arguments)` makes of Prefect's lists, beside the server's event loop.

        Who asks the same meanwhile gets the same.

        Raises:
            ServiceError: Prefect does not answer or refuses.
        """
        return await self._reading.do(await self.connection(), read, *arguments)

    async def aside(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what a function returns that waits or reads files, called in a thread."""
        call = partial(function, *arguments, **named)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def ask(self, function: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what a function returns that talks to Prefect, called in a thread with the connection.

        Raises:
            ServiceError: Prefect does not answer or refuses.
        """
        return await self.aside(function, await self.connection(), *arguments, **named)

    async def records(self) -> Records:
        """Return the records of runs."""
        if self._records is None:
            self._records = await self.aside(_records)
        return self._records

    async def follow(self, started: Started, folder: Path | None) -> None:
        """Tell how a run goes on that was started here, until its process or this server ends."""
        connection, loop = await self.connection(), asyncio.get_running_loop()

        def tell(*what: str) -> None:
            loop.call_soon_threadsafe(partial(self.changes.tell, *what))

        self.changes.tell("run", started.run.id, started.run.state)
        threading.Thread(target=_follow, args=(connection, started, folder, tell), daemon=True).start()

    async def start_services(self) -> None:
        """Start what is missing of Prefect's server and worker; `starting` says how far it is."""
        if self.starting is None:
            self.starting, self.failed = "Starting ...", None
            self.changes.tell("services")
            task = asyncio.create_task(self._start_services())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _start_services(self) -> None:
        from nb2ops.errors import Nb2opsError

        loop = asyncio.get_running_loop()
        try:
            await self.aside(_up, partial(_hand_over, loop, self._say))
        except Nb2opsError as error:
            self.failed = str(error)
        finally:
            self.starting = None
            self.changes.tell("services")

    def _say(self, text: str) -> None:
        self.starting = text
        self.changes.tell("services")


def _connect() -> Connection:
    from nb2ops.orchestration.services import connect

    return connect()


def _records() -> Records:
    from nb2ops.orchestration.inspecting import Records

    return Records()


def _up(on_progress: Callable[[str], None]) -> None:
    from nb2ops.orchestration.services import up

    up(on_progress)


def _hand_over(loop: asyncio.AbstractEventLoop, say: Callable[[str], None], text: str) -> None:
    loop.call_soon_threadsafe(say, text)


def _follow(connection: Connection, started: Started, folder: Path | None, tell: Callable[..., None]) -> None:
    """Tell of a run's progress and end; the run goes on when the server that is told has ended, and this does not."""
    from nb2ops.errors import Nb2opsError
    from nb2ops.orchestration.starting import report_end

    run, size = started.run.id, 0
    with suppress(
        Nb2opsError, RuntimeError
    ):  # Prefect does not answer or has forgotten the run, or the event loop is closed
        while started.process.poll() is None:
            time.sleep(PROGRESS_SECONDS)
            now = _size(folder)
            if now != size:
                size = now
                tell("progress", run)
        report_end(connection, started)
        tell("run", run)


def _size(folder: Path | None) -> int:
    """Return how much a run has told so far."""
    try:
        return (folder / "events.jsonl").stat().st_size if folder else 0
    except OSError:
        return 0
