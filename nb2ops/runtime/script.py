"""What a step and the engine that executes it say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nb2ops.inkernel.masking import Mask
from nb2ops.model import Json, StepState
from nb2ops.runtime.printed import Cut

CLEAN_EXITS = {"", "0", "None", "False"}
"""What a `SystemExit` says with which a notebook ends itself well."""


@dataclass(frozen=True, slots=True)
class CellError:
    """An exception that ended a step.

    Attributes:
        cell: the cell's id, None where it was raised outside the notebook's cells.
        count: the prompt number that the traceback shows.
        traceback: as IPython sends it, with colour codes.
    """

    ename: str
    evalue: str
    traceback: tuple[str, ...] = ()
    cell: str | None = None
    count: int | None = None


@dataclass(slots=True)
class Outcome:
    """How the execution of a step's notebook ended.

    Attributes:
        state: COMPLETED, FAILED (there is an error) or, until proven otherwise, CRASHED (the kernel ended).
        cell: the id of the cell that ran when it ended, None outside cells.
        exited: the notebook ended itself by `sys.exit(0)` or `exit()`.
        lingering: what is to be said of threads that went on after the last cell.
        notebook: the executed notebook with all outputs so far.
    """

    state: StepState = StepState.CRASHED
    cell: str | None = None
    error: CellError | None = None
    exited: bool = False
    lingering: str | None = None
    notebook: Any = None


class Script(Protocol):
    """What a step wants done around its cells, and who is told."""

    @property
    def mask(self) -> Mask:
        """Hides secrets in what the kernel says."""

    @property
    def stopped(self) -> bool:
        """Whether no further cell may start."""

    @property
    def begin(self) -> str | None:
        """The expression to evaluate before the first cell."""

    def before(self, cell: str) -> str | None:
        """The expression to evaluate before a cell."""

    def after(self, cell: str) -> str | None:
        """The expression to evaluate after a cell."""

    def finish(self, *, save: bool) -> str | None:
        """The expression to evaluate at the end."""

    def keeps_kernel(self) -> bool:
        """Whether later steps need the kernel; asked once, when all cells and `finish` are done."""

    def wait_for_threads(self) -> str | None:
        """The expression that waits for threads before the kernel leaves; None where there are none."""

    def ready(self, language: Json) -> None:
        """The kernel answers; `language` is what it says about its language."""

    def cell_started(self, cell: str) -> None:
        """A cell starts."""

    def cell_finished(self, cell: str, state: StepState, node: Any) -> None:
        """A cell ended."""

    def cell_shown(self, cell: str, node: Any, cut: Cut | None) -> None:
        """What a cell shows has changed since its end: it was cut, or threads went on."""

    def output(self, cell: str, stream: str, text: str) -> None:
        """A cell wrote something."""

    def text_file(self, cell: str) -> Path:
        """Where all that a cell prints is kept, if the notebook cannot hold it."""
