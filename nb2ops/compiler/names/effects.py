"""What a call of a library does, applied to the walk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from nb2ops.compiler.knowledge import Effect, knowledge
from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.functions import METHOD, call_method, invoke, invoke_all, of_variables, special_methods
from nb2ops.compiler.names.namespaces import read_query
from nb2ops.compiler.names.patches import carry_along, put
from nb2ops.compiler.names.sharing import CONTAINERS
from nb2ops.compiler.names.values import LAZY, SCALAR, Class, Function, Region, Value, fresh, item, link, staying
from nb2ops.compiler.names.walk import Walk

FILLED = ("out", "ax", "axes", "cax", "fig", "figure", "buf", "file", "random_state", "rng", "generator", "seed")
"""Keywords that every library uses for an object to write to or to draw from."""


def apply_effect(
    effect: Effect, name: str, receiver: Value | None, arguments: Arguments, node: ast.AST, walk: Walk
) -> Value:
    """Note what a call does and return its result."""
    how = f"calls {name.removeprefix('builtins.')}()"
    returned: list[Value] = []
    for value in arguments.all if not effect.uncalled else ():
        only_itself = name.startswith("builtins.") or (receiver is not None and receiver.kind in CONTAINERS)
        returned += _invoke_argument(value, effect, receiver, arguments, node, walk, only_itself=only_itself)
    _apply_changes(effect, how, receiver, arguments, node, walk)
    _apply_states(effect, how, arguments, node, walk)
    _apply_world(effect, how, receiver, arguments, node, walk)
    named = read_query(name, arguments, node, walk) if effect.text else []
    if effect.names_code:
        _read_code(node, walk)
    result = _with_variables(_result(effect, receiver, arguments), returned, walk)
    if result.region is not None:
        result.region.root.code.update(code for value in named for code in value.code)
        if effect.patches and arguments.text("0") is not None:
            walk.kept.patched[arguments.text("0") or ""] = result
    if effect.result == "fresh":
        _carry_code(result, receiver, arguments)
    if effect.result == "shares" and result.kind in ("iterator", "temporary", "handler"):  # it uses them later
        return result._replace(stays=staying(arguments.all))
    return result


def _invoke_argument(
    value: Value,
    effect: Effect,
    receiver: Value | None,
    arguments: Arguments,
    node: ast.AST,
    walk: Walk,
    *,
    only_itself: bool,
) -> list[Value]:
    """What is given a function may call it; what is given an object calls its special methods at least.

    Args:
        value: what is given.
        effect: what it is given to.
        receiver: whose method that is.
        arguments: everything that is given.
        node: where.
        walk: the walk.
        only_itself: functions that a container holds are not called: Python's own functions do not do that.

    Returns:
        What the functions give back.
    """
    kind = value.kind or ""
    if kind.startswith(METHOD):
        return [call_taken_method(value, Arguments([Value()]), node, walk)]
    returned: list[Value] = []
    if effect.known:
        special_methods(value, node, walk)
        if not (only_itself and value.kind in CONTAINERS) and any(isinstance(code, Function) for code in value.code):
            returned = invoke(value, _passed_on(value, receiver, arguments), node, walk)
    else:
        returned = invoke_all(value, node, walk)
    if kind.startswith("ref:"):
        passed = knowledge().call(kind[4:])
        if passed is not None and (passed.draws or passed.draws_unless):
            walk.draw(node, f"passes {kind[4:]}")
    return returned


def _with_variables(result: Value, returned: list[Value], walk: Walk) -> Value:
    """Return a result that may hold what functions gave back, where that is an object of a variable."""
    known = of_variables(returned, walk)
    return result._replace(region=link([result, *known])) if known and result.region is not None else result


def _passed_on(function: Value, receiver: Value | None, arguments: Arguments) -> list[Value]:
    """Return what a library may give to a function: items of the other arguments, or of the object it works on."""
    others = [value for value in (receiver, *arguments.all) if value is not None and value is not function]
    return [item(value) for value in others if value.region is not None] or [Value(None, Region())]


def call_taken_method(value: Value, arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    """Call a method that was taken from its object: `add = items.append; add(1)`."""
    name = (value.kind or "").removeprefix(METHOD)
    owner = Value(None, value.region)
    result = call_method(owner, name, arguments, node, walk)
    if result is None:
        walk.change(owner, node, f"calls .{name}()")
        result = Value(None, link([owner, *arguments.all]))
    return result


def _apply_changes(
    effect: Effect, how: str, receiver: Value | None, arguments: Arguments, node: ast.AST, walk: Walk
) -> None:
    for value in _changed(effect, receiver, arguments):
        walk.change(value, node, how, only_itself=effect.known)
    for value in arguments.all if effect.consumes else ():
        if value.kind in (None, "iterator", "file"):
            walk.draw_from(value, node)
    if effect.same:
        for value in arguments.all:
            walk.identity(value)
    if effect.links:
        held = [value for value in (receiver, *arguments.all) if value is not None and value.region is not None]
        shared = link(held)
        if shared is not None and len(held) > 1:
            walk.mix(shared)
            walk.touch(shared)


def _changed(effect: Effect, receiver: Value | None, arguments: Arguments) -> Iterator[Value]:
    """Yield the objects that a call changes in place."""
    named: dict[str, list[Value | None]] = {"self": [receiver], "args": [*arguments.all]}
    found: list[Value | None] = []
    for what in effect.changes:
        found += named[what] if what in named else [arguments.named(what)]
    found += [arguments.keywords.get(keyword) for keyword in FILLED]
    if effect.inplace and arguments.is_true(effect.inplace):
        found.append(receiver)
    if arguments.is_false("copy") or _overwrites(receiver, arguments):
        found += arguments.positional
    streams = [arguments.named(where) for where in (effect.reads, effect.writes) if where and where != "self"]
    found += [value for value in streams if value is not None and value.kind in (None, "file")]
    yield from (value for value in found if value is not None)


def _overwrites(receiver: Value | None, arguments: Arguments) -> bool:
    """Whether a function is told to work in its arguments: `overwrite_a=True`, `inplace=True`."""
    words = [name for name in arguments.keyword_nodes if name.startswith("overwrite_") or name == "inplace"]
    return receiver is None and any(arguments.is_true(word) for word in words)


def _apply_states(effect: Effect, how: str, arguments: Arguments, node: ast.AST, walk: Walk) -> None:
    if effect.seeds:
        walk.seed(node, how)
    draws_by_argument = effect.draws_with_args and any(_may_draw(value) for value in arguments.all)
    given = effect.draws_unless is not None and arguments.is_given(effect.draws_unless)
    if (effect.draws and not given) or draws_by_argument:
        walk.draw(node, how)
    for state in effect.sets:
        walk.set_state(state, node, how)
    if effect.opaque:
        walk.opaque(node, effect.opaque)
    if effect.ends:
        walk.end(node, how)
    if effect.asks:
        walk.warn("NB113", node, f"{how}, which asks for input: nobody answers in a pipeline")
    for reference in effect.patches:
        put(reference, node, f"{how}, which changes", walk, *arguments.all)
    for value in arguments.all if effect.sets else ():
        carry_along(value, walk)


def _may_draw(value: Value) -> bool:
    return value.kind in (None, "sklearn.drawing", "instance")


def _apply_world(
    effect: Effect, how: str, receiver: Value | None, arguments: Arguments, node: ast.AST, walk: Walk
) -> None:
    if effect.reads and (effect.reads == "self" or arguments.all):
        walk.world("read", node, how, _path(effect.reads, receiver, arguments))
    if effect.writes and (effect.writes == "self" or arguments.all):
        walk.world("write", node, how, _path(effect.writes, receiver, arguments))
    if effect.world:
        walk.world("unknown", node, how, None)


def _path(where: str, receiver: Value | None, arguments: Arguments) -> str | None:
    if where == "self":
        return receiver.text if receiver is not None else None
    return arguments.text(where)


def _read_code(node: ast.AST, walk: Walk) -> None:
    """Read what pickle may look for by its name: the notebook's functions and classes."""
    for name in [name for name, value in walk.env.items() if any(code.name == name for code in value.code)]:
        walk.maybe(partial(walk.read, name, node))


