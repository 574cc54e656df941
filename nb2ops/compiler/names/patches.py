"""Changes of installed libraries: `pandas.DataFrame.shout = shout`, accessors, `nltk.data.path.append(...)`."""

from __future__ import annotations

import ast

from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.values import SCALAR, Value
from nb2ops.compiler.names.walk import Walk

_MUTATING = frozenset({"update", "append", "insert", "remove", "pop", "clear", "setdefault", "extend"})


def put(reference: str, node: ast.AST, how: str, walk: Walk, *values: Value) -> None:
    """Note that something is put into a module or what it holds.

    Args:
        reference: as `pandas.DataFrame.shout`, `matplotlib.style.library['mine']`, `matplotlib.style.library[*]`
            or, for any attribute, `pandas.DataFrame.*`.
        node: where.
        how: what happens, up to the reference.
        walk: the walk.
        values: what is put there.
    """
    walk.change_module(reference, node, how)
    for value in values:
        carry_along(value, walk)
        if value.code:
            walk.kept.patched[reference.rpartition(".")[2]] = value


def carry_along(value: Value, walk: Walk) -> None:
    """Note that a library holds on to code: what it reads is needed wherever it may run."""
    todo, seen = [*value.code], set(value.code)
    while todo:
        for name in todo.pop().free & walk.env.keys():
            walk.carried_along.add(name)
            todo += walk.env[name].code - seen
            seen |= walk.env[name].code


def reach_attribute(name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> Value | None:
    """Walk `setattr(pandas.DataFrame, ...)` and `delattr`; None for other calls."""
    owner = (arguments.positional[0].kind or "") if arguments.positional else ""
    if name not in ("builtins.setattr", "builtins.delattr") or not owner.startswith("ref:"):
        return None
    put(f"{owner[4:]}.{arguments.text('1') or '*'}", node, "changes", walk, *arguments.positional[2:])
    return SCALAR


def change_inside(name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> None:
    """Note that a method may change what a library holds: `nltk.data.path.append(...)`."""
    owner, _, method = name.rpartition(".")
    if method in _MUTATING and "." in owner:
        put(owner, node, f"calls {name}(), which changes", walk, *arguments.all)


def place(target: ast.Attribute | ast.Subscript) -> str:
    """Return what a target adds to a reference to its owner: `.name`, `['key']` where that is literal, or `[*]`."""
    if isinstance(target, ast.Attribute):
        return f".{target.attr}"
    return f"[{target.slice.value!r}]" if isinstance(target.slice, ast.Constant) else "[*]"
