"""Builtins that reach into objects and scopes: `getattr`, `setattr`, `vars`, `locals`, `dir`, `super`, `type`."""

from __future__ import annotations

import ast
from collections.abc import Callable

from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.attributes import attribute, set_attribute
from nb2ops.compiler.names.functions import class_of
from nb2ops.compiler.names.values import Region, Value, forget_fields, fresh, join, link
from nb2ops.compiler.names.walk import Walk


def inspect(name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> Value | None:
    """Walk a call of one of these builtins; None where the tables say what it does."""
    handler = _HANDLERS.get(name)
    return None if handler is None else handler(arguments, node, walk)


def _getattr(arguments: Arguments, node: ast.AST, walk: Walk) -> Value | None:
    name = arguments.text("1")
    if name is None or not arguments.positional:
        return None
    found = attribute(arguments.positional[0], name, node, walk)
    return join(found, arguments.positional[2]) if len(arguments.positional) > 2 else found


def _setattr(arguments: Arguments, node: ast.AST, walk: Walk) -> None:
    if len(arguments.positional) != 3:
        return
    owner, _, value = arguments.positional
    name = arguments.text("1")
    if name is None:
        forget_fields(owner)
    else:
        set_attribute(owner, name, value, node, walk)


def _vars(arguments: Arguments, node: ast.AST, walk: Walk) -> Value | None:
    if not arguments.positional:
        return _locals(arguments, node, walk)
    forget_fields(arguments.positional[0])
    return Value("dict", arguments.positional[0].region)


def _locals(arguments: Arguments, _: ast.AST, walk: Walk) -> Value | None:
    if walk.frame is None or arguments.all:
        return None
    return Value("dict", link([Value(None, Region()), *walk.frame.variables.values()]))


def _dir(arguments: Arguments, _: ast.AST, __: Walk) -> Value | None:
    return fresh("list", "scalar") if arguments.all else None


def _super(arguments: Arguments, _: ast.AST, walk: Walk) -> Value | None:
    """`super()` in a method is its object, seen through its bases."""
    if arguments.all:
        return None
    receiver = walk.frame.receiver if walk.frame is not None else None
    return Value(None, Region()) if receiver is None else Value("super", receiver.region)


def _type(arguments: Arguments, _: ast.AST, __: Walk) -> Value | None:
    if len(arguments.positional) > 1:
        return Value("class", link([*arguments.all, Value(None, Region())]))
    if arguments.positional and arguments.positional[0].code:
        return class_of(arguments.positional[0])
    return None


_HANDLERS: dict[str, Callable[[Arguments, ast.AST, Walk], Value | None]] = {
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.vars": _vars,
    "builtins.locals": _locals,
    "builtins.dir": _dir,
    "builtins.super": _super,
    "builtins.type": _type,
}
