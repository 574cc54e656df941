"""Prefect's server as SQLite likes it: its garbage collected beside its event loop, its writers one after another.

`python -m nb2ops.orchestration.serving` takes the arguments of `python -m prefect`.
ADR 0034 says what the server's own collector does to SQLite, ADR 0038 what its transactions do to each other.
"""

from __future__ import annotations

import gc
import runpy
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from nb2ops.lean import FORMATS, do_without

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

PAUSE = 1.0
"""Seconds between collections: so long may what a broken request left behind hold SQLite's write lock."""
SHARE = 0.05
"""Of its processor's time that a server may spend on garbage, while it loads."""
THOROUGH = 30.0
"""Seconds between collections that look through everything; those between look at what came since."""


def collect_beside() -> None:
    """Collect garbage in a thread from now on, and nowhere else.

    A SQLite cursor that is collected waits while its connection is busy. In the event loop's thread that is a
    deadlock, until SQLite gives up after a minute: the connection may wait for a writer that waits for the loop.

    Example:
        collect_beside()
        asyncio.run(serve())
    """
    gc.disable()
    threading.Thread(target=_collect, name="nb2ops-garbage", daemon=True).start()


def _collect() -> None:
    pause, thorough = PAUSE, time.monotonic() + THOROUGH
    while True:
        time.sleep(pause)
        is_due = time.monotonic() > thorough
        if is_due:
            gc.unfreeze()
        worked = time.thread_time()  # not the clock: a collection may wait for SQLite, and the next is then due soon
        gc.collect()
        pause = max(PAUSE, (time.thread_time() - worked) / SHARE)
        if is_due:
            gc.freeze()
            thorough = time.monotonic() + THOROUGH


def write_in_turn() -> None:
    """Have transactions that may write wait for SQLite's write lock when they begin.

    Prefect 3.9 lets them begin as readers. One that has read when another writes can write no more: SQLite refuses at
    once, however patient it is told to be, and the client tries again two seconds later.

    Example:
        write_in_turn()
        asyncio.run(serve())
    """
    from prefect.server.database import configurations

    mode = configurations.SQLITE_BEGIN_MODE

    @asynccontextmanager
    async def begin_transaction(
        _: Any,
        session: AsyncSession,
        *,
        with_for_update: bool = False,  # noqa: ARG001  all are
    ) -> AsyncIterator[AsyncSessionTransaction]:
        before = mode.set("IMMEDIATE")
        try:
            async with session.begin() as transaction:
                await session.connection()
                mode.set("DEFERRED")  # for what is read meanwhile on other connections
                yield transaction
        finally:
            mode.reset(before)

    vars(configurations)["AioSqliteConfiguration"].begin_transaction = begin_transaction


def main() -> None:
    """Run Prefect's command line, garbage collected beside it."""
    do_without(*FORMATS)
    collect_beside()
    write_in_turn()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
