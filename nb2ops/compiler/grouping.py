"""Cells to groups: which cells run together, before anything is known of their code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from nb2ops.compiler.tags import TaggedCell
from nb2ops.model import SETUP, Modifiers, Problem, Role, Severity

WHOLE = "notebook"
"""The name of the only step of a notebook without `step:` tags."""


@dataclass(frozen=True, slots=True)
class Group:
    """Cells that run in one kernel, in notebook order. `name` is not unique yet: parts share it."""

    name: str
    cells: tuple[TaggedCell, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The cells' numbers."""
        return tuple(each.cell.number or 0 for each in self.cells)

    def joined(self, other: Group) -> Group:
        """Return a group with the cells of both."""
        cells = sorted((*self.cells, *other.cells), key=lambda each: each.cell.index)
        return replace(self, cells=tuple(cells))


def segments(cells: Sequence[TaggedCell]) -> list[Group]:
    """Return the runs of adjacent cells that belong to one step; skipped cells are left out.

    Cells before the first step, and those tagged as setup, are named "setup". A notebook without any `step:`
    is one step.
    """
    kept = [each for each in cells if each.role is not Role.SKIP]
    if not any(each.role is Role.STEP for each in kept):
        return [Group(WHOLE, tuple(kept))] if kept else []
    named = zip(_names(kept), kept, strict=True)
    return [Group(name, tuple(cell for _, cell in run)) for name, run in groupby(named, key=lambda pair: pair[0])]


def _names(cells: Iterable[TaggedCell]) -> Iterator[str]:
    current = SETUP
    for each in cells:
        if each.role is Role.STEP:
            current = each.step or current
        yield SETUP if each.role in (Role.SETUP, Role.PARAMETERS) else current


def part_names(groups: Sequence[Group]) -> list[str]:
    """Return unique names: the second group named `fit` is `fit.2`."""
    seen: dict[str, int] = {}
    names = []
    for group in groups:
        seen[group.name] = seen.get(group.name, 0) + 1
        names.append(group.name if seen[group.name] == 1 else f"{group.name}.{seen[group.name]}")
    return names


def merged_modifiers(group: Group, notebook: str) -> tuple[Modifiers, list[Problem]]:
    """Return what all cells of a group say about their step; two different values are a problem."""
    merged, problems = Modifiers(), []
    for each in group.cells:
        said = each.modifiers
        merged = replace(
            merged,
            after=tuple(dict.fromkeys((*merged.after, *said.after))),
            keeps=tuple(dict.fromkeys((*merged.keeps, *said.keeps))),
            cache=merged.cache and said.cache,
        )
        for name in ("retries", "retry_delay", "timeout", "memory"):
            new, old = getattr(said, name), getattr(merged, name)
            if new is not None and old is not None and new != old:
                text = f"says {name.replace('_', '-')} a second time with another value."
                hint = "Say it once, on any cell of the step."
                problems.append(Problem("NB207", text, notebook, each.cell.number, None, group.name, hint))
            elif new is not None:
                merged = replace(merged, **{name: new})
    return merged, problems


def repeated_parameters(cells: Sequence[TaggedCell], notebook: str) -> Iterator[Problem]:
    """Yield a problem where more than one cell holds the parameters."""
    parameters = [each.cell.number for each in cells if each.role is Role.PARAMETERS]
    if len(parameters) > 1:
        listed = " and ".join(map(str, parameters))
        yield Problem(
            "NB208",
            f"cells {listed} are both tagged `parameters`.",
            notebook,
            parameters[1],
            hint="Keep one cell of defaults.",
        )


def missing_steps(cells: Sequence[TaggedCell], notebook: str) -> Iterator[Problem]:
    """Yield a notice where no cell begins a step."""
    if not any(each.role is Role.STEP for each in cells):
        yield Problem(
            "NB209",
            f'has no step: the whole notebook is one step named "{WHOLE}".',
            notebook,
            hint="Tag the first cell of each step `step:NAME`, or let `nb2ops tag` propose steps.",
            severity=Severity.NOTICE,
        )
