"""Live progress of a run: a table that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from nb2ops.cli.tables import STATE_STYLES, console
from nb2ops.model import Json, Pipeline
from nb2ops.orchestration.states import CACHED

REFRESH_PER_SECOND = 8


@dataclass(slots=True)
class _Line:
    """How a step stands."""

    name: str
    cells: int
    done: int = 0
    state: str = ""
    began: float = 0.0
    seconds: float = 0.0
    kernel: str = ""
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="blue"))


class Progress:
    """Shows the events of one run; a context manager.

    Args:
        pipeline: the pipeline that runs.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._console: Console = console(err=True)
        self._lines = {step.name: _Line(step.name, len(step.cells)) for step in pipeline.steps}
        self._message = ""
        self._lock = threading.Lock()
        self._live = Live(
            console=self._console, get_renderable=self._table, refresh_per_second=REFRESH_PER_SECOND, transient=True
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def on_message(self, message: str) -> None:
        """Show what takes time before the run begins."""
        self._message = message
        if not self._console.is_terminal:
            self._console.print(message, markup=False)

    def on_event(self, event: Json) -> None:
        """Show an event of the run; called from another thread."""
        line = self._lines.get(event.get("step", ""))
        if line is None:
            return
        with self._lock:
            self._message = ""
            match event["event"]:
                case "step-started":
                    line.state, line.began, line.done, line.kernel = "Running", time.monotonic(), 0, ""
                    self._say(f"{line.name}: running")
                case "kernel-joined":
                    line.kernel = f"in the kernel of {event['steps'][0]}"
                    self._say(f"{line.name}: runs {line.kernel}")
                case "cell-finished":
                    line.done += 1
                case "step-finished":
                    result = event["result"]
                    line.state, line.seconds = result["state"], result["seconds"]
                    if result["cached"]:
                        line.state, line.kernel = CACHED, f"computed by run {result['cached']}"
                        self._say(f"{line.name}: {CACHED}, {line.kernel}")
                    else:
                        self._say(f"{line.name}: {line.state} after {line.seconds:.1f} s")

    def _say(self, text: str) -> None:
        if not self._console.is_terminal:
            self._console.print(text, markup=False)

    def _table(self) -> RenderableType:
        if self._message:
            return Text(self._message, style="blue")
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        with self._lock:
            for line in self._lines.values():
                table.add_row(*self._row(line))
        return table

    def _row(self, line: _Line) -> tuple[RenderableType, ...]:
        if line.state == "Running":
            elapsed = time.monotonic() - line.began
            place = f"cell {min(line.done + 1, line.cells)} of {line.cells}"
            return line.spinner, Text(line.name, style="bold"), Text(place), Text(f"{elapsed:.1f} s"), Text(line.kernel)
        if line.state and line.state != "NotRun":
            style = STATE_STYLES.get(line.state, "default")
            if line.state == CACHED:
                return Text("●", style=style), Text(line.name), Text(CACHED, style=style), Text(line.kernel)
            return Text("●", style=style), Text(line.name), Text(line.state, style=style), Text(f"{line.seconds:.1f} s")
        return Text("○", style="dim"), Text(line.name, style="dim"), Text(""), Text("")
