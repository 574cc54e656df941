"""A step's output and progress in the log of its Prefect task run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from prefect.logging import get_run_logger

from nb2ops.model import Json, StepState

LINES = 2000  # per try of a step; the executed notebook holds everything
WIDTH = 5000  # characters of a line


@dataclass
class StepLog:
    """The log of one task run.

    Attributes:
        context: Prefect's context of the task, which another thread needs for writing.
        room: lines that may still be written.
    """

    context: Context = field(default_factory=copy_context)
    room: int = LINES

    def write(self, line: str) -> None:
        """Log a line; say once that there is no room for more."""
        if self.room > 0:
            self.context.run(_log, line[:WIDTH])
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
        self._logs[step] = StepLog()
        try:
            yield
        finally:
            del self._logs[step]

    def write(self, event: Json) -> None:
        """Log what an event says about a running step; other events are passed over."""
        log = self._logs.get(event.get("step", ""))
        if log:
            for line in lines(event):
                log.write(line)


def lines(event: Json) -> Sequence[str]:
    """Return what an event says, for people.

    Example:
        >>> lines({"event": "cell-finished", "cell": 3, "state": "Completed", "seconds": 0.2})
        ['Cell 3 Completed in 0.2 s']
    """
    match event["event"]:
        case "output":
            return [line for line in event["text"].splitlines() if line.strip()]
        case "kernel-joined":
            return [f"Runs in the kernel of step {event['steps'][0]}: {why}" for why in event["why"]]
        case "cell-started":
            return [f"Cell {event['cell']} ({event['i']} of {event['n']})"]
        case "cell-finished":
            return [f"Cell {event['cell']} {StepState(event['state']).value} in {event['seconds']:.1f} s"]
    return []


def _log(line: str) -> None:
    get_run_logger().info("%s", line)
