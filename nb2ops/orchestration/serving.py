"""Prefect's server with its garbage collected beside its event loop.

`python -m nb2ops.orchestration.serving` takes the arguments of `python -m prefect`.
ADR 0034 says what the server's own collector does to SQLite.
"""

from __future__ import annotations

import gc
import runpy
import threading
import time

from nb2ops.lean import FORMATS, do_without

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


def main() -> None:
    """Run Prefect's command line, garbage collected beside it."""
    do_without(*FORMATS)
    collect_beside()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
