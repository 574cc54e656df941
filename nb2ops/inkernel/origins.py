"""Where functions and classes come from, and what the notebook put in their place.

A library's function crosses by its name. Where the notebook put another under that name and kept the original in
a variable, the original still crosses by it: variables are read before the change is made in the receiving kernel.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial, partialmethod
from importlib import import_module
from types import FunctionType
from typing import Any

from .places import is_installed

STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) | {"builtins"}


def top(module: str) -> str:
    """Return the name of the package that a module belongs to."""
    return module.partition(".")[0]


def homes(value: Any) -> Iterator[str]:
    """Yield the modules of a function or class, or of an object's class and of what it wraps."""
    for each in (value, *_inside(value)):
        made = each if isinstance(each, (FunctionType, type)) else type(each)
        if isinstance(each, FunctionType) and isinstance(each.__globals__.get("__name__"), str):
            yield each.__globals__["__name__"]
        yield getattr(made, "__module__", None) or "builtins"


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, (FunctionType, type)):
        return
    names = ("__func__", "fget", "fset", "func")
    known = (property, staticmethod, classmethod, partial, partialmethod)
    yield from (getattr(value, name) for name in names if isinstance(value, known) and hasattr(value, name))
    yield from getattr(value, "__dict__", {}).values()


def is_foreign(value: Any, package: str) -> bool:
    """Whether what a package holds comes from the notebook or from another installed package."""
    return any(top(each) not in STANDARD and top(each) != package for each in homes(value))


def replaced(value: Any) -> Any:
    """Return how to write a library's function or class in whose place the notebook put another, else None.

    The state of local modules is restored before variables are read: what they held before crosses by value.
    """
    module, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(path, str) or not is_installed(sys.modules.get(module)):
        return None
    present = find(module, path)
    return (find, (module, path)) if present is not value and is_foreign(present, top(module)) else None


def find(module: str, path: str) -> Any:
    """Return what a module holds under a dotted name, None where that is nothing."""
    found: Any = import_module(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found
