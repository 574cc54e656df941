"""Faults of the analysis: something that a cell reads, binds or changes is overlooked."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from nb2ops.compiler import dependencies, versions
from nb2ops.compiler.names import attributes, control, effects, expressions, functions, scopes
from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.facts import RANDOM
from nb2ops.compiler.names.functions import METHOD
from nb2ops.compiler.names.notes import Notes
from nb2ops.compiler.names.values import Region, Value
from nb2ops.compiler.names.walk import Walk
from tests.prove.faults.seeding import Fault, gives

Sound = Callable[..., Any]


def _own_region(sound: Sound) -> Sound:
    def bind(walk: Walk, name: str, value: Value, *rest: Any) -> None:
        region = value.region and Region(value.code)
        sound(walk, name, value._replace(region=region, parts=()), *rest)

    return bind


def _unlinked(sound: Sound) -> Sound:
    return lambda values, kind=None, each=None: Value(kind, Region(), each)


def _without_receiver(sound: Sound) -> Sound:
    def changed(effect: Any, receiver: Value | None, arguments: Arguments) -> Iterator[Value]:
        yield from (value for value in sound(effect, receiver, arguments) if value is not receiver)

    return changed


def _without_arguments(sound: Sound) -> Sound:
    def changed(effect: Any, receiver: Value | None, arguments: Arguments) -> Iterator[Value]:
        yield from (value for value in sound(effect, receiver, arguments) if value is receiver)

    return changed


def _empty_lambdas(sound: Sound) -> Sound:
    return lambda function: [] if isinstance(function.node, ast.Lambda) else sound(function)


def _fresh_defaults(sound: Sound) -> Sound:
    def fill(frame: Any, function: Any, positional: Any, arguments: Any) -> None:
        sound(frame, function, positional, arguments)
        for name in frame.variables:
            if frame.variables[name].region is not None and frame.variables[name].region.root is function.home.root:
                frame.variables[name] = Value(None, Region())

    return fill


def _not_in_calls(sound: Sound) -> Sound:
    def note(walk: Walk, *rest: Any) -> None:
        if walk.through is None:
            sound(walk, *rest)

    return note


def _still_there(sound: Sound) -> Sound:
    return lambda facts: (found for found in sound(facts) if not found[1].deleted)


def _touching_nothing(sound: Sound) -> Sound:
    return lambda walk, value: set() if value.region is None else walk._alive_names(value.region.root)


def _unless_random(sound: Sound) -> Sound:
    def set_state(walk: Walk, state: str, node: ast.AST, how: str) -> None:
        if state != RANDOM or "seed" in how:
            sound(walk, state, node, how)

    return set_state


def _plain_attribute(sound: Sound) -> Sound:
    def read(owner: Value, name: str, node: ast.AST, walk: Walk) -> Value:
        found = sound(owner, name, node, walk)
        return Value() if (found.kind or "").startswith(METHOD) else found

    return read


def _one_after_the_other(sound: Sound) -> Sound:
    return lambda walk, *bodies: [body() for body in bodies]


def _as_plain_code(node: ast.AST, names: Any) -> None:
    scopes._collect(ast.iter_child_nodes(node), names)


ANALYSIS = (
    Fault("alias: two names of one object", Walk, "bind_module", _own_region),
    Fault("alias: an object in a container", expressions, "share", _unlinked),
    Fault("a loop of no turn", control, "_has_items", gives(True)),
    Fault("a branch that is not taken", Walk, "branches", _one_after_the_other),
    Fault("a method that changes its object", effects, "_changed", _without_receiver),
    Fault("a function that changes its arguments", effects, "_changed", _without_arguments),
    Fault("a change in place", Walk, "change", gives(None)),
    Fault("pandas: inplace=True", Arguments, "is_true", gives(False)),
    Fault("classes that lose their names", Walk, "leave_class", gives(None)),
    Fault("a cell that linked two names", Walk, "identity", _touching_nothing),
    Fault("free variables of functions", Walk, "_note_use", _not_in_calls, Fault("", Walk, "_carry", gives(None))),
    Fault("functions that somebody else calls", functions, "_run_perhaps", gives([])),
    Fault("bodies of lambdas", functions, "_body", _empty_lambdas),
    Fault("defaults that a call changes", functions, "_fill", _fresh_defaults),
    Fault("global: a counter in a function", Walk, "bind_module", _not_in_calls),
    Fault("a method taken from its object", attributes, "read_attribute", _plain_attribute),
    Fault("decorators", functions, "decorate", lambda sound: lambda decorator, value, node, walk: value),
    Fault("an iterator that is drawn from", Walk, "draw_from", gives(None)),
    Fault("deletion", versions, "_writes", _still_there),
    Fault("draws from the global random state", Notes, "set_state", _unless_random),
    Fault("variables in queries", effects, "read_query", gives([])),
    Fault("code that nobody can know", Notes, "opaque", gives(None)),
    Fault("files: writing before reading", dependencies, "_conflict", gives(False)),
    Fault("the outside world", Notes, "world", gives(None)),
    Fault("names of comprehensions are their own", scopes, "_collect_comprehension", lambda _: _as_plain_code),
)
