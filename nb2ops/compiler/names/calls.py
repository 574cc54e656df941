"""Calls: of the notebook's own functions (walked with their arguments), of known libraries, of anything else."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import UnionType

from nb2ops.compiler.knowledge import UNKNOWN, Effect, knowledge
from nb2ops.compiler.names import magics
from nb2ops.compiler.names.scopes import local_names, parameters
from nb2ops.compiler.names.values import (
    SCALAR,
    Class,
    Code,
    Frame,
    Function,
    Region,
    Value,
    fresh,
    item,
    join_all,
    link,
)
from nb2ops.compiler.names.walk import Walk

Evaluate = Callable[[ast.AST, Walk], Value]
MUTATING_STATE_METHODS = frozenset(
    {"update", "append", "insert", "remove", "pop", "clear", "setdefault", "extend", "use", "set"}
)


@dataclass(slots=True)
class Arguments:
    """The arguments of a call as values."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    nodes: list[ast.expr] = field(default_factory=list)
    keyword_nodes: dict[str, ast.expr] = field(default_factory=dict)

    @property
    def all(self) -> list[Value]:
        """Every argument."""
        return [*self.positional, *self.keywords.values()]

    def named(self, name: str) -> Value | None:
        """Return an argument by position ("0") or keyword."""
        if name.isdigit():
            position = int(name)
            return self.positional[position] if position < len(self.positional) else None
        return self.keywords.get(name)

    def is_true(self, keyword: str) -> bool:
        """Whether a keyword is given and may be true."""
        node = self.keyword_nodes.get(keyword)
        return node is not None and not (isinstance(node, ast.Constant) and not node.value)

    def is_given(self, keyword: str) -> bool:
        """Whether a keyword is given and not None."""
        node = self.keyword_nodes.get(keyword)
        return node is not None and not (isinstance(node, ast.Constant) and node.value is None)

    def text(self, name: str) -> str | None:
        """Return an argument that is a literal string."""
        position = int(name) if name.isdigit() else None
        node = self.keyword_nodes.get(name) if position is None else None
        if position is not None and position < len(self.nodes):
            node = self.nodes[position]
        return literal_path(node)


