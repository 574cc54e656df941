"""Calls: of magics, of libraries, of methods, of the notebook's own functions, of anything else."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace

from nb2ops.compiler.knowledge import UNKNOWN, Effect, knowledge
from nb2ops.compiler.names import loggers, magics, namespaces, patches
from nb2ops.compiler.names.arguments import Arguments, read_arguments
from nb2ops.compiler.names.effects import apply_effect, call_taken_method
from nb2ops.compiler.names.functions import (
    CACHE,
    METHOD,
    call_code,
    call_method,
    call_super_method,
    invoke_all,
    keep_results,
)
from nb2ops.compiler.names.introspection import inspect
from nb2ops.compiler.names.sharing import UNDEFINED
from nb2ops.compiler.names.values import Region, Value, join, joined_path, link, text_value
from nb2ops.compiler.names.walk import Walk

Evaluate = Callable[[ast.AST, Walk], Value]
_PATHS = frozenset(
    {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.path.join", "builtins.str", "os.fspath"}
)
MUTATING_STATE_METHODS = frozenset(
    {"update", "append", "insert", "remove", "pop", "clear", "setdefault", "extend", "use", "set"}
)
_CONFIGURES = re.compile(r"_?(set|seed|manual_seed|use|config|init|setup|register|enable|disable|activate|apply|reset)")
_REGISTERS = re.compile(r"(un)?_?register|_?patch|monkey")
CONFIGURING_FUNCTION = replace(UNKNOWN, seeds=True, sets=("settings",))
"""A function of a library that no table names and whose name says that it configures something."""
CONSTRUCTOR = replace(UNKNOWN, changes=())
"""A class that no cell defines."""
LOCAL_FUNCTION = replace(CONFIGURING_FUNCTION, sets=("settings", "environment", "directory", "path", "modules"))
"""A function of a module beside the notebook."""


def call(node: ast.Call, walk: Walk, evaluate: Evaluate) -> Value:
    """Walk a call and return what is known of its result."""
    magic = magics.recognise(node)
    if magic is not None:
        return magics.apply(magic, node, walk, evaluate)
    through_text = namespaces.call_on_namespace(node, walk, evaluate)
    if through_text is not None:
        return through_text
    receiver: Value | None = None
    name = ""
    if isinstance(node.func, ast.Attribute):
        receiver = evaluate(node.func.value, walk)
        name = node.func.attr
        target = _member(receiver, name)
    else:
        target = evaluate(node.func, walk)
        if target.kind in ("ref:builtins.exec", "ref:builtins.eval"):
            result = namespaces.run_text(target.kind[-4:], node, walk, evaluate)
            if result is not None:
                return result
    arguments = read_arguments(node, walk, evaluate)
    if target.kind and target.kind.startswith("ref:"):
        return _call_reference(target.kind[4:], arguments, node, walk)
    if receiver is not None:
        return _call_method(receiver, name, arguments, node, walk)
    return _call_value(target, arguments, node, walk)


def _member(receiver: Value, name: str) -> Value:
    if receiver.kind and receiver.kind.startswith("ref:"):
        return Value(f"{receiver.kind}.{name}")
    return Value()


def _call_reference(name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    reached = patches.reach_attribute(name, arguments, node, walk)
    if reached is not None:
        return reached
    state, method = knowledge().state(name), name.rpartition(".")[2]
    if state is not None and method in MUTATING_STATE_METHODS:
        walk.set_state(state, node, f"calls {name}()")
        return Value()
    if name in _HOOKS:
        walk.stay(node, f"calls {name}()", f"{name}() was told to call a function, which lives in its own kernel")
    if method == "register" and name.split(".")[-2][:1].isupper():
        return _register_class(name, arguments, node, walk)
    return _call_known(name, arguments, node, walk)


def _register_class(name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    """An abstract class of a library is told of a subclass."""
    patches.put(name, node, "calls", walk, *arguments.all)
    return arguments.positional[0] if arguments.positional else Value()


def _call_known(name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    """Walk a call of which the tables may know something."""
    if name in _FILES:
        return _FILES[name](arguments, node, walk)
    inspected = inspect(name, arguments, node, walk)
    if inspected is not None:
        return inspected
    effect, stays = knowledge().call(name), knowledge().stays(name)
    if effect is None:
        patches.change_inside(name, arguments, node, walk)
        return apply_effect(_unknown(name, node, walk), name, None, arguments, node, walk)._replace(stays=stays)
    value = apply_effect(effect, name, None, arguments, node, walk)
    if name.startswith("logging."):
        value = loggers.note_function(name, value, arguments, node, walk)
    if stays is not None:
        return value._replace(stays=stays)
    if name in _PATHS:
        return text_value(joined_path(arguments.positional), value.kind or "scalar")
    if value.kind == "sklearn.drawing" and _is_steady(effect, arguments):
        return Value("sklearn.Estimator", value.region)
    return value


def _unknown(name: str, node: ast.AST, walk: Walk) -> Effect:
    """What a function may do that no table names: one that says so may seed, and change settings."""
    if name.split(".")[0] in walk.local_modules:
        return LOCAL_FUNCTION
    if _REGISTERS.match(name.rpartition(".")[2]):
        text = f"calls {name}(), which may change the library: other steps do not see that. Do it in each that needs it"
        walk.warn("NB112", node, text)
    return CONFIGURING_FUNCTION if _CONFIGURES.match(name.rpartition(".")[2]) else UNKNOWN


def _is_steady(effect: Effect, arguments: Arguments) -> bool:
    """Whether an estimator draws from its own random state, holds only such, or draws not at all."""
    if arguments.is_given("random_state"):
        return True
    if effect.steady_unless is not None:
        return not arguments.is_true(effect.steady_unless)
    held = [value for value in arguments.all if value.kind != "scalar"]
    return bool(held) and all("sklearn.Estimator" in (value.kind, value.each) or _holds_steady(value) for value in held)


def _holds_steady(value: Value) -> bool:
    return bool(value.parts) and all(part.kind in ("scalar", "sklearn.Estimator") for part in value.parts)


def open_file(arguments: Arguments, path: str | None, mode: str, node: ast.AST, walk: Walk) -> Value:
    """Note that a file is opened; one whose mode is not literal may be written.

    Args:
        arguments: of the call.
        path: the file, None where it is not literal.
        mode: position of the mode.
        node: the call.
        walk: the walk.
    """
    given = arguments.named(mode) or arguments.named("mode")
    text = arguments.text(mode) or arguments.text("mode")
    writes = given is not None and (text is None or bool(set(text) & set("wax+")))
    return Value("file", _opened(path, writes, node, walk), stays="is an open file")


def _map_file(arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    path, mode = arguments.text("0") or arguments.text("filename"), arguments.text("2") or arguments.text("mode")
    return Value("numpy.ndarray", _opened(path, mode not in ("r", "c"), node, walk), stays="is mapped to a file")


def _opened(path: str | None, writes: bool, node: ast.AST, walk: Walk) -> Region:
    walk.world("write" if writes else "read", node, f"opens {path or 'a file'}", path)
    opened = Region()
    opened.files.add(("write" if writes else "read", path, walk.facts.cell))
    return opened


def _call_path(receiver: Value, name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    if name == "open":
        return open_file(arguments, receiver.text, "0", node, walk)
    return text_value(joined_path((receiver, *arguments.positional)), "pathlib.Path")


def _open(arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    return open_file(arguments, arguments.text("0") or arguments.text("file"), "1", node, walk)


_CHANGING = frozenset({"append", "extend", "insert", "add", "update", "setdefault", "remove", "discard", "clear"})
"""Methods of containers that a Series may hold."""
_HOOKS = frozenset({"numpy.seterrcall", "sys.settrace", "sys.setprofile", "threading.settrace", "sys.addaudithook"})
"""Functions by which the interpreter or a library calls the notebook's code, nobody sees when."""

