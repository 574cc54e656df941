"""Programs: small notebooks in text files.

A program begins with `## name`; `---` stands between its cells. A cell that begins with `@file NAME` is a file beside
the notebook; one that begins with `#tags: a, b` has these tags. A program without tags for steps is tried in several
partitions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "programs"
KNOWN = Path(__file__).parent / "known.txt"


@dataclass
class Program:
    """A notebook for trying.

    Attributes:
        name: unique in its file.
        cells: sources.
        tags: tags of each cell beside those of steps.
        files: name -> text of files beside the notebook.
        headings: the heading under which each cell stands, "" for those before the first; empty where there are none.
        values: parameters that are injected after the cell with the tag `parameters`.
    """

    name: str
    cells: list[str] = field(default_factory=list)
    tags: list[list[str]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def injected(self, cell: int) -> str:
        """The code that is injected after a cell, empty where there is none."""
        lines = [f"{name} = {value!r}" for name, value in self.values.items()]
        return "\n".join(lines) if "parameters" in self.tags[cell] else ""

    def is_skipped(self, cell: int) -> bool:
        """Whether a cell is no part of the pipeline."""
        return "skip" in self.tags[cell]

    def has_steps(self) -> bool:
        """Whether its own tags divide it into steps."""
        return any(tag.startswith("step:") for tags in self.tags for tag in tags)

    @property
    def code(self) -> str:
        """All of its code, that of files beside it included."""
        return "\n".join([*self.cells, *self.files.values()])

    def may_fail(self, cell: int) -> bool:
        """Whether the notebook goes on after an exception in a cell."""
        return "raises-exception" in self.tags[cell]


def read_programs(path: Path) -> list[Program]:
    """Return the programs of a file."""
    blocks = re.split(r"(?m)^## ", path.read_text(encoding="utf-8"))[1:]
    return [_program(block) for block in blocks]


def _program(block: str) -> Program:
    name, _, body = block.partition("\n")
    program = Program(name.strip())
    for part in re.split(r"(?m)^---[ ]*$\n?", body):
        text = part.strip("\n")
        head, _, rest = text.partition("\n")
        if head.startswith("@file "):
            program.files[head.removeprefix("@file ").strip()] = f"{rest}\n"
        elif text.strip():
            tagged = head.startswith("#tags:")
            program.tags.append([tag.strip() for tag in head.removeprefix("#tags:").split(",")] if tagged else [])
            program.cells.append(rest if tagged else text)
    return program


def known_differences() -> dict[str, str]:
    """Return name -> reason of the programs that are known to differ; the list shall shrink."""
    lines = KNOWN.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): reason.strip() for name, reason in pairs}


def written(program: Program) -> str:
    """Return a program as the text of a file of programs."""
    files = [f"@file {name}\n{text.rstrip()}" for name, text in program.files.items()]
    cells = [
        f"#tags: {', '.join(tags)}\n{source}" if tags else source
        for tags, source in zip(program.tags, program.cells, strict=True)
    ]
    return f"## {program.name}\n" + "\n---\n".join([*files, *cells])