def _carry_code(result: Value, receiver: Value | None, arguments: Arguments) -> None:
    """A new object made of objects of the notebook's classes leads to their methods too."""
    if result.region is not None:
        values = [value for value in (receiver, *arguments.all) if value is not None]
        classes = {code for value in values for code in value.code if isinstance(code, Class)}
        result.region.root.code |= classes


def _result(effect: Effect, receiver: Value | None, arguments: Arguments) -> Value:
    if effect.result == "scalar":
        return SCALAR
    if effect.result == "self" and receiver is not None:
        return receiver
    if effect.result == "first" and arguments.positional:
        return arguments.positional[0]
    given = arguments.all if effect.result == "shares" else []
    held = [value for value in (receiver, *given) if value is not None]
    if effect.kind not in ("iterator", "temporary"):  # it has been drawn from
        held = [value._replace(parts=()) if value.kind == LAZY else value for value in held]
    sources = [item(value) for value in ([receiver] if receiver is not None else arguments.positional)]
    match effect.each:
        case "pairs" if sources:
            return Value(effect.kind, link(held) or Region(), parts=(Value(), sources[0]))
        case "numbered" if sources:
            return Value("temporary", Region(), parts=(SCALAR, sources[0]), sources=tuple(arguments.positional))
        case "zipped":
            return Value("temporary", Region(), parts=tuple(sources), sources=tuple(arguments.positional))
        case "split":
            kinds = [value.kind for value in arguments.positional for _ in range(2)]
            return Value("tuple", Region(), parts=tuple(fresh(kind) for kind in kinds))
    each = (sources[0].kind if sources else None) if effect.each == "same" else effect.each
    if effect.result in ("shares", "part"):
        return Value(effect.kind, link([*held, Value(None, Region())]), each)
    return fresh(effect.kind, each)
