"""The notebook's own functions and classes: their bodies are walked with the arguments of each call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.scopes import captured_names, local_names, parameters
from nb2ops.compiler.names.sharing import names_in
from nb2ops.compiler.names.values import (
    SCALAR,
    Class,
    Code,
    Frame,
    Function,
    Region,
    Value,
    forget_fields,
    join_all,
    link,
)
from nb2ops.compiler.names.walk import Walk

CACHE = "cache"
"""Kind of a decorator whose functions keep their results: calling one changes it."""

_CALLED_OTHERWISE = frozenset(
    {"__init__", "__new__", "__post_init__", "__call__", "__prepare__", "__init_subclass__", "__set_name__"}
)
"""Special methods that run when a class or an object is made, or is called."""

_TOO_MUCH = "may call too much in turn, {}() among it"

METHOD = "method:"
"""Prefix of the kind of a method that was taken from its object: `method:append`."""


def call_code(target: Value, arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    """Walk a call of a value that leads to code of the notebook."""
    found = []
    for index, each in enumerate(in_order(target.called)):
        if index and not walk.choose():
            walk.opaque(node, _TOO_MUCH.format(each.name))
            return Value(None, link([target, *arguments.all]))
        if isinstance(each, Function):
            found.append(run(each, arguments.positional, arguments, node, walk, exact=target.calls is not None))
        else:
            found.append(_call_class(each, target, arguments, node, walk))
    return join_all(found)


def in_order(code: Iterable[Code]) -> list[Code]:
    """Return code in an order that is the same in every process."""
    return sorted(code, key=lambda each: (each.name, each.order))


def _call_class(code: Class, target: Value, arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    called = code.methods.get("__call__")
    results = []
    if target.kind != "instance":
        results.append(_instantiate(code, target, arguments, node, walk))
    if called is not None and target.kind != "class":
        results.append(run(called, [target, *arguments.positional], arguments, node, walk))
    return join_all(results)


def _instantiate(code: Class, target: Value, arguments: Arguments, node: ast.AST, walk: Walk) -> Value:
    instance = Value("instance", Region((code,)))
    written = {"__init__", "__new__"} & code.methods.keys()
    if not written and arguments.all:  # a dataclass, a named tuple, or whatever the base does: it may keep them
        forget_fields(instance)
        instance = Value("instance", link((instance, *arguments.all)))
    if "__new__" in code.methods:
        made = run(code.methods["__new__"], [target, *arguments.positional], arguments, node, walk)
        instance = Value("instance", link((instance, made)))
    if "__init__" in code.methods:
        run(code.methods["__init__"], [instance, *arguments.positional], arguments, node, walk)
    if "__post_init__" in code.methods:
        run(code.methods["__post_init__"], [instance], Arguments(), node, walk)
    return instance


def call_super_method(receiver: Value, name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> Value | None:
    """Walk the methods of that name that the bases of the notebook's classes have; None where they have none."""
    found = [method for code in receiver.code if isinstance(code, Class) and (method := code.inherited.get(name))]
    if not found:
        return None
    owner = Value("instance", receiver.region)
    return join_all([run(each, _bound(each, owner, arguments), arguments, node, walk) for each in found])


