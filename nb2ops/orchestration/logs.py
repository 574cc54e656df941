"""A step's output and progress in the log of its Prefect task run, while it runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial

from prefect.logging import get_run_logger
from prefect.logging.handlers import PrefectConsoleHandler

from nb2ops.model import Json, StepState

LINES = 2000  # of output per try of a step; the executed notebook holds everything
WIDTH = 5000  # characters of a line
PATIENCE = 1.0  # seconds that the rest of a line may take before it is logged as far as it is there


def outlive_readers() -> None:
    """Go on where nobody reads what Prefect's log prints: a worker that is killed leaves a pipe without a reader.

    Prefect's console would end the thread that logs, without a word: ours, which hears the supervisor.
    """
    for handler in logging.getLogger().handlers:
        if isinstance(handler, PrefectConsoleHandler):
            silence = partial(setattr, handler.console, "quiet", True)
            handler.console.on_broken_pipe = silence  # type: ignore[method-assign]  # meant to be overridden


@dataclass
class StepLog:
    """The log of one task run.

    Lines are logged when they are complete, or after `PATIENCE`. Of a line that is drawn again and again after a
    carriage return, as progress bars do, only what stands there in the end is logged, or once per `PATIENCE`.

    Attributes:
        context: Prefect's context of the task, which another thread needs for writing.
        room: lines of output that may still be written.
    """

    context: Context = field(default_factory=copy_context)
    room: int = LINES
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _cell: object = None
    _begun: str = ""
    _since: float = 0.0
    _timer: threading.Timer | None = None

    def write(self, event: Json) -> None:
        """Log what an event says."""
        with self._lock:
            if event["event"] == "output":
                self._print(event["cell"], event["text"])
            for line in lines(event):
                self.flush()
                self.context.run(_log, line)

    def flush(self) -> None:
        """Log the line that is not complete."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            self._say(self._begun)
            self._begun = ""

    def _print(self, cell: object, text: str) -> None:
        self._cell = cell
        *complete, rest = (self._begun + text).replace("\r\n", "\n").split("\n")
        for line in complete:
            self._say(line)
        self._since = time.monotonic() if complete or not self._begun else self._since
        self._begun = _drawn(rest)
        if self._begun and time.monotonic() - self._since > PATIENCE:
            self.flush()
        elif self._begun and self._timer is None:
            self._timer = threading.Timer(PATIENCE, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def _say(self, line: str) -> None:
        """Log a line of output; say once that there is no room for more."""
        shown = _drawn(line).rstrip()
        if not shown:
            return
        if self.room > 0:
            self.context.run(_log, f"cell {self._cell}: {shown[:WIDTH]}")
        elif self.room == 0:
            self.context.run(_log, "More output is in the executed notebook.")
        self.room -= 1


class StepLogs:
    """The logs of the steps that are running."""

    def __init__(self) -> None:
        self._logs: dict[str, StepLog] = {}

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Write a step's events into the log of the task run that is running in this thread."""
        log = self._logs[step] = StepLog()
        try:
            yield
        finally:
            log.flush()
            del self._logs[step]

    def write(self, event: Json) -> None:
        """Log what an event says about a running step; other events are passed over."""
        log = self._logs.get(event.get("step", ""))
        if log:
            log.write(event)


def lines(event: Json) -> list[str]:
    """Return what an event other than output says, for people.

    Example:
        >>> lines({"event": "cell-finished", "cell": 3, "state": "Completed", "seconds": 0.2})
        ['Cell 3 Completed in 0.2 s']
    """
    match event["event"]:
        case "kernel-joined":
            return [f"Runs in the kernel of step {event['steps'][0]}: {why}" for why in event["why"]]
        case "cell-started":
            return [f"Cell {event['cell']} ({event['i']} of {event['n']})"]
        case "cell-finished":
            return [f"Cell {event['cell']} {StepState(event['state']).value} in {event['seconds']:.1f} s"]
    return []


def _drawn(line: str) -> str:
    """Return what a terminal shows of a line after carriage returns; a last one waits for what comes."""
    body, end = (line[:-1], "\r") if line.endswith("\r") else (line, "")
    return body.rpartition("\r")[2] + end


def _log(line: str) -> None:
    get_run_logger().info("%s", line)
