"""What went wrong in a step, in one sentence and with its place."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from nb2ops.model import Failure, Step, StepState

if TYPE_CHECKING:
    from nb2ops.runtime.script import CellError

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LOG_TAIL = 2000


def plain(text: str) -> str:
    """Return text without terminal colour codes."""
    return _COLOURS.sub("", text)


def line_in_cell(traceback: str, count: int | None) -> int | None:
    r"""Return the line at which the cell with prompt number `count` stood, as IPython's traceback says.

    Example:
        >>> line_in_cell("Cell In[7], line 2\n----> 2 f(0)\nCell In[3], line 5, in f(x)", 7)
        2
    """
    found = re.search(rf"In ?\[{count}\], (?:line (\d+)|in <cell line: (\d+)>)", traceback)
    return int(found[1] or found[2]) if found else None


def from_error(step: Step, error: CellError) -> Failure:
    """Return the failure that an exception is."""
    traceback = plain("\n".join(error.traceback))
    summary = f"{error.ename or 'error'}: {plain(error.evalue)}".removesuffix(": ")
    if error.cell is None:
        summary = f"handing variables over: {summary}"
    return Failure(
        kind=StepState.FAILED,
        message=_first_line(summary),
        step=step.name,
        cell=number_of(step, error.cell),
        line=line_in_cell(traceback, error.count),
        ename=error.ename,
        evalue=plain(error.evalue),
        traceback=traceback,
    )


def from_death(step: Step, cell: str | None, exit_code: int | None, log: Path, out_of_memory: bool = False) -> Failure:
    """Return the failure that the end of a kernel is, for want of memory only where that is proven.

    Outside cells the last line of its log tells most.
    """
    told = tail(log)
    reason = f" ({told.strip().splitlines()[-1]})" if cell is None and told.strip() else ""
    cause = ", likely out of memory" if out_of_memory else ""
    message = f"the kernel died: {describe_exit(exit_code)}{cause}{reason}"
    return Failure(StepState.CRASHED, message, step.name, number_of(step, cell), traceback=told)


def describe_exit(exit_code: int | None) -> str:
    """Return an exit code in words.

    Example:
        >>> describe_exit(-9)
        'ended by signal 9 (SIGKILL)'
    """
    if exit_code is None:
        return "it does not answer"
    if exit_code >= 0:
        return f"it ended itself with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = "unknown"
    return f"ended by signal {-exit_code} ({name})"


def number_of(step: Step, cell: str | None) -> int | None:
    """Return the number of the step's cell with that id."""
    return next((each.cell for each in step.cells if each.id == cell), None)


def tail(log: Path) -> str:
    """Return the end of a kernel's log, empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_TAIL))
            return plain(file.read(_LOG_TAIL).decode("utf-8", errors="replace"))
    except OSError:
        return ""


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]
