"""Threads that a notebook's cells have started: what they print belongs to a cell, and they are waited for."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from time import monotonic, sleep
from typing import Any

GRACE = 10.0
"""Seconds that threads may go on after a step's last cell."""
_POLL = 0.02
_POOL = os.path.join("concurrent", "futures", "thread.py")

_ours = frozenset(threading.enumerate())


def busy() -> list[threading.Thread]:
    """Return the threads that the interpreter would wait for and that do something."""
    return [each for each in threading.enumerate() if each not in _ours and not each.daemon and not _is_idle(each)]


def _is_idle(thread: threading.Thread) -> bool:
    """Whether it waits for work of a ThreadPoolExecutor that nobody has shut down."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code.co_filename.endswith(_POOL)


def wait(seconds: float = GRACE) -> None:
    """Wait until no thread is busy.

    Raises:
        TimeoutError: some still are; it names them.
    """
    end = monotonic() + seconds
    while found := busy():
        if monotonic() > end:
            names = ", ".join(f'"{each.name}"' for each in found)
            raise TimeoutError(f"thread {names} still ran {seconds:g} s after the last cell")
        sleep(_POLL)


class Attribution:
    """Keeps what threads print with the notebook's last cell while calls of ours go between the cells.

    ipykernel 7 publishes what a thread prints as output of the latest request, which may be one of ours.

    Args:
        streams: publishers of ipykernel: streams, display publisher.
    """

    def __init__(self, streams: Iterable[Any]) -> None:
        self._streams = [each for each in streams if hasattr(each, "_parent_header_global")]
        self._parents: list[Any] = []

    def note(self) -> None:
        """A cell runs: what is printed from now on is its own."""
        self._parents = [each._parent_header_global for each in self._streams]

    def restore(self) -> None:
        """A call of ours runs: what threads print is the last cell's; what this thread prints stays unseen."""
        for stream, parent in zip(self._streams, self._parents, strict=False):
            stream._parent_header_global = parent
