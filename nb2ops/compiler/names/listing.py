"""The names of each cell, as `nb2ops check --names` shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nb2ops.compiler.names.facts import CellFacts
from nb2ops.compiler.names.scopes import BUILTINS


@dataclass(frozen=True, slots=True)
class CellNames:
    """What one cell does to the notebook's names; each tuple is sorted.

    Attributes:
        cell: the cell's number.
        defines: names that it binds, in branches that may not be taken too.
        uses: names that it needs from before it: what it reads or deletes before it binds it for certain. The free
            variables of a function are used by the cell that calls it, not by the one that defines it.
        changes: names of earlier cells whose object it may change in place, all names of that object.
        deletes: names of earlier cells that it may delete.
        opaque: why it cannot be known, empty where it can.
    """

    cell: int
    defines: tuple[str, ...]
    uses: tuple[str, ...]
    changes: tuple[str, ...]
    deletes: tuple[str, ...]
    opaque: tuple[str, ...]


def list_names(facts: Iterable[CellFacts]) -> list[CellNames]:
    """Return the names of cells.

    Args:
        facts: of each cell, in notebook order.
    """
    return [_names(each) for each in facts]


def _names(facts: CellFacts) -> CellNames:
    return CellNames(
        facts.cell,
        defines=_sorted(facts.binds | facts.defines),
        uses=_sorted({name for name in facts.uses if name not in BUILTINS} | facts.looks_up),
        changes=_sorted(facts.changes_before),
        deletes=_sorted(facts.removes),
        opaque=tuple(dict.fromkeys(touch.how for touch in facts.opaque)),
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
