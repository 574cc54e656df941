"""What every expression has in common: the generic `evaluate`, iteration, special methods, items."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import singledispatch

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names import functions
from nb2ops.compiler.names.values import SCALAR, Region, Value, item, link, parts, staying
from nb2ops.compiler.names.walk import Walk


@singledispatch
def evaluate(node: ast.AST, walk: Walk) -> Value:
    """Walk an expression and return what is known of its value."""
    return share(evaluate(child, walk) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


def share(values: Iterable[Value], kind: str | None = None, each: str | None = None) -> Value:
    """Return a new object that holds on to others."""
    found = [value for value in values if value.region is not None]
    region = Region()
    if found:
        shared = link(found)
        assert shared is not None
        region = shared
    return Value(kind, region, each, stays=staying(found))


def look_up(owner: Value, key: Value, walk: Walk) -> None:
    """Objects of the notebook's classes are found by identity, unless they say otherwise."""
    if key.code:
        walk.identity(owner)
        walk.identity(key)


def iterate(value: Value, node: ast.AST, walk: Walk) -> Value:
    """Return what is known of an object's items; drawing from an iterator changes it."""
    consume(value, node, walk)
    implied(value, walk, node)
    effect = knowledge().method(value.kind, "__iter__") if value.kind else None
    if effect is not None and effect.draws:
        walk.draw(node, "iterates over it")
    return item(value)


def consume(value: Value, node: ast.AST, walk: Walk) -> None:
    """Note that an iterator, or what may be one, is drawn from: what it iterates over stays as it is."""
    if value.kind in (None, "iterator", "file"):
        functions.invoke_all(value, node, walk)
        walk.draw_from(value, node)


def implied(value: Value, walk: Walk, node: ast.AST) -> None:
    """Walk the special methods of the notebook's own classes, which operators and displays call."""
    functions.special_methods(value, node, walk)


def part(value: Value, position: int) -> Value:
    """Return what is known of the item at a position."""
    if -len(value.parts) <= position < len(value.parts):
        return value.parts[position]
    kinds = parts(value.kind)
    if -len(kinds) <= position < len(kinds):
        kind = kinds[position]
    elif value.kind in ("scalar", "numpy.ndarray", "matplotlib"):
        return value
    else:
        kind = value.each
    return SCALAR if kind == "scalar" else Value(kind, value.region)


def hold(values: Iterable[Value], walk: Walk) -> None:
    """Note that objects hold on to each other from now on."""
    found = [value for value in values if value.region is not None and value.kind != "scalar"]
    before = {id(value.region.root) for value in found if value.region}
    shared = link(found)
    if shared is not None and len(found) > 1:
        walk.mix(shared)
    if shared is not None and len(before) > 1:
        walk.touch(shared)
