"""Calls from a notebook, where an event loop runs already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def outside_loop(call: Callable[[], T]) -> T:
    """Return what a call returns; where an event loop runs in this thread, it is made in another one.

    Example:
        >>> outside_loop(lambda: 6 * 7)
        42
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return call()
    with ThreadPoolExecutor(1, thread_name_prefix="nb2ops") as aside:
        return aside.submit(call).result()
