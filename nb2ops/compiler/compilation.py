"""The compiler's sentence: read the notebook, read tags, parse, analyse, connect, check."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from blake3 import blake3

from nb2ops.compiler.checks import check_facts
from nb2ops.compiler.foreign import understand_foreign
from nb2ops.compiler.graph import Graph, build_graph
from nb2ops.compiler.grouping import merged_modifiers, missing_steps, repeated_parameters, segments
from nb2ops.compiler.localmodules import exported_names, module_names
from nb2ops.compiler.names.analysis import analyse
from nb2ops.compiler.names.facts import CellFacts
from nb2ops.compiler.parameters import read_parameters
from nb2ops.compiler.preloading import find_preloads
from nb2ops.compiler.reading import read_notebook
from nb2ops.compiler.settings import read_project
from nb2ops.compiler.syntax import Parsed, parse
from nb2ops.compiler.tags import TaggedCell, read_tags
from nb2ops.errors import InvalidNotebook
from nb2ops.model import Notebook, Parameter, Pipeline, Problem, Role, Severity

PYTHON = "python"
_REFUSED = re.compile(r"[/%&<>]")
"""What Prefect does not take in the name of a flow."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """What is known of a notebook after one pass.

    Attributes:
        notebook: as read.
        pipeline: what it builds to; to be trusted where there are no errors.
        facts: cell number -> facts, of the cells that run.
        problems: everything found, in notebook order.
        folder: where the notebook is; modules may stand there.
        preload: modules that the project allows to be imported ahead.
    """

    notebook: Notebook
    pipeline: Pipeline
    facts: Mapping[int, CellFacts]
    problems: tuple[Problem, ...]
    folder: Path = Path()
    preload: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a build."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    def checked(self) -> Pipeline:
        """Return the pipeline.

        Raises:
            InvalidNotebook: there are errors.
        """
        if self.errors:
            raise InvalidNotebook(self.problems)
        return self.pipeline

    def again(self, notebook: Notebook) -> Compilation:
        """Return what is known of the same notebook with other tags."""
        of_the_file = [problem for problem in self.problems if problem.code.startswith("NB0")]
        return understand(notebook, self.pipeline.notebook, self.folder, of_the_file, self.preload)


def compile_notebook(path: Path) -> Compilation:
    """Return a notebook as a pipeline with all its problems. No code of the notebook runs.

    Raises:
        InvalidNotebook: the file holds no notebook.
        UsageError: the project's pyproject.toml is not usable.
    """
    notebook, problems = read_notebook(path)
    return understand(notebook, path.name, path.parent, problems, read_project(path.parent).strings("preload"))


def understand(
    notebook: Notebook,
    file: str,
    folder: Path,
    found: Sequence[Problem] = (),
    preload: tuple[str, ...] = (),
) -> Compilation:
    """Return a notebook that has been read as a pipeline.

    Args:
        notebook: as read.
        file: the file's name, for problems.
        folder: where the notebook is; modules may stand there.
        found: what is known to be wrong with the file.
        preload: modules that the project allows to be imported ahead.
    """
    cells, problems = read_tags(notebook)
    problems = [*found, *problems, *repeated_parameters(cells, file)]
    if notebook.language != PYTHON:
        return _foreign(notebook, cells, problems, file)
    problems += missing_steps(cells, file)
    parsed = parse_cells(cells)
    overridden = frozenset(each.cell.number or 0 for each in cells if each.role is Role.PARAMETERS)
    exports = cache(partial(exported_names, folder))
    modules = module_names(folder)
    facts = analyse(parsed.values(), _keeps(cells, file), modules, exports, overridden)
    parameters, wrong = _parameters(cells, parsed, file)
    problems += wrong
    graph, wrong = build_graph(cells, facts, _metrics(cells, parsed), file)
    problems += wrong
    step_of = {cell.cell: step.name for step in graph.steps for cell in step.cells}
    problems += check_facts(cells, facts, step_of, file)
    preloads = find_preloads(cells, parsed, modules, preload)
    pipeline = replace(_pipeline(notebook, file, parameters, graph), preloads=preloads)
    return Compilation(notebook, pipeline, facts, _ordered(problems, step_of), folder, preload)


def _foreign(notebook: Notebook, cells: Sequence[TaggedCell], problems: Sequence[Problem], name: str) -> Compilation:
    parameters, graph, found = understand_foreign(notebook, cells, name)
    pipeline = _pipeline(notebook, name, parameters, graph)
    return Compilation(notebook, pipeline, {}, _ordered([*problems, *found], {}))


def parse_cells(cells: Sequence[TaggedCell]) -> dict[int, Parsed]:
    """Return the statements of the cells that run, by cell number."""
    return {
        each.cell.number or 0: parse(
            each.cell.source, each.cell.number or 0, may_fail="raises-exception" in each.cell.tags
        )
        for each in cells
        if each.role is not Role.SKIP
    }


def _keeps(cells: Sequence[TaggedCell], name: str) -> dict[int, frozenset[str]]:
    stated: dict[str, set[str]] = {}
    groups = segments(cells)
    for group in groups:
        stated.setdefault(group.name, set()).update(merged_modifiers(group, name)[0].keeps)
    return {number: frozenset(stated[group.name]) for group in groups for number in group.numbers}


def _parameters(
    cells: Sequence[TaggedCell], parsed: Mapping[int, Parsed], name: str
) -> tuple[tuple[Parameter, ...], list[Problem]]:
    for each in cells:
        if each.role is Role.PARAMETERS:
            return read_parameters(each.cell, parsed[each.cell.number or 0], name)
    return (), []


def _metrics(cells: Sequence[TaggedCell], parsed: Mapping[int, Parsed]) -> dict[int, tuple[str, ...]]:
    return {
        each.cell.number or 0: tuple(dict.fromkeys(_shown_names(parsed[each.cell.number or 0].body)))
        for each in cells
        if each.role is Role.METRICS
    }


def _shown_names(body: Sequence[ast.stmt]) -> list[str]:
    """Names assigned at the top of a cell, displayed by name, or printed alone."""
    names = []
    for node in body:
        match node:
            case ast.Assign(targets=targets):
                names += [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
                names.append(name)
            case ast.Expr(value=ast.Name(id=name)):
                names.append(name)
            case ast.Expr(value=ast.Call(func=ast.Name(id="print" | "display"), args=[ast.Name(id=name)])):
                names.append(name)
            case ast.Expr(value=ast.Tuple(elts=items)):
                names += [item.id for item in items if isinstance(item, ast.Name)]
    return names


def _pipeline(
    notebook: Notebook,
    file: str,
    parameters: tuple[Parameter, ...],
    graph: Graph,
) -> Pipeline:
    title, description = _heading(notebook)
    return Pipeline(
        _REFUSED.sub("-", str(notebook.settings.get("name") or notebook.name)),
        title,
        str(notebook.settings.get("description") or description),
        file,
        notebook.language,
        notebook.kernel,
        source_digest(notebook),
        parameters,
        graph.steps,
        graph.edges,
        graph.joined,
    )


def _heading(notebook: Notebook) -> tuple[str, str]:
    """Return the first heading of a notebook and the paragraph below it."""
    for cell in notebook.cells:
        if cell.kind == "markdown" and cell.source.lstrip().startswith("#"):
            heading, _, rest = cell.source.strip().partition("\n")
            paragraph = rest.strip().split("\n\n")[0]
            return heading.lstrip("# ").strip(), " ".join(paragraph.split())
    return notebook.name, ""


def source_digest(notebook: Notebook) -> str:
    """Return the blake3 digest (hex) of what the author wrote: kinds, ids, tags and sources of the cells."""
    digest = blake3()
    for cell in notebook.cells:
        for part in (cell.kind, cell.id, "\0".join(cell.tags), cell.source):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTICE: 2}


def _ordered(problems: Sequence[Problem], step_of: Mapping[int, str]) -> tuple[Problem, ...]:
    placed = [
        replace(each, step=step_of.get(each.cell)) if each.step is None and each.cell is not None else each
        for each in problems
    ]
    return tuple(sorted(placed, key=lambda each: (each.cell or 0, each.line or 0, _ORDER[each.severity], each.code)))