_FILES = {"builtins.open": _open, "numpy.memmap": _map_file}


def _note_entering(name: str, node: ast.AST, walk: Walk) -> None:
    """Note that a context manager is entered for more than one cell: what it changes is known to its kernel only."""
    if name == "__enter__" and walk.through is None:
        walk.stay(node, "calls .__enter__()", "a context manager was entered, which is left in its own kernel")


def _note_item_change(name: str, node: ast.Call, walk: Walk) -> None:
    """An item of a Series may be any object, which the Series shares."""
    match node.func:
        case ast.Attribute(value=ast.Subscript(value=ast.Name(id=owner))) if name in _CHANGING:
            walk.change(walk.read(owner, node), node, f"calls .{name}() of an item")


def _call_method(receiver: Value, name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    _note_entering(name, node, walk)
    _note_item_change(name, node, walk)
    if receiver.kind == "pathlib.Path" and name in ("open", "joinpath"):
        return _call_path(receiver, name, arguments, node, walk)
    if receiver.kind == "super":
        return _call_inherited(receiver, name, arguments, node, walk)
    if name in walk.kept.patched:
        given = replace(arguments, positional=[receiver, *arguments.positional])
        found = call_code(walk.read_patched(name, node), given, node, walk)
        return join(found, Value(None, link([receiver, *arguments.all])))
    loggers.note_method(receiver, name, arguments, node, walk)
    own = call_method(receiver, name, arguments, node, walk)
    if own is not None and receiver.kind in (None, "instance", "class"):
        return own
    if receiver.kind in ("dict", "list", "set", "defaultdict") and any(value.code for value in arguments.all):
        for value in (receiver, *arguments.all):
            walk.identity(value)
    effect = knowledge().method(receiver.kind, name) if receiver.kind else None
    if effect is None and not receiver.code:
        effect = knowledge().method("any", name)
    if effect is not None:
        value = apply_effect(effect, f".{name}", receiver, arguments, node, walk)
        return value if own is None else join(own, value)
    if receiver.code:
        invoke_all(receiver, node, walk)
    return apply_effect(UNKNOWN, f".{name}", receiver, arguments, node, walk)


def _call_inherited(receiver: Value, name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    own = call_super_method(receiver, name, arguments, node, walk)
    if own is not None:
        return own
    inherited = knowledge().method("super", name) or UNKNOWN
    return apply_effect(inherited, f".{name}", receiver, arguments, node, walk)


def _call_value(target: Value, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    if target.kind and target.kind.startswith(METHOD):
        return call_taken_method(target, arguments, node, walk)
    if target.code:
        value = call_code(target, arguments, node, walk)
        if target.kind == CACHE:
            keep_results(target, [*arguments.all, value], _callee(node), node, walk)
        if (
            target.kind is None and target.calls is None
        ):  # it may be something of a library that only holds the notebook's code
            walk.change(target, node, f"calls {_callee(node)}()")
        return value
    effect = knowledge().method(target.kind, "__call__") if target.kind else None
    if target.kind == UNDEFINED:
        return _call_undefined(_callee(node), arguments, node, walk)
    return apply_effect(effect or UNKNOWN, _callee(node), target, arguments, node, walk)


def _call_undefined(name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    """What no cell defines is taken for a class if its name begins like one, else for a function."""
    effect = CONSTRUCTOR if name[:1].isupper() else UNKNOWN
    return apply_effect(effect, name, None, arguments, node, walk)._replace(kind=UNDEFINED)


def _callee(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else "a function"
