"""Logging: what a handler keeps or writes changes with every message."""

from __future__ import annotations

import ast

from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.values import Region, Value, link, staying
from nb2ops.compiler.names.walk import Walk

MESSAGES = frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception", "log", "handle"})
CONSOLE = "handler.console"
_CONSOLES = ("ref:sys.stdout", "ref:sys.stderr")


def made_handler(name: str, value: Value, arguments: Arguments) -> Value:
    """Return a new handler; one that only shows messages is told apart."""
    shows = name == "logging.StreamHandler" and all(each.kind in _CONSOLES for each in arguments.all)
    return value._replace(kind=CONSOLE) if shows or name == "logging.NullHandler" else value


def note_handlers(name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> None:
    """Note which objects receive messages from now on: by `addHandler`, or by a function that configures."""
    configures = name in ("logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig")
    if configures and arguments.is_given("filename"):
        _keep(Value(None, Region()), walk)
    given = arguments.positional if name.endswith("addHandler") else [arguments.keywords.get("handlers")]
    for value in given if configures or name.endswith("addHandler") else ():
        if value is not None and value.kind != CONSOLE:
            _keep(value, walk)
            if why := staying([value]):
                walk.stay(node, f"calls {name}()", f"a logger got a handler that stays in its kernel: it {why}")
    if name.startswith("logging.config."):
        _keep(Value(None, Region()), walk)


def _keep(value: Value, walk: Walk) -> None:
    held = [each for each in (walk.kept.log, value) if each is not None and each.region is not None]
    walk.kept.log = Value(None, link(held))


def note_function(name: str, value: Value, arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    """Note what a function of `logging` does, and return its result."""
    method = name.rpartition(".")[2]
    note_handlers(name, arguments, node, walk)
    if method in MESSAGES:
        note_message(method, node, walk)
    return made_handler(name, value, arguments) if method.endswith("Handler") else value


def note_method(receiver: Value, name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> None:
    """Note what a method of a logger, or of what may be one, does."""
    if name == "addHandler":
        note_handlers(".addHandler", arguments, node, walk)
    elif name in MESSAGES and receiver.kind in (None, "logger"):
        note_message(name, node, walk)


def note_message(name: str, node: ast.AST, walk: Walk) -> None:
    """Note that a message reaches the handlers that keep or write it."""
    if walk.kept.log is None:
        return
    walk.change(walk.kept.log, node, f"logs by .{name}()")
    walk.set_state("settings", node, f"logs by .{name}()")
    walk.world("unknown", node, f"logs by .{name}()", None)
