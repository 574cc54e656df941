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
from contextlib import ExitStack, contextmanager
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


class _Runs:
    """The runs that a signal ends."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a handler may come while its own thread holds it
        self._cancels: list[tuple[Interruption, Cancel]] = []
        self._signal: int | None = None
        self.previous: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._signal:
            os._exit(128 + number)
        with self._lock:
            self._signal, known = number, list(self._cancels)
        for interruption, cancel in known:
            _interrupt(interruption, cancel, number)

    @contextmanager
    def joined(self, interruption: Interruption, cancel: Cancel) -> Iterator[None]:
        with self._lock:
            self._cancels.append((interruption, cancel))
            late = self._signal
        if late:
            _interrupt(interruption, cancel, late)
        try:
            yield
        finally:
            with self._lock:
                self._cancels.remove((interruption, cancel))


def _interrupt(interruption: Interruption, cancel: Cancel, number: int) -> None:
    interruption.signal = number
    cancel(128 + number)


_listening: list[_Runs] = []


@contextmanager
def threads_interruptible() -> Iterator[_Runs]:
    """In the main thread: let the first signal cancel the runs in all threads, also those that begin later."""
    runs = _Runs()
    _listening.append(runs)
    _install(dict.fromkeys(SIGNALS, runs.on_signal))
    try:
        yield runs
    finally:
        _install(runs.previous)
        _listening.remove(runs)


@contextmanager
def interruptible(cancel: Cancel) -> Iterator[Interruption]:
    """Call `cancel` with the exit code (130, 143) at the first signal.

    In other threads than the main one that needs `threads_interruptible` around; without it signals go elsewhere.
    """
    interruption = Interruption()
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            interruption.previous = stack.enter_context(threads_interruptible()).previous
        if _listening:
            stack.enter_context(_listening[-1].joined(interruption, cancel))
        yield interruption


def _install(handlers: dict[Any, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
