"""The modules that a pipeline imports from outside its own folder, with the place of each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nb2ops.compiler.compilation import Compilation
from nb2ops.compiler.localmodules import local_modules, module_names
from nb2ops.compiler.syntax import Parsed, parse


@dataclass(frozen=True, slots=True)
class Import:
    """The first import of a module.

    Attributes:
        module: the top-level name.
        cell, line: where; None where a local module imports it.
        file: the local module that imports it, None for a cell.
    """

    module: str
    cell: int | None = None
    line: int | None = None
    file: str | None = None


def imported_modules(compilation: Compilation, folder: Path) -> tuple[Import, ...]:
    """Return what the cells that run and their local modules import, each module once, local ones left out.

    Args:
        compilation: the notebook.
        folder: its folder.
    """
    run = {cell.cell for step in compilation.pipeline.steps for cell in step.cells}
    cells = [parse(cell.source, cell.number or 0) for cell in compilation.notebook.code if cell.number in run]
    local = module_names(folder)
    found: dict[str, Import] = {}
    for each in (*_of_cells(cells), *_of_files(cells, folder)):
        if each.module not in local:
            found.setdefault(each.module, each)
    return tuple(found.values())


def _of_cells(cells: list[Parsed]) -> Iterator[Import]:
    for cell in cells:
        for module, line in _imports([*cell.body]):
            yield Import(module, cell.number, line + cell.offset)


def _of_files(cells: list[Parsed], folder: Path) -> Iterator[Import]:
    for path, content in local_modules(cells, folder).items():
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError):
            continue  # the run will say so; nothing of it can be imported
        for module, line in _imports(tree.body):
            yield Import(module, None, line, path)


def _imports(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0], node.lineno
