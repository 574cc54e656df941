"""Signals while a flow runs.

Prefect's own handlers raise in the main thread and then wait for the threads of the steps, 25 s and more. So the
first SIGINT or SIGTERM goes to the supervisor, which ends all kernels at once; the steps return, the executed
notebook is kept, and the flow ends as it always does. A second signal means "now": this process leaves without a
word, for example because Prefect does not answer, and the supervisor clears up.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Cancel = Callable[[int], None]


@dataclass
class Interruption:
    """The signal that came, if one did.

    Attributes:
        signal: its number.
        previous: the handlers that were in place before.
    """

    signal: int | None = None
    previous: dict[int, Any] = field(default_factory=dict)

    def pass_on(self) -> None:
        """Let the previous handler have the signal; nothing where none came."""
        handler = self.previous.get(self.signal) if self.signal else None
        if callable(handler):
            handler(self.signal, None)


class _Threads:
    """The runs in threads that a signal ends, while the main thread waits for them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a handler may come while its own thread holds it
        self._runs: dict[int, tuple[Interruption, Cancel]] = {}
        self.signal: int | None = None

    def interrupt(self, number: int) -> None:
        with self._lock:
            self.signal, runs = number, list(self._runs.values())
        for interruption, cancel in runs:
            interruption.signal = number
            cancel(128 + number)

    @contextmanager
    def joined(self, interruption: Interruption, cancel: Cancel) -> Iterator[None]:
        with self._lock:
            self._runs[id(interruption)] = interruption, cancel
            late = self.signal
        if late:
            self.interrupt(late)
        try:
            yield
        finally:
            with self._lock:
                del self._runs[id(interruption)]


_threads: list[_Threads] = []


@contextmanager
def threads_interruptible() -> Iterator[None]:
    """In the main thread: let the first signal cancel the runs in all other threads, also those that begin later."""
    threads = _Threads()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if threads.signal:
            os._exit(128 + number)
        threads.interrupt(number)

    previous = {number: signal.getsignal(number) for number in SIGNALS}
    _threads.append(threads)
    _install(dict.fromkeys(SIGNALS, on_signal))
    try:
        yield
    finally:
        _install(previous)
        _threads.remove(threads)


@contextmanager
def interruptible(cancel: Cancel) -> Iterator[Interruption]:
    """Call `cancel` with the exit code (130, 143) at the first signal.

    In other threads than the main one that needs `threads_interruptible` around; without it signals go elsewhere.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        with _threads[-1].joined(interruption, cancel) if _threads else nullcontext():
            yield interruption
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if interruption.signal:
            os._exit(128 + number)
        interruption.signal = number
        cancel(128 + number)

    interruption.previous = {number: signal.getsignal(number) for number in SIGNALS}
    _install(dict.fromkeys(SIGNALS, on_signal))
    try:
        yield interruption
    finally:
        _install(interruption.previous)


def _install(handlers: dict[Any, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
