"""Waiting for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable

TICK = 0.05


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(TICK)
    return True
