"""IPython's history as variables: `_`, `__`, `___`, `_3`, `Out[3]` are results of cells, `In[3]`, `_i` sources.

Only in a notebook that reads one of them: there, every cell that shows something may give them new values.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from nb2ops.compiler.names.magics import HISTORY
from nb2ops.compiler.names.scopes import target_names
from nb2ops.compiler.names.values import Region, Value, link
from nb2ops.compiler.names.walk import Walk
from nb2ops.compiler.syntax import Parsed

_RESULT = re.compile(r"_{1,3}|_\d+|_oh|Out")
_SOURCE = re.compile(r"_i{1,3}|_i\d+|_ih|In")


def reads_history(cells: Iterable[Parsed]) -> tuple[bool, bool]:
    """Return whether a notebook reads earlier results, and whether it reads earlier sources."""
    nodes = [node for cell in cells for statement in cell.body for node in ast.walk(statement)]
    stored = {name for node in nodes for name in target_names(node) if isinstance(node, ast.Name)}
    loaded = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - stored
    asked = any(isinstance(node, ast.Constant) and node.value in HISTORY for node in nodes)
    return any(map(_RESULT.fullmatch, loaded)), asked or any(map(_SOURCE.fullmatch, loaded))


def note_cell(cell: Parsed, walk: Walk) -> None:
    """Note what IPython keeps of a cell that has run."""
    shown, walk.kept.shown = walk.kept.shown, None
    if walk.kept.results and cell.body and isinstance(cell.body[-1], ast.Expr):
        walk.maybe(lambda: _keep_result(cell, shown, walk))
    if walk.kept.sources:
        walk.maybe(lambda: walk.bind_module("In", Value("list", Region())))


def _keep_result(cell: Parsed, value: Value | None, walk: Walk) -> None:
    shown = value or Value(None, Region())
    for newer, older in (("__", "___"), ("_", "__")):
        if newer in walk.env:
            walk.bind_module(older, walk.env[newer])
    earlier = [walk.env["Out"]] if "Out" in walk.env else []
    results = Value("dict", link([*earlier, shown, Value(None, Region())]))
    for name in ("Out", "_oh"):
        walk.bind_module(name, results)
    for name in ("_", f"_{cell.number}"):
        walk.bind_module(name, shown)
