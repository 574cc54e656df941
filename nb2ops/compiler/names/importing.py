"""Imports: what they bind, and what loading a module may change."""

from __future__ import annotations

import ast
import sys

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names.facts import DIRECTORY, IMPORT, PATH
from nb2ops.compiler.names.scopes import imported_name
from nb2ops.compiler.names.stars import standard_names
from nb2ops.compiler.names.statements import execute
from nb2ops.compiler.names.values import SCALAR, Value
from nb2ops.compiler.names.walk import Walk

_EFFECTIVE_IMPORTS = ("sklearn.experimental", "mpl_toolkits.mplot3d")
"""Modules of libraries in the tables that change something when they are imported."""


@execute.register
def _import(node: ast.Import, walk: Walk) -> None:
    for alias in node.names:
        module = alias.name if alias.asname else alias.name.split(".")[0]
        _load_module(alias.name, node, walk)
        walk.bind(imported_name(alias), Value(f"ref:{module}"))
        _note_effect(alias.name, node, walk)


@execute.register
def _import_from(node: ast.ImportFrom, walk: Walk) -> None:
    module = "." * node.level + (node.module or "")
    if module == "__future__":
        walk.set_state("settings", node, "imports from __future__")
        walk.kept.postponed = walk.kept.postponed or any(alias.name == "annotations" for alias in node.names)
        for alias in node.names:
            walk.bind(imported_name(alias), SCALAR)
        return
    if module == "__main__":
        walk.opaque(node, "from __main__ import")
    _load_module(module, node, walk)
    for alias in node.names:
        if alias.name == "*":
            _import_all(module, node, walk)
        else:
            walk.bind(imported_name(alias), Value(f"ref:{module}.{alias.name}"))
            _note_effect(f"{module}.{alias.name}", node, walk)


def _import_all(module: str, node: ast.ImportFrom, walk: Walk) -> None:
    names = standard_names(module)
    if names is None:
        names = walk.exports(module)
    if names is None:
        walk.opaque(node, f"from {module} import *")
    for name in sorted(names or ()):
        walk.bind(name, Value(f"ref:{module}.{name}"))


def _load_module(name: str, node: ast.stmt, walk: Walk) -> None:
    """A module that is neither Python's nor in the tables may be a file that a cell wrote or installed."""
    top = name.split(".")[0]
    if _may_be_beside(top, walk):
        walk.local_modules |= {top}
    if name == "__main__":
        walk.opaque(node, "import __main__")
    elif top in walk.local_modules:
        for state in ("settings", "environment", "path", "modules"):
            walk.set_state(state, node, f"imports {name}")
        walk.seed(node, f"imports {name}")
    if top not in sys.stdlib_module_names and not knowledge().knows(top):
        walk.world("read", node, f"imports {name}", f"{top}.py")


def _may_be_beside(top: str, walk: Walk) -> bool:
    """Whether a module that nobody knows may be a file that the import path now leads to, or that a cell wrote."""
    if not top or top in sys.stdlib_module_names or knowledge().knows(top):
        return False
    moved = any(state in facts.states for facts in walk.all_facts.values() for state in (PATH, DIRECTORY))
    written = (effect.path for facts in walk.all_facts.values() for effect in facts.world if effect.mode == "write")
    return moved or any(path in (f"{top}.py", f"{top}/__init__.py") for path in written)


def _note_effect(name: str, node: ast.stmt, walk: Walk) -> None:
    """Note that importing a library may change another one, unless the tables know it: then later steps import it."""
    top = name.split(".")[0]
    known = top in sys.stdlib_module_names or knowledge().knows(top) or top in walk.local_modules
    if top and (not known or name.startswith(_EFFECTIVE_IMPORTS)):
        walk.set_state(IMPORT + name, node, f"imports {name}")
