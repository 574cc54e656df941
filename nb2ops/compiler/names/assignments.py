"""Assignment targets: names, items, attributes, and what unpacking does."""

from __future__ import annotations

import ast

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names import namespaces, patches
from nb2ops.compiler.names.attributes import set_attribute
from nb2ops.compiler.names.evaluation import consume, evaluate, hold, implied, look_up, part, share
from nb2ops.compiler.names.sharing import ARRAYS
from nb2ops.compiler.names.values import Value
from nb2ops.compiler.names.walk import Walk


def assign(target: ast.expr, value: Value, walk: Walk) -> None:
    """Assign a value to a target."""
    match target:
        case ast.Name(id=name):
            walk.bind(name, value)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            consume(value, target, walk)
            for position, each in enumerate(items):
                assign(each, part(value, position), walk)
        case ast.Starred(value=inner):
            assign(inner, share((value,), "list", value.each), walk)
        case ast.Attribute() | ast.Subscript():
            store(target, value, walk)


def store(target: ast.Attribute | ast.Subscript, value: Value, walk: Walk) -> None:
    """Store into an attribute or item: a change of the object that holds it."""
    name = namespaces.named_item(target, walk)
    if name is not None:
        walk.bind_module(name, value)
        return
    owner = evaluate(target.value, walk)
    if isinstance(target, ast.Subscript):
        key = evaluate(target.slice, walk)
        look_up(owner, key, walk)
        hold((owner, key) if key.code else (), walk)
        how = "assigns to an item"
    else:
        how = f"assigns to .{target.attr}"
        set_attribute(owner, target.attr, value, target, walk)
    if owner.kind in ("setting", "logger"):
        walk.set_state("settings", target, how)
    if owner.kind and owner.kind.startswith("ref:"):
        reference = owner.kind[4:]
        change_reference(reference + patches.place(target), target, how, walk, value)
        return
    walk.change(owner, target, how, only_itself=True)
    implied(owner, walk, target)
    copied = value.kind in ARRAYS and (owner.kind in ARRAYS or owner.kind == "pandas.Indexer")
    if not copied:
        hold((owner, value), walk)
    if isinstance(target, ast.Attribute) and target.attr == "__code__":
        walk.forget_calls(owner)


def change_reference(reference: str, node: ast.AST, how: str, walk: Walk, value: Value) -> None:
    """Note a change to something inside a module: a setting, the environment, or an attribute."""
    state = knowledge().state(reference.partition("[")[0])
    if state is not None:
        walk.set_state(state, node, f"{how} of {reference}")
    elif reference.startswith("__main__."):
        walk.bind_module(reference.removeprefix("__main__."), value)
    else:
        patches.put(reference, node, "changes", walk, value)
