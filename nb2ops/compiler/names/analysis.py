"""The door of the package: a notebook's cells in, facts about each of them out."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from nb2ops.compiler.names import classes, control, definitions, importing, magics  # noqa: F401  they register their statements
from nb2ops.compiler.names.facts import CellFacts
from nb2ops.compiler.names.history import note_cell, reads_history
from nb2ops.compiler.names.statements import run
from nb2ops.compiler.names.walk import Walk
from nb2ops.compiler.syntax import Parsed

RECURSION = 10_000
"""Frames of this interpreter that the walk of a cell may take: some forty for each call in nested blocks."""


def analyse(
    cells: Iterable[Parsed],
    keeps: Mapping[int, frozenset[str]] | None = None,
    local_modules: frozenset[str] = frozenset(),
    exports: Callable[[str], frozenset[str] | None] = lambda _: None,
    overridden: frozenset[int] = frozenset(),
) -> dict[int, CellFacts]:
    """Return what each cell defines, uses, changes and does, by cell number.

    Args:
        cells: the cells of the pipeline, in notebook order.
        keeps: cell number -> names that the author states its step does not change in place.
        local_modules: names of the modules beside the notebook.
        exports: returns what `from module import *` binds for a module beside the notebook, None for any other.
        overridden: cells whose values a run may replace: the parameters.

    Example:
        >>> from nb2ops.compiler.syntax import parse
        >>> facts = analyse([parse("a = [1]", 1), parse("a.append(b)", 2)])
        >>> sorted(facts[2].uses), sorted(facts[2].changes)
        (['a', 'b'], ['a'])
    """
    walk = Walk(run)
    walk.local_modules, walk.exports = local_modules, exports
    cells = list(cells)
    walk.kept.results, walk.kept.sources = reads_history(cells)
    for parsed in cells:
        cell = magics.automagic(parsed, walk) if parsed.line else parsed
        walk.start_cell(cell.number, (keeps or {}).get(cell.number, frozenset()))
        walk.offset = cell.offset
        with _room_for_nesting():
            _walk_cell(cell, walk)
        if cell.number in overridden:
            walk.forget_texts()
        note_cell(cell, walk)
        walk.finish_cell()
    return walk.all_facts


def _walk_cell(cell: Parsed, walk: Walk) -> None:
    if cell.error is not None:
        walk.facts.error = cell.error
        walk.opaque(ast.Pass(lineno=cell.error.line), "not valid Python")
    elif cell.may_fail:
        walk.maybe(partial(run, walk, cell.body))
    else:
        run(walk, cell.body)


@contextmanager
def _room_for_nesting() -> Iterator[None]:
    """Let calls be walked in calls, to `CALL_DEPTH`, whatever blocks and expressions they stand in."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
