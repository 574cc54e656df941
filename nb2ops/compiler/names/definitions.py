"""Definitions of functions and classes: decorators, bases, what the class body leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names import functions
from nb2ops.compiler.names.annotations import names_looked_up
from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.attributes import fields_of
from nb2ops.compiler.names.calls import LOCAL_FUNCTION
from nb2ops.compiler.names.effects import apply_effect
from nb2ops.compiler.names.evaluation import evaluate
from nb2ops.compiler.names.expressions import function_value
from nb2ops.compiler.names.scopes import free_names, local_names
from nb2ops.compiler.names.sharing import ARRAYS, CONTAINERS
from nb2ops.compiler.names.statements import execute
from nb2ops.compiler.names.values import Class, Code, Frame, Function, Region, Value, link
from nb2ops.compiler.names.walk import Walk

_DATA = CONTAINERS | ARRAYS | {"tuple", "iterator", "temporary"}
"""Kinds of what may hold functions, and is none."""

_METACLASSES = frozenset({"ref:builtins.type", "ref:abc.ABCMeta", "ref:enum.EnumMeta", "ref:enum.EnumType"})
_METACLASS_HOOKS = ("__prepare__", "__new__", "__init__")


@execute.register(ast.FunctionDef)
@execute.register(ast.AsyncFunctionDef)
def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, walk: Walk) -> None:
    evaluated = [(each, evaluate(each, walk)) for each in node.decorator_list]
    decorators = [value for each, value in evaluated if not _is_accessor(each)]
    _evaluate_annotations(node, walk)
    value = function_value(node, walk)
    if len(decorators) < len(evaluated):  # a property goes on with what it had
        value = Value(value.kind, link([value, *(each for _, each in evaluated)]))
    walk.bind(node.name, _decorated(value, decorators, node, walk))


def _is_accessor(decorator: ast.expr) -> bool:
    """Whether it makes a function the setter or deleter of a property, which calls neither."""
    return isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter", "getter")


def _evaluate_annotations(node: ast.FunctionDef | ast.AsyncFunctionDef, walk: Walk) -> None:
    if walk.kept.postponed:
        return
    args = node.args
    annotated = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    annotations = [each.annotation for each in annotated if each is not None]
    for annotation in (*annotations, node.returns):
        if annotation is not None:
            evaluate(annotation, walk)


def _decorated(value: Value, decorators: list[Value], node: ast.AST, walk: Walk) -> Value:
    for decorator in reversed(decorators):
        _apply_library_decorator(decorator, value, node, walk)
        value = functions.decorate(decorator, value, node, walk)
    return value


def _apply_library_decorator(decorator: Value, value: Value, node: ast.AST, walk: Walk) -> None:
    """Some decorators of libraries register what they decorate; those of the notebook's modules may do anything."""
    name = (decorator.kind or "").removeprefix("ref:")
    effect = knowledge().call(name) if name != decorator.kind else None
    if name.split(".")[0] in walk.local_modules:
        effect = LOCAL_FUNCTION
    if effect is not None and (effect.sets or effect.patches):
        apply_effect(effect, name, None, Arguments([value]), node, walk)


@execute.register
def _class(node: ast.ClassDef, walk: Walk) -> None:
    bases = [evaluate(each, walk) for each in (*node.bases, *(keyword.value for keyword in node.keywords))]
    decorators = [evaluate(each, walk) for each in node.decorator_list]
    frame = Frame(local_names(node), parent=walk.frame, is_function=False)
    with walk.scope(frame):
        walk.run(walk, node.body)
    _bind_class(node, frame, bases, decorators, walk)


def _bind_class(node: ast.ClassDef, frame: Frame, bases: list[Value], decorators: list[Value], walk: Walk) -> None:
    inherited = [each for base in bases for each in base.code if isinstance(each, Class)]
    methods = {name: method for each in reversed(inherited) for name, method in each.methods.items()}
    from_bases = dict(methods)
    properties = {name: found for each in inherited for name, found in each.properties.items()}
    own = {name: found for name, value in frame.variables.items() if (found := _functions(value, name))}
    methods |= {name: found[-1] for name, found in own.items()}
    properties |= {name: found for name, found in own.items() if found[-1].decorators}
    properties |= {name: found for name, value in frame.variables.items() if (found := _accessors(value))}
    functional = [name for name in own if _is_function(frame.variables[name])]
    held = {
        name: value for name, value in frame.variables.items() if name not in functional and value.region is not None
    }
    attributes = frozenset(held).union(*(each.attributes for each in inherited))
    looked_up = names_looked_up(node, postponed=walk.kept.postponed)
    free = free_names(node).union({node.name}, looked_up, *(method.free for method in methods.values()))
    collecting = [frame.variables[name] for name, found in own.items() if any(map(_collects, found))]
    home = link([Value(None, Region()), *held.values(), *bases, *collecting]) or Region()
    home.root.code -= {
        method for name in functional for method in _behind(frame.variables[name], name)
    }  # they are its methods
    is_plain = not decorators and len(inherited) == len(bases)
    fields = fields_of(held if is_plain else {}, inherited)
    plain = bases[: len(node.bases)]
    meta = any(each.kind in _METACLASSES or any(map(_is_meta, each.code)) for each in plain)
    made = Class(
        node.name, methods, properties, from_bases, attributes, fields, free, home, meta, walk.count_function()
    )
    home.root.code.add(made)
    _call_hooks(Value("class", home), inherited, held.values(), node, walk)
    walk.bind(node.name, _decorated(Value("class", home), decorators, node, walk))


def _is_meta(code: Code) -> bool:
    return isinstance(code, Class) and code.meta


def _call_hooks(made: Value, inherited: Iterable[Class], held: Iterable[Value], node: ast.AST, walk: Walk) -> None:
    """Making a class runs what its bases, its metaclass and the descriptors in its body have to say about that."""
    for code in inherited:
        for name in _METACLASS_HOOKS if code.meta else ("__init_subclass__",):
            if name in code.methods:
                functions.run(code.methods[name], [made], Arguments(), node, walk)
    for value in held:
        functions.call_method(value, "__set_name__", Arguments([made]), node, walk)


def _functions(value: Value, name: str) -> tuple[Function, ...]:
    """Return the functions that a class attribute is, in the order of their definition; as decorators left them."""
    if value.kind in _DATA:
        return ()
    named = sorted(_named(value, name), key=lambda code: code.order)
    decorators = named[-1].decorators if named else ()
    wrappers = () if value.calls is None or value.calls <= set(named) else value.calls
    made = [replace(each, decorators=decorators) for each in sorted(wrappers, key=lambda code: code.order)]
    return (*named, replace(made[-1], others=(*made[:-1],))) if made else (*named,)


def _accessors(value: Value) -> tuple[Function, ...]:
    """Return the functions of a property that was made by hand: `size = property(get_size)`."""
    return tuple(code for code in value.code if isinstance(code, Function)) if value.kind == "property" else ()


def _is_function(value: Value) -> bool:
    """Whether an attribute is a function for certain, and not what only leads to one, such as a list."""
    return value.calls is not None or value.kind in ("function", functions.CACHE)


def _named(value: Value, name: str) -> set[Function]:
    return {code for code in value.code if isinstance(code, Function) and code.name in (name, "lambda")}


def _behind(value: Value, name: str) -> set[Function]:
    return _named(value, name) | (value.calls or set())


def _collects(method: Function) -> bool:
    """Whether calls may leave something behind: in a default, or in a variable of the decorator that made it."""
    return functions.has_defaults(method) or (method.frame is not None and method.frame.is_function)
