"""What objects of one region may be to each other: which of them a change of one may reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nb2ops.compiler.names.values import Class, Region, Value

ARRAYS = frozenset({"numpy.ndarray", "pandas.DataFrame", "pandas.Series", "pandas.Index"})
CONTAINERS = frozenset({"list", "dict", "set", "defaultdict"})
UNDEFINED = "undefined"
"""Kind of what no cell defines: its methods are guessed, so that a single cell can be understood too."""


def always(_: Value) -> bool:
    """Whether an object in the region may be changed: any may."""
    return True


def may_hold(changed: Value, value: Value) -> bool:
    """Whether an object may be a container that is changed, or hold it."""
    if value.kind in CONTAINERS and value.each == "scalar":
        return value.kind == changed.kind and changed.each in (None, "scalar")
    return value.kind not in (*ARRAYS, UNDEFINED)


def may_iterate(value: Value) -> bool:
    """Whether an object may be, or hold, an iterator: drawing from one leaves what it iterates over as it is."""
    if value.kind in CONTAINERS:
        return value.each in (None, "iterator", "temporary")
    return value.kind not in (*ARRAYS, "function", "class", UNDEFINED)


def names_in(root: Region, variables: Mapping[str, Value]) -> set[str]:
    """Return the variables whose object lies in a region."""
    return {
        name
        for name in root.names
        if (value := variables.get(name)) is not None and value.region is not None and value.region.root is root
    }


def forget_items(root: Region, variables: dict[str, Value], names: Iterable[str]) -> None:
    """Forget what the containers of a region hold: something else was stored in one of them."""
    for name in [*names]:
        value = variables.get(name)
        if value is not None and value.each is not None and value.region is not None and value.region.root is root:
            variables[name] = value._replace(each=None)
    for code in root.code:
        if isinstance(code, Class):
            code.fields.update({name: field and field._replace(each=None) for name, field in code.fields.items()})
