"""Prefect's server with its garbage collected beside its event loop.

`python -m nb2ops.orchestration.serving` takes the arguments of `python -m prefect`.
ADR 0034 says what the server's own collector does to SQLite.
"""

from __future__ import annotations

import gc
import runpy
import threading
import time

PAUSE = 1.0
"""Seconds between collections: so long may what a broken request left behind hold SQLite's write lock."""
SHARE = 0.05
"""Of its time that a server may spend on garbage, while it loads."""
SETTLED = 30.0
"""Seconds after which what the server consists of has been loaded and need not be looked through any more."""


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
    begin, pause, settled = time.monotonic(), PAUSE, False
    while True:
        time.sleep(pause)
        started = time.monotonic()
        gc.collect()
        pause = max(PAUSE, (time.monotonic() - started) / SHARE)
        if not settled and started - begin > SETTLED:
            gc.freeze()
            settled = True


def main() -> None:
    """Run Prefect's command line, garbage collected beside it."""
    collect_beside()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
