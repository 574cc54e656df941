"""Attributes of objects: what is in them, properties, what is stored in them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import partial

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.functions import METHOD, give, has_defaults, run
from nb2ops.compiler.names.values import SCALAR, Class, Field, Function, Value, forget_fields, link
from nb2ops.compiler.names.walk import Walk

_TEXTS = frozenset({"__name__", "__qualname__", "__doc__", "__module__"})

_ASKED = ("__getattr__", "__getattribute__")
"""Methods that are asked for attributes which a class does not say."""


def attribute(owner: Value, name: str, node: ast.AST, walk: Walk) -> Value:
    """Return what is known of an attribute of an object."""
    if owner.kind == "ref:__main__":
        return walk.read(name, node)
    if owner.kind and owner.kind.startswith("ref:"):
        _note_made(owner.kind[4:], name, node, walk)
        return Value(f"{owner.kind}.{name}")
    if owner.kind == "setting" and name == "flags":
        text = "asks by .flags what calculations have set, which those of other steps do not set here"
        walk.warn("NB116", node, text)
    if name in walk.kept.patched:
        return Value(None, link([owner, walk.read_patched(name, node)]))
    if name in _TEXTS:
        return SCALAR
    if owner.code:
        return read_attribute(owner, name, node, walk)
    kind = knowledge().attribute(owner.kind or "any", name)
    if kind is None and owner.kind and knowledge().names_method(owner.kind, name):
        kind = METHOD + name
    return SCALAR if kind == "scalar" else Value(kind, owner.region)


def _note_made(module: str, name: str, node: ast.AST, walk: Walk) -> None:
    """What a module beside the notebook does not define, its `__getattr__` makes when asked, and may keep."""
    exported = walk.exports(module) if module in walk.local_modules else None
    if exported is not None and name not in exported and not name.startswith("_"):
        walk.change_module(f"{module}.{name}", node, "reads what it may make and keep,")


def read_attribute(owner: Value, name: str, node: ast.AST, walk: Walk) -> Value:
    """Return an attribute of an object of the notebook's classes; a property runs."""
    if name == "__dict__":
        forget_fields(owner)
        return Value("dict", owner.region)
    shared = [owner]
    for code in owner.code:
        if not isinstance(code, Class):
            continue
        if name in code.properties and owner.kind != "class":
            getters = [each for each in code.properties[name] if not _has_decorator(each, ".setter", ".deleter")]
            _run_property(getters, [owner], owner, node, walk)
        if not {name} & {*code.methods, *code.attributes, *code.properties}:
            asked = [code.methods[hook] for hook in _ASKED if hook in code.methods]
            _run_property(asked, [owner, SCALAR], owner, node, walk)
        if name in code.methods and not _is_property(code, name):
            keeps = has_defaults(code.methods[name])  # which are the class's: the method is not only the object's
            return Value(METHOD + name, link([owner, Value(None, code.home)]) if keeps else owner.region)
        if name in code.attributes or name == "__class__":
            shared.append(Value(None, code.home))
    region = link(shared)
    if name == "__class__":
        return Value("class", region)
    field = _field(owner, name)
    if field is None:
        return Value(None, region)
    return SCALAR if field.kind == "scalar" else Value(field.kind, region, field.each)


def _field(owner: Value, name: str) -> Field | None:
    """Return what is known of an attribute, where all classes that the object may have agree."""
    if owner.kind not in ("instance", "class"):
        return None
    found = {code.fields[name] for code in owner.code if isinstance(code, Class) and name in code.fields}
    return found.pop() if len(found) == 1 else None


def _is_property(code: Class, name: str) -> bool:
    return any(_has_decorator(each, "property") for each in code.properties.get(name, ()))


def _has_decorator(function: Function, *endings: str) -> bool:
    return any(ast.unparse(each).endswith(endings) for each in function.decorators)


def _run_property(found: Iterable[Function], given: list[Value], owner: Value, node: ast.AST, walk: Walk) -> None:
    returned: list[Value] = []

    def call(function: Function) -> None:
        returned.append(run(function, given, Arguments(), node, walk))

    for function in found:
        walk.maybe(partial(call, function))
        if _has_decorator(function, "cached_property"):
            walk.change(owner, node, f"keeps .{function.name}")
    give(owner, returned, walk)


def set_attribute(owner: Value, name: str, value: Value, node: ast.AST, walk: Walk) -> None:
    """Store into an attribute of an object of the notebook's classes: its property's setter runs."""
    stored = Field("iterator" if value.kind == "temporary" else value.kind, value.each)
    for code in owner.code:
        if not isinstance(code, Class):
            continue
        code.fields[name] = _joined(code.fields.get(name, stored), stored)
        if name in code.properties:
            found = code.properties[name]
            setters = [each for each in found if not each.decorators or _has_decorator(each, ".setter")]
            _run_property(setters, [owner, value], owner, node, walk)


def _joined(known: Field | None, stored: Field) -> Field | None:
    if known is None or known.kind != stored.kind:
        return None
    return Field(known.kind, known.each if known.each == stored.each else None)


def fields_of(attributes: Mapping[str, Value], bases: Iterable[Class]) -> dict[str, Field | None]:
    """Return what is known of the attributes of a class's objects when the class is made."""
    found = {name: field for base in bases for name, field in base.fields.items()}
    return found | {name: Field(value.kind, value.each) for name, value in attributes.items()}
