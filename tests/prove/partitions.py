"""How the cells of a program become steps."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise

from tests.prove.executor import Partition
from tests.prove.programs import Program

ROLES = {"parameters", "imports", "functions", "setup", "skip", "metrics", "gate"}
"""Tags beside which a cell has no step of its own."""


def as_tagged(program: Program) -> list[list[str]]:
    """As the program's own tags say."""
    return program.tags


def every(count: int) -> Partition:
    """Return the partition in which every so many cells are a step."""
    return partial(_every, count)


def _every(count: int, program: Program) -> list[list[str]]:
    steps = ([f"step:s{number // count}"] if number % count == 0 else [] for number in range(len(program.cells)))
    return _added(program, list(steps))


def by_heading(program: Program) -> list[list[str]]:
    """The cells below a heading are a step; those before the first one are setup."""
    starts = [before != after for before, after in pairwise(["", *program.headings])]
    steps = [
        [f"step:{_slug(heading)}"] if begins else [] for begins, heading in zip(starts, program.headings, strict=True)
    ]
    return _added(program, steps)


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _added(program: Program, steps: list[list[str]]) -> list[list[str]]:
    """A cell that has a role keeps it; the next one begins the step."""
    found, waiting = [], []
    for tags, step in zip(program.tags, steps, strict=True):
        waiting = step or waiting
        plain = not ROLES.intersection(tags)
        found.append([*tags, *(waiting if plain else [])])
        waiting = [] if plain else waiting
    return found
