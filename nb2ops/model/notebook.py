"""A notebook as read, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a notebook, outputs and execution count left out.

    Attributes:
        index: position in the file, 0-based over all cells.
        id: nbformat's cell id; one derived from the position where the file has none.
        kind: "code", "markdown" or "raw".
        source: the text as written.
        tags: the cell's tags, in order.
        number: the prompt number of a code cell that is not empty, else None.
        metadata: the cell's metadata as written, tags included.
    """

    index: int
    id: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    number: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_code(self) -> bool:
        """Whether the cell is part of what Run All executes."""
        return self.number is not None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as read: what its author wrote, without what running it left behind.

    Attributes:
        name: the file's name without its ending.
        cells: all cells, in order.
        language: the kernel's language, "python" where the file does not say.
        kernel: the kernelspec's name, None where the file does not say.
        metadata: the notebook's metadata as written.
    """

    name: str
    cells: tuple[Cell, ...]
    language: str = "python"
    kernel: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells that hold anything, in order."""
        return tuple(cell for cell in self.cells if cell.is_code)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The notebook's own settings: metadata key `nb2ops`."""
        found = self.metadata.get("nb2ops", {})
        return found if isinstance(found, Mapping) else {}


class Severity(StrEnum):
    """What a problem does: an error stops the build, a warning may surprise, a notice tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


def place(notebook: str, cell: int | None, line: int | None, step: str | None) -> str:
    """Return a place in words.

    Example:
        >>> place("train.ipynb", 7, 2, "fit")
        'train.ipynb, cell 7, line 2, step "fit"'
    """
    parts = [
        notebook,
        None if cell is None else f"cell {cell}",
        None if line is None else f"line {line}",
        None if step is None else f'step "{step}"',
    ]
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a notebook: where, what, and what to do now.

    Example:
        >>> print(Problem("NB104", 'uses "df", which no earlier cell defines.', "train.ipynb", 7, 2, "fit"))
        train.ipynb, cell 7, line 2, step "fit": uses "df", which no earlier cell defines. [NB104]
    """

    code: str
    message: str
    notebook: str
    cell: int | None = None
    line: int | None = None
    step: str | None = None
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        where = place(self.notebook, self.cell, self.line, self.step)
        return f"{where}: {self.message}{hint} [{self.code}]"
