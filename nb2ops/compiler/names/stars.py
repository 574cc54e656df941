"""What `from module import *` binds, where that can be known without running code of the user's."""

from __future__ import annotations

import ast
import importlib
import sys
from functools import cache

from nb2ops.compiler.names.scopes import assigned_names

_EFFECTFUL = frozenset({"antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "test", "lib2to3"})
"""Modules of Python that do something when they are imported."""


@cache
def standard_names(module: str) -> frozenset[str] | None:
    """Return the names that a module of Python's own exports, None for any other module.

    Example:
        >>> "sqrt" in standard_names("math")
        True
    """
    top = module.split(".")[0]
    if top not in sys.stdlib_module_names or top in _EFFECTFUL or top.startswith("_"):
        return None
    try:
        found = importlib.import_module(module)
    except ImportError:
        return None
    return frozenset(getattr(found, "__all__", None) or (name for name in vars(found) if not name.startswith("_")))


def source_names(source: bytes) -> frozenset[str] | None:
    r"""Return the names that a module's source exports, None where that cannot be read off it.

    Example:
        >>> sorted(source_names(b"import os\ndef f(): pass\n_x = 1"))
        ['f', 'os']
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return None
    if any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in body):
        return None
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List() | ast.Tuple() as listed):
                return frozenset(str(each.value) for each in listed.elts if isinstance(each, ast.Constant))
    names = assigned_names(body)
    return None if "__all__" in names else frozenset(name for name in names if not name.startswith("_"))
