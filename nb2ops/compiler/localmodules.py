"""The modules beside a notebook that it imports, found with `ast`, transitively."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from nb2ops.compiler.names.stars import source_names
from nb2ops.compiler.syntax import Parsed


def module_names(folder: Path) -> frozenset[str]:
    """Return the names of the modules and packages in a folder."""
    modules = {path.stem for path in folder.glob("*.py")}
    packages = {path.parent.name for path in folder.glob("*/*.py")}
    return frozenset(modules | packages)


def exported_names(folder: Path, module: str) -> frozenset[str] | None:
    """Return what `from module import *` binds for a module of a folder, None where that is not known."""
    path = folder / Path(*module.split(".")).with_suffix(".py")
    return source_names(path.read_bytes()) if path.is_file() else None


def local_modules(cells: Iterable[Parsed], folder: Path) -> dict[str, bytes]:
    """Return relative path -> content of every local module that the cells need; packages come whole.

    Args:
        cells: the cells of the pipeline.
        folder: the notebook's folder.
    """
    found: dict[str, bytes] = {}
    todo = [name for cell in cells for statement in cell.body for name in _imported(statement)]
    while todo:
        for path in _files(todo.pop(), folder):
            relative = path.relative_to(folder).as_posix()
            if relative in found:
                continue
            found[relative] = path.read_bytes()
            todo += _imports_of(found[relative])
    return dict(sorted(found.items()))


def _imported(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            yield each.module


def _imports_of(source: bytes) -> list[str]:
    try:
        return list(_imported(ast.parse(source)))
    except (SyntaxError, ValueError):
        return []


def _files(name: str, folder: Path) -> Iterator[Path]:
    top = folder / name.split(".")[0]
    module = top.with_suffix(".py")
    if module.is_file():
        yield module
    elif top.is_dir():
        yield from sorted(path for path in top.rglob("*.py") if "__pycache__" not in path.parts)
