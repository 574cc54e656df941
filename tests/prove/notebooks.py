"""Notebooks for trying, as Markdown: code blocks are code cells, what stands between them are Markdown cells.

The line that opens a block may give tags (```` ```python tags="raises-exception" ````) or say that the block is a
file beside the notebook (```` ```text file="helper.py" ````).
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.notebooks import Pair
from tests.prove.programs import Program

NOTEBOOKS = Path(__file__).parent / "notebooks"
_BLOCK = re.compile(r"(?ms)^```(python|text)(?: (tags|file)=\"([^\"]*)\")?\n(.*?)\n?^```$")
_HEADING = re.compile(r"(?m)^##+ (.+)$")


def read_notebook(path: Path) -> Program:
    """Return a notebook as a program; headings of the second level and below are its sections."""
    program = Program(path.stem)
    text, heading, at = path.read_text(encoding="utf-8"), "", 0
    for block in _BLOCK.finditer(text):
        heading = ([heading, *_HEADING.findall(text[at : block.start()])])[-1]
        at = block.end()
        if block[2] == "file":
            program.files[block[3]] = f"{block[4]}\n"
        else:
            program.cells.append(block[4])
            program.tags.append(block[3].split() if block[2] else [])
            program.headings.append(heading)
    return program


def notebook_cells(program: Program, tags: list[list[str]]) -> list[Pair]:
    """Return the cells of a notebook with their headings, to be written as a file."""
    cells: list[Pair] = []
    before = ""
    for heading, own, source in zip(program.headings, tags, program.cells, strict=True):
        if heading != before:
            cells.append(("markdown", f"## {heading}"))
        cells.append((" ".join(own), source))
        before = heading
    return cells