def literal_path(node: ast.expr | None) -> str | None:
    """Return the text of a literal path: `"a.csv"` or `Path("a.csv")`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Constant(value=str(text))]):
            return text
    return None


def call(node: ast.Call, walk: Walk, evaluate: Evaluate) -> Value:
    """Walk a call and return what is known of its result."""
    magic = magics.recognise(node)
    if magic is not None:
        return magics.apply(magic, node, walk)
    receiver: Value | None = None
    name = ""
    if isinstance(node.func, ast.Attribute):
        receiver = evaluate(node.func.value, walk)
        name = node.func.attr
        target = _member(receiver, name)
    else:
        target = evaluate(node.func, walk)
    arguments = _arguments(node, walk, evaluate)
    if target.kind and target.kind.startswith("ref:"):
        return _call_reference(target.kind[4:], arguments, node, walk)
    if receiver is not None:
        return _call_method(receiver, name, arguments, node, walk)
    return _call_value(target, arguments, node, walk)


def _member(receiver: Value, name: str) -> Value:
    if receiver.kind and receiver.kind.startswith("ref:"):
        return Value(f"{receiver.kind}.{name}")
    return Value()


def _arguments(node: ast.Call, walk: Walk, evaluate: Evaluate) -> Arguments:
    found = Arguments()
    for argument in node.args:
        found.positional.append(evaluate(argument, walk))
        found.nodes.append(argument)
    for keyword in node.keywords:
        name = keyword.arg or f"**{len(found.keywords)}"
        found.keywords[name] = evaluate(keyword.value, walk)
        found.keyword_nodes[name] = keyword.value
    return found


def _call_reference(name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    state, method = knowledge().state(name), name.rpartition(".")[2]
    if state is not None and method in MUTATING_STATE_METHODS:
        walk.set_state(state, node, f"calls {name}()")
        return Value()
    if name == "builtins.open":
        return _open(arguments, node, walk)
    effect = knowledge().call(name)
    if effect is None:
        return apply_effect(UNKNOWN, name, None, arguments, node, walk)
    value = apply_effect(effect, name, None, arguments, node, walk)
    if value.kind == "sklearn.drawing" and _is_seeded(arguments):
        return Value("sklearn.Estimator", value.region)
    return value


def _is_seeded(arguments: Arguments) -> bool:
    """Whether an estimator is given its own random state, or holds only such that are."""
    if arguments.is_given("random_state"):
        return True
    held = [value for value in arguments.all if value.kind != "scalar"]
    return bool(held) and all(value.kind == "sklearn.Estimator" or value.each == "sklearn.Estimator" for value in held)


def _open(arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    mode = arguments.text("1") or arguments.text("mode") or "r"
    path = arguments.text("0") or arguments.text("file")
    writes = bool(set(mode) & set("wax+"))
    walk.world("write" if writes else "read", node, f"opens {path or 'a file'}", path)
    return fresh("file")


def _call_method(receiver: Value, name: str, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    own = [method for code in receiver.code if isinstance(code, Class) and (method := code.methods.get(name))]
    if own:
        return join_all([_run(method, [receiver, *arguments.positional], arguments, node, walk) for method in own])
    effect = knowledge().method(receiver.kind, name) if receiver.kind else None
    if effect is None:
        effect = _common_method(receiver, name)
    if effect is not None:
        return apply_effect(effect, f".{name}", receiver, arguments, node, walk)
    if receiver.code:
        invoke_code(receiver, node, walk)
    return apply_effect(UNKNOWN, f".{name}", receiver, arguments, node, walk)


def _common_method(receiver: Value, name: str) -> Effect | None:
    return None if receiver.code else knowledge().method("any", name)


def _call_value(target: Value, arguments: Arguments, node: ast.Call, walk: Walk) -> Value:
    code = target.code
    if not code:
        return apply_effect(UNKNOWN, _callee(node), target, arguments, node, walk)
    return join_all([_call_code(each, target, arguments, node, walk) for each in sorted(code, key=lambda c: c.name)])


def decorate(decorator: Value, value: Value, node: ast.AST, walk: Walk) -> Value:
    """Return a function or class as its decorator leaves it: replaced, wrapped, or registered somewhere."""
    if decorator.kind and decorator.kind.startswith("ref:"):
        return value
    arguments = Arguments([value])
    found = [_call_code(each, decorator, arguments, node, walk) for each in decorator.code]
    if not found:
        walk.change(decorator, node, "decorates with it")
    return Value(value.kind, link((value, decorator, *found)))


def _callee(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else "a function"


def _call_code(code: Code, target: Value, arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    if isinstance(code, Function):
        return _run(code, arguments.positional, arguments, node, walk)
    instance = Value("instance", Region((code,)))
    region = link((instance, *arguments.all, target)) if not _initialisers(code) else instance.region
    instance = Value("instance", region)
    for method in _initialisers(code):
        _run(method, [instance, *arguments.positional], arguments, node, walk)
    return instance


def _initialisers(code: Class) -> list[Function]:
    return [code.methods[name] for name in ("__new__", "__init__", "__post_init__") if name in code.methods]


def _run(function: Function, positional: list[Value], arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    """Walk a function's body with its arguments and return what it gives back."""
    frame = Frame(local_names(function.node), parent=function.frame)
    _fill(frame, function, positional, arguments.keywords)
    if walk.is_inside(function) or walk.is_too_deep:
        return _unseen(function, [*positional, *arguments.keywords.values()], node, walk)
    with walk.entering(function, frame, node), walk.block():
        walk.run(walk, _body(function))
    if function.generator:
        result = Value("temporary", _region_of(frame.returned))
        result.region.root.code.add(function)  # type: ignore[union-attr]
        return result
    return join_all(frame.returned) if frame.returned else SCALAR


def _region_of(values: list[Value]) -> Region:
    return link(values) or Region()


def _body(function: Function) -> list[ast.stmt]:
    if isinstance(function.node, ast.Lambda):
        return [ast.copy_location(ast.Return(function.node.body), function.node.body)]
    return function.node.body


def _fill(frame: Frame, function: Function, positional: list[Value], keywords: dict[str, Value]) -> None:
    names = parameters(function.node)
    args = function.node.args
    plain = [each.arg for each in (*args.posonlyargs, *args.args)]
    frame.variables.update(zip(plain, positional, strict=False))
    known = {each.arg for each in names}
    for name, value in keywords.items():
        if name in known:
            frame.variables[name] = value
    rest = [*positional[len(plain) :], *(value for name, value in keywords.items() if name not in known)]
    for extra in (args.vararg, args.kwarg):
        if extra is not None:
            frame.variables[extra.arg] = Value("tuple" if extra is args.vararg else "dict", _region_of(rest))
    for each in names:
        frame.variables.setdefault(each.arg, Value())


def _unseen(function: Function, values: list[Value], node: ast.AST, walk: Walk) -> Value:
    """A call that is not walked: it may change its arguments and, unless it is a recursion, every free variable."""
    free = [] if walk.is_inside(function) else [walk.env[name] for name in function.free if name in walk.env]
    touched = [*values, *free]
    for value in touched:
        walk.change(value, node, f"calls {function.name}()")
    return Value(None, link(touched))


def invoke_code(value: Value, node: ast.AST, walk: Walk) -> None:
    """Somebody else may call what a value leads to, with anything it holds."""
    _invoke(value, Function | Class, node, walk)


def _invoke(value: Value, kinds: type[Function] | UnionType, node: ast.AST, walk: Walk) -> None:
    for code in sorted(value.code, key=lambda each: each.name):
        if isinstance(code, kinds):
            functions = [code] if isinstance(code, Function) else list(code.methods.values())
            _run_perhaps(functions, Value(None, value.region), node, walk)


