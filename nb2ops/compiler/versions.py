"""Which cell wrote each variable last: every write makes a new version of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nb2ops.compiler.names.facts import STATE_PREFIX, CellFacts


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a variable.

    Attributes:
        cell: the number of the cell that wrote.
        certain: whatever the cell does, the version before it is gone.
        verb: what happened, for sentences: "defined", "changed", ...
        deleted: the variable is gone.
    """

    cell: int
    certain: bool
    verb: str
    deleted: bool = False


class Versions:
    """All writes of a notebook.

    Args:
        facts: cell number -> facts, in notebook order.
    """

    def __init__(self, facts: Mapping[int, CellFacts]) -> None:
        self._writes: dict[str, list[Write]] = {}
        self.opaque = [cell for cell, each in facts.items() if each.opaque]
        for each in facts.values():
            for name, write in _writes(each):
                self._writes.setdefault(name, []).append(write)

    def before(self, name: str, cell: int) -> Write | None:
        """Return the last write of a variable in a cell before `cell`; a cell that is opaque may write all."""
        writes = self._writes.get(name, [])
        position = bisect_left(writes, cell, key=lambda write: write.cell)
        last = writes[position - 1] if position else None
        at = bisect_left(self.opaque, cell)
        if at and (last is None or self.opaque[at - 1] > last.cell):
            return Write(self.opaque[at - 1], certain=False, verb="perhaps changed")
        return last

    def of(self, name: str) -> list[Write]:
        """Return all writes of a variable, in notebook order."""
        return self._writes.get(name, [])

    def names(self) -> Iterator[str]:
        """Yield every variable and pseudo-variable that is written somewhere."""
        yield from self._writes

    def cells_between(self, name: str, cells: frozenset[int], start: int, end: int) -> bool:
        """Return whether any of `cells` strictly between two cells writes a variable."""
        return any(start < write.cell < end and write.cell in cells for write in self.of(name))


def _writes(facts: CellFacts) -> Iterator[tuple[str, Write]]:
    names = sorted(facts.defines | facts.deletes | facts.maybe_defines | facts.changes.keys() | facts.touches)
    for name in names:
        yield name, _write(facts, name)
    for state in facts.states:
        yield STATE_PREFIX + state, Write(facts.cell, certain=False, verb="changed")


def _write(facts: CellFacts, name: str) -> Write:
    if name in facts.deletes:
        return Write(facts.cell, certain=True, verb="deleted", deleted=True)
    if name in facts.defines:
        return Write(facts.cell, certain=True, verb="defined")
    if name in facts.changes:
        return Write(facts.cell, certain=False, verb="changed")
    if name in facts.maybe_defines:
        return Write(facts.cell, certain=False, verb="perhaps defined")
    return Write(facts.cell, certain=False, verb="given another name")
