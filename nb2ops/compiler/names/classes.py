"""Definitions of classes: bases, what the body leaves, what runs when a class is made."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from nb2ops.compiler.names import functions
from nb2ops.compiler.names.annotations import names_looked_up
from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.attributes import fields_of
from nb2ops.compiler.names.definitions import decorated
from nb2ops.compiler.names.evaluation import evaluate
from nb2ops.compiler.names.scopes import free_names, local_names
from nb2ops.compiler.names.sharing import ARRAYS, CONTAINERS
from nb2ops.compiler.names.statements import execute
from nb2ops.compiler.names.values import Class, Code, Frame, Function, Region, Value, link
from nb2ops.compiler.names.walk import Walk

_DATA = CONTAINERS | ARRAYS | {"tuple", "iterator", "temporary"}
"""Kinds of what may hold functions, and is none."""

_METACLASSES = frozenset({"ref:builtins.type", "ref:abc.ABCMeta", "ref:enum.EnumMeta", "ref:enum.EnumType"})
_METACLASS_HOOKS = ("__prepare__", "__new__", "__init__")


@execute.register
def _class(node: ast.ClassDef, walk: Walk) -> None:
    bases = [evaluate(each, walk) for each in (*node.bases, *(keyword.value for keyword in node.keywords))]
    decorators = [evaluate(each, walk) for each in node.decorator_list]
    frame = Frame(local_names(node), parent=walk.frame, is_function=False)
    with walk.scope(frame):
        walk.run(walk, node.body)
    _bind_class(node, frame, bases, decorators, walk)


def _bind_class(node: ast.ClassDef, frame: Frame, bases: list[Value], decorators: list[Value], walk: Walk) -> None:
    body = _Body(frame.variables)
    inherited = [each for base in bases for each in functions.in_order(base.code) if isinstance(each, Class)]
    from_bases = {name: method for each in reversed(inherited) for name, method in each.methods.items()}
    methods = from_bases | {name: found[-1] for name, found in body.own.items()}
    properties = {name: found for each in inherited for name, found in each.properties.items()} | body.properties
    looked_up = names_looked_up(node, postponed=walk.kept.postponed)
    home = body.home(bases)
    is_plain = not decorators and len(inherited) == len(bases)
    plain = bases[: len(node.bases)]
    made = Class(
        name=node.name,
        methods=methods,
        properties=properties,
        inherited=from_bases,
        attributes=frozenset(body.held).union(*(each.attributes for each in inherited)),
        fields=fields_of(body.held if is_plain else {}, inherited),
        free=free_names(node).union({node.name}, looked_up, *(method.free for method in methods.values())),
        home=home,
        meta=any(each.kind in _METACLASSES or any(map(_is_meta, each.code)) for each in plain),
        order=walk.count_function(),
    )
    home.root.code.add(made)
    _call_hooks(Value("class", home), inherited, body.held.values(), node, walk)
    walk.bind(node.name, decorated(Value("class", home), decorators, node, walk))


class _Body:
    """What the body of a class leaves.

    Args:
        variables: name -> value.

    Attributes:
        own: method -> its functions.
        properties: those of them that have decorators, and properties made by hand.
        held: other attributes that can be changed in place; one that only may be a function is both.
    """

    def __init__(self, variables: dict[str, Value]) -> None:
        self._variables = variables
        self.own = {name: found for name, value in variables.items() if (found := _functions(value, name))}
        by_hand = {name: found for name, value in variables.items() if (found := _accessors(value))}
        self.properties = {name: found for name, found in self.own.items() if found[-1].decorators} | by_hand
        self._certain = [name for name in self.own if _is_function(variables[name])]
        self.held = {
            name: value for name, value in variables.items() if name not in self._certain and value.region is not None
        }

    def home(self, bases: Iterable[Value]) -> Region:
        """Return where the class lives; its functions are its methods and not called like what it holds."""
        collecting = [self._variables[name] for name, found in self.own.items() if any(map(_collects, found))]
        home = link([Value(None, Region()), *self.held.values(), *bases, *collecting]) or Region()
        home.root.code -= {method for name in self._certain for method in _behind(self._variables[name], name)}
        return home


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
    found = [code for code in value.code if isinstance(code, Function)] if value.kind == "property" else []
    return tuple(sorted(found, key=lambda code: code.order))


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
