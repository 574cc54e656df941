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
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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


@contextmanager
def interruptible(cancel: Callable[[int], None]) -> Iterator[Interruption]:
    """Call `cancel` with the exit code (130, 143) at the first signal; outside the main thread signals go elsewhere."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
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
