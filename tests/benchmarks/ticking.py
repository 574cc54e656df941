"""An extension of a Jupyter server that measures how long its event loop is held up: a coroutine that should wake
every few milliseconds, and `GET ticking`, which tells the longest delay since it was asked last.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

EVERY = 0.002


@dataclass
class Stall:
    """The longest delay of a wake-up in ms: by the clock, and in processor time of the loop's own thread.

    On a machine that others use too, the clock also counts their turns.
    """

    wall: float = 0.0
    cpu: float = 0.0


longest = Stall()


class Ticking(APIHandler):
    @authenticated
    async def get(self) -> None:
        self.finish(asdict(longest))
        longest.wall = longest.cpu = 0.0


async def tick() -> None:
    """Wake up again and again, and note by how much it was too late."""
    while True:
        wall, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(EVERY)
        longest.wall = max(longest.wall, (time.perf_counter() - wall - EVERY) * 1000)
        longest.cpu = max(longest.cpu, (time.thread_time() - cpu) * 1000)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.benchmarks.ticking"}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.web_app.add_handlers(".*$", [(url_path_join(server.base_url, "ticking"), Ticking)])
    server.io_loop.add_callback(tick)
