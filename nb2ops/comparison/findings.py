"""What a comparison finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a difference means.

    DIFFERENT: the pipeline does not keep the law.
    SOFT: a library repeats a warning because its kernel is new.
    EXCUSED: two runs from top to bottom differ here as well.
    """

    DIFFERENT = "different"
    SOFT = "soft"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True)
class PartDifference:
    """One thing that a cell shows differently.

    Attributes:
        output: 0 for the streams before the first display and for the cell as a whole, n for the n-th display and the
            streams behind it.
        part: "stdout", "stderr", a MIME type, "error", "traceback", "kind", "metadata" or "execution count".
        kind: what the difference means.
        line: 1-based line of a text, None for pictures and for what one side does not show at all.
        linear: that line, or the picture in words, from top to bottom; None where there is nothing.
        pipeline: the same of the pipeline.
    """

    output: int
    part: str
    kind: Kind
    line: int | None
    linear: str | None
    pipeline: str | None

    @property
    def place(self) -> str:
        """The part in words.

        Example:
            >>> PartDifference(2, "text/html", Kind.DIFFERENT, 7, "a", "b").place
            'text/html of output 2, line 7'
        """
        of_output = f" of output {self.output}" if self.output > 1 else ""
        return f"{self.part}{of_output}" + (f", line {self.line}" if self.line and self.line > 1 else "")


@dataclass(frozen=True, slots=True)
class CellDifference:
    """A cell that does not show the same.

    Attributes:
        cell, index, id: the three names of the cell (see `model.Cell`).
        step: the step that it belongs to.
        kind: the gravest of its parts' kinds.
        parts: every part that differs, the gravest first.
    """

    cell: int
    index: int
    id: str
    step: str
    kind: Kind
    parts: tuple[PartDifference, ...]
