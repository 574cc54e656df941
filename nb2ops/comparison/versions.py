"""What the cells of two executed notebooks have in common, where the notebook may have changed in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nb2ops.comparison.notebooks import differing_parts
from nb2ops.model import Json

Pair = tuple[Json | None, Json | None]


@dataclass(frozen=True, slots=True)
class CellPair:
    """A code cell in two notebooks; None in one that does not have it.

    Attributes:
        id: nbformat's.
        cells: the cell as the notebook files hold it.
        source: "same", "changed", "added" (only the second has it) or "removed".
        shown: "same", "different", or "unknown" where only one shows anything.
        parts: place and first line of each part that differs.
    """

    id: str
    cells: Pair
    source: str
    shown: str
    parts: tuple[tuple[str, str | None, str | None], ...] = ()


def pair_cells(first: Json, second: Json) -> Iterator[CellPair]:
    """Yield the code cells of two notebooks in the order of the second; those that are gone come last."""
    left, right = _cells(first), _cells(second)
    parts = differing_parts(first, second)
    for name in (*right, *(each for each in left if each not in right)):
        one, other = left.get(name), right.get(name)
        if one is None or other is None:
            yield CellPair(name, (one, other), "added" if one is None else "removed", "unknown")
            continue
        source = "same" if _text(one) == _text(other) else "changed"
        found = tuple((each.place, each.linear, each.pipeline) for each in parts[name])
        yield CellPair(name, (one, other), source, "different" if found else "same", found)


def _cells(notebook: Json) -> Mapping[str, Json]:
    return {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code" and _text(cell).strip()}


def _text(cell: Json) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