def call_method(receiver: Value, name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> Value | None:
    """Walk the methods of that name of the notebook's classes; None where they have none."""
    found = [code for code in receiver.code if isinstance(code, Class) and name in code.methods]
    own = [code.methods[name] for code in found]
    if not own:
        return None
    for code in found:
        if any(_caches(decorator) for decorator in code.methods[name].decorators):
            keep_results(Value(None, code.home), [receiver, *arguments.all], f".{name}", node, walk)
    return join_all([run(each, _bound(each, receiver, arguments), arguments, node, walk) for each in own])


def keep_results(cache: Value, values: list[Value], name: str, node: ast.AST, walk: Walk) -> None:
    """Note that a cache holds on to arguments or results from now on."""
    shared = link([cache, *values])
    if shared is not None:
        walk.touch(shared)
    walk.change(cache, node, f"calls {name}(), which keeps its results")


def _caches(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(named).rpartition(".")[2] in ("lru_cache", "cache")


def _bound(method: Function, receiver: Value, arguments: Arguments) -> list[Value]:
    """Return the positional arguments of a method, the receiver first where there is one."""
    decorators = {each.id for each in method.decorators if isinstance(each, ast.Name)}
    if "staticmethod" in decorators or (receiver.kind == "class" and "classmethod" not in decorators):
        return arguments.positional
    if "classmethod" in decorators and receiver.kind != "class":
        return [class_of(receiver), *arguments.positional]
    return [receiver, *arguments.positional]


def decorate(decorator: Value, value: Value, node: ast.AST, walk: Walk) -> Value:
    """Return a function or class as its decorator leaves it: replaced, wrapped, or registered somewhere."""
    if decorator.kind and decorator.kind.startswith("ref:"):
        effect = knowledge().call(decorator.kind[4:])
        return value._replace(kind=CACHE) if effect is not None and effect.kind == CACHE else value
    if not decorator.called:
        walk.change(decorator, node, "decorates with it")
        kind = CACHE if decorator.kind == CACHE else value.kind
        return Value(kind, link((value, decorator)), calls=value.calls)
    if decorator.calls is not None:
        return call_code(decorator, Arguments([value]), node, walk)
    if decorator.kind != "function":
        walk.change(decorator, node, "decorates with it")
    result = call_code(decorator, Arguments([value]), node, walk)
    calls = result.calls if decorator.kind == "instance" else None
    return Value(None, link((value, decorator, result)), calls=calls)


def run(
    function: Function,
    positional: list[Value],
    arguments: Arguments,
    node: ast.AST,
    walk: Walk,
    *,
    exact: bool = True,
) -> Value:
    """Walk a function's body with its arguments and return what it gives back.

    Args:
        function: what is called.
        positional: its positional arguments.
        arguments: all of them.
        node: where.
        walk: the walk.
        exact: it is this one that is called, and not one of many that can be reached: of those each is walked anyway.
    """
    if function.others:
        each_of = (*function.others, replace(function, others=()))
        return join_all([run(each, positional, arguments, node, walk) for each in each_of])
    if walk.is_inside(function, exact=exact):
        return _recursion(function, [*positional, *arguments.all], node, walk)
    if walk.is_too_deep(function):
        walk.opaque(node, f"calls nested too deeply in {function.name}()")
        return Value(None, link([*positional, *arguments.all]))
    frame = Frame(local_names(function.node), parent=function.frame, captured=captured_names(function.node))
    if function.name in function.free:
        positional, arguments = [each._replace(text=None) for each in positional], arguments.without_texts()
    frame.receiver = positional[0] if positional else None
    _fill(frame, function, positional, arguments)
    with walk.entering(function, frame, node), walk.block():
        walk.run(walk, _body(function))
    if function.generator:
        region = link([*frame.returned, Value(None, Region((function,)))])
        return Value("temporary", region, stays="is a generator")
    return join_all(frame.returned)


def _body(function: Function) -> list[ast.stmt]:
    if isinstance(function.node, ast.Lambda):
        return [ast.copy_location(ast.Return(function.node.body), function.node.body)]
    return function.node.body


def _fill(frame: Frame, function: Function, positional: list[Value], arguments: Arguments) -> None:
    """Bind the parameters; one that is not given may be in `*args`, or is a default, which lives with the function."""
    names = [each.arg for each in parameters(function.node)]
    args = function.node.args
    plain = [each.arg for each in (*args.posonlyargs, *args.args)]
    bound = dict(zip(plain, positional, strict=False))
    bound |= {name: value for name, value in arguments.keywords.items() if name in names}
    rest = [*positional[len(plain) :], *(value for name, value in arguments.keywords.items() if name not in names)]
    missing = arguments.spread or Value(None, function.home)
    for extra, kind in ((args.vararg, "tuple"), (args.kwarg, "dict")):
        if extra is not None:
            held = rest if arguments.spread is None else [*rest, arguments.spread]
            bound[extra.arg] = Value(kind, link([*held, Value(None, Region())]))
    for name in names:
        frame.bind(name, bound.get(name, missing))


def _recursion(function: Function, values: list[Value], node: ast.AST, walk: Walk) -> Value:
    """The body is being walked already; what it does to other arguments, and to what it holds, is not known."""
    if any(value.text is not None for value in values):
        walk.world("unknown", node, f"calls {function.name}()", None)
    for value in (*values, *([] if walk.is_inside(function, exact=True) else [Value(None, function.home)])):
        walk.change(value, node, f"calls {function.name}()")
    return Value(None, link(values))


def invoke(value: Value, given: Iterable[Value], node: ast.AST, walk: Walk) -> list[Value]:
    """Somebody else may call the functions that a value leads to, with any of the given objects.

    Returns:
        What the functions give back.
    """
    functions = [code for code in in_order(value.called) if isinstance(code, Function)]
    exact = value.calls is not None
    return [found for code in functions for each in given for found in _run_perhaps([code], each, node, walk, exact)]


def invoke_all(value: Value, node: ast.AST, walk: Walk) -> list[Value]:
    """Somebody else may call the functions and methods that a value leads to, with anything it holds.

    Returns:
        What they give back.
    """
    found: list[Value] = []
    for code in in_order(value.called):
        functions = [code] if isinstance(code, Function) else list(code.methods.values())
        found += _run_perhaps(functions, Value(None, value.region), node, walk, value.calls is not None)
    return found


def special_methods(value: Value, node: ast.AST, walk: Walk) -> None:
    """Walk the special methods of the notebook's classes that operators, displays and `with` call."""
    for code in in_order(value.code):
        if isinstance(code, Class):
            hooks = {
                name: each for name, each in code.methods.items() if name.startswith(("__", "_repr_", "_ipython_"))
            }
            special = [each for name, each in hooks.items() if name not in _CALLED_OTHERWISE]
            give(value, _run_perhaps(special, Value(value.kind, value.region), node, walk), walk)


def give(owner: Value, returned: list[Value], walk: Walk) -> None:
    """Note that an object gives back objects of variables when it is walked over, asked for an item or attribute."""
    known = of_variables(returned, walk)
    shared = link([owner, *known]) if known else None
    if shared is not None:
        walk.touch(shared)


def of_variables(values: Iterable[Value], walk: Walk) -> list[Value]:
    """Return those of the values, and of their parts, that may be objects of variables."""
    flat = [each for value in values for each in (value, *of_variables(value.parts, walk))]
    return [each for each in flat if each.region is not None and names_in(each.region.root, walk.env)]


def _run_perhaps(
    functions: list[Function], argument: Value, node: ast.AST, walk: Walk, exact: bool = True
) -> list[Value]:
    returned: list[Value] = []

    def call(function: Function, count: int) -> None:
        returned.append(run(function, [argument] * count, Arguments(), node, walk, exact=exact))

    for function in functions:
        if not walk.guess():
            walk.opaque(node, _TOO_MUCH.format(function.name))
            break
        for count in _counts(function):
            walk.maybe(partial(call, function, count))
    return returned


def has_defaults(function: Function) -> bool:
    """Whether a function keeps objects for parameters that are not given; constants are none."""
    args = function.node.args
    return not all(isinstance(each, ast.Constant | ast.UnaryOp | None) for each in (*args.defaults, *args.kw_defaults))


def _counts(function: Function) -> Iterator[int]:
    """Yield how many arguments somebody may give: so few that the defaults stand in, and all."""
    args = function.node.args
    if has_defaults(function):
        yield len(args.posonlyargs) + len(args.args) - len(args.defaults)
    yield len(parameters(function.node))


def returns_something(function: Function) -> bool:
    """Whether a function has a `return` with a value other than None or False."""
    returns = (each for each in ast.walk(function.node) if isinstance(each, ast.Return) and each.value is not None)
    return any(not isinstance(each.value, ast.Constant) or bool(each.value.value) for each in returns)


def class_of(value: Value) -> Value:
    """Return the classes of an object, as `type()` does."""
    homes = [Value(None, code.home) for code in value.code if isinstance(code, Class)]
    return Value("class", link(homes)) if homes else SCALAR