def special_methods(value: Value, node: ast.AST, walk: Walk) -> None:
    """Walk the special methods of the notebook's classes that operators, displays and `with` call."""
    for code in value.code:
        if isinstance(code, Class):
            special = [method for name, method in code.methods.items() if name.startswith("__")]
            functions = [method for method in special if method not in _initialisers(code)]
            _run_perhaps(functions, Value(value.kind, value.region), node, walk)


def _run_perhaps(functions: list[Function], argument: Value, node: ast.AST, walk: Walk) -> None:
    for function in functions:
        given = [argument] * len(parameters(function.node))
        walk.maybe(partial(_run, function, given, Arguments(), node, walk))


def property_read(owner: Value, name: str, node: ast.AST, walk: Walk) -> None:
    """Walk the property of that name in the notebook's classes."""
    for code in owner.code:
        method = code.methods.get(name) if isinstance(code, Class) else None
        if method is not None and not isinstance(method.node, ast.Lambda) and method.node.decorator_list:
            _run(method, [owner], Arguments(), node, walk)


def apply_effect(
    effect: Effect, name: str, receiver: Value | None, arguments: Arguments, node: ast.AST, walk: Walk
) -> Value:
    """Note what a call does and return its result."""
    how = f"calls {name.removeprefix('builtins.')}()"
    for value in arguments.all:
        _invoke_argument(value, effect, node, walk)
    _apply_changes(effect, how, receiver, arguments, node, walk)
    _apply_states(effect, how, arguments, node, walk)
    _apply_world(effect, how, arguments, node, walk)
    return _result(effect, receiver, arguments)


def _invoke_argument(value: Value, effect: Effect, node: ast.AST, walk: Walk) -> None:
    """What is given a function may call it; what is given an object calls its special methods at least."""
    if effect.known:
        special_methods(value, node, walk)
    _invoke(value, Function if effect.known else Function | Class, node, walk)
    if value.kind and value.kind.startswith("ref:"):
        passed = knowledge().call(value.kind[4:])
        if passed is not None and (passed.draws or passed.draws_unless):
            walk.draw(node, f"passes {value.kind[4:]}")


def _apply_changes(
    effect: Effect, how: str, receiver: Value | None, arguments: Arguments, node: ast.AST, walk: Walk
) -> None:
    for value in _changed(effect, receiver, arguments):
        walk.change(value, node, how)
    if effect.links:
        held = [value for value in (receiver, *arguments.all) if value is not None and value.region is not None]
        shared = link(held)
        if shared is not None and len(held) > 1:
            walk.touch(shared)


def _changed(effect: Effect, receiver: Value | None, arguments: Arguments) -> list[Value]:
    """Return the objects that a call changes in place."""
    named: dict[str, list[Value | None]] = {"self": [receiver], "args": [*arguments.all]}
    found: list[Value | None] = []
    for what in effect.changes:
        found += named[what] if what in named else [arguments.named(what)]
    found.append(arguments.keywords.get("out"))
    if effect.inplace and arguments.is_true(effect.inplace):
        found.append(receiver)
    if effect.consumes:
        found += [value for value in arguments.all if value.kind in (None, "iterator", "file")]
    return [value for value in found if value is not None]


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


def _may_draw(value: Value) -> bool:
    return value.kind in (None, "sklearn.drawing", "instance")


def _apply_world(effect: Effect, how: str, arguments: Arguments, node: ast.AST, walk: Walk) -> None:
    if effect.reads and (effect.reads == "self" or arguments.all):
        walk.world("read", node, how, _path(effect.reads, arguments))
    if effect.writes and (effect.writes == "self" or arguments.all):
        walk.world("write", node, how, _path(effect.writes, arguments))
    if effect.world:
        walk.world("unknown", node, how, None)


def _path(where: str, arguments: Arguments) -> str | None:
    return None if where == "self" else arguments.text(where)


def _result(effect: Effect, receiver: Value | None, arguments: Arguments) -> Value:
    if effect.result == "scalar":
        return SCALAR
    if effect.result == "self" and receiver is not None:
        return receiver
    if effect.result == "first" and arguments.positional:
        return arguments.positional[0]
    given = arguments.all if effect.result == "shares" else []
    held = [value for value in (receiver, *given) if value is not None]
    sources = [item(value) for value in ([receiver] if receiver is not None else arguments.positional)]
    match effect.each:
        case "pairs" if sources:
            return Value("temporary", Region(), parts=(Value(), sources[0]))
        case "numbered" if sources:
            return Value("temporary", Region(), parts=(SCALAR, sources[0]))
        case "zipped":
            return Value("temporary", Region(), parts=tuple(sources))
        case "split":
            return Value(
                "tuple", Region(), parts=tuple(fresh(value.kind) for value in arguments.positional for _ in range(2))
            )
    each = (sources[0].kind if sources else None) if effect.each == "same" else effect.each
    if effect.result in ("shares", "part"):
        return Value(effect.kind, _region_of(held), each)
    return fresh(effect.kind, each)
