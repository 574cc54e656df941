"""Tags for a notebook that has none: steps from its headings or every N cells, setup, parameters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby

from nb2ops.compiler.compilation import PYTHON, Compilation, parse_cells
from nb2ops.compiler.headings import Heading, headings, step_name
from nb2ops.compiler.openings import opening_tags
from nb2ops.compiler.tags import TaggedCell, read_tags
from nb2ops.errors import UsageError
from nb2ops.model import SETUP, Cell, Notebook, Pipeline, Problem, Role, Severity

FEWEST, MOST = 3, 15
"""Steps that a pipeline made from headings should have."""
STEP = "step:"
HISTORY = "NB106"
FIRST = "start"
"""The name of the step above the first heading."""


@dataclass(frozen=True, slots=True)
class ProposedTags:
    """What a cell should be tagged with, beside the tags that it has.

    Attributes:
        cell, index, id: the three names of the cell (see `nb2ops.model.Cell`).
        tags: the new tags.
    """

    cell: int
    index: int
    id: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Tags for a notebook, and the pipeline that comes out.

    Attributes:
        notebook: the file's name.
        cells: the cells that get tags, in notebook order.
        pipeline: what the tagged notebook builds to, without errors.
        problems: what `check` says of the tagged notebook.
    """

    notebook: str
    cells: tuple[ProposedTags, ...]
    pipeline: Pipeline
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    """Cells that shall be one step."""

    name: str
    cells: tuple[TaggedCell, ...]


def propose_tags(compilation: Compilation, every: int | None = None) -> Proposal:
    """Return tags that cut a notebook into steps; nothing is written.

    Cells before the first one that computes something are setup. Where a cut would bring about a problem that the
    notebook as one step does not have, there is none.

    Args:
        compilation: the notebook, without errors and without steps.
        every: cells per step; None: a step begins at a heading.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: it has steps already, is in another language, or cannot be cut in this way.
    """
    compilation.checked()
    notebook, name = compilation.notebook, compilation.pipeline.notebook
    cells = read_tags(notebook)[0]
    _refuse(notebook, cells, name)
    tags = opening_tags(cells, parse_cells(cells), compilation.facts, name)
    body = [each for each in cells if each.role is not Role.SKIP and each.cell.number not in tags]
    sections = _by_count(body, every) if every else _by_headings(notebook, body)
    if sections and sections[0].name == SETUP:
        tags |= {each.cell.number or 0: SETUP for each in sections.pop(0).cells if each.role is Role.CONTINUES}
    tags |= dict(filter(None, map(_first_tag, sections)))
    if sum(tag.startswith(STEP) for tag in tags.values()) < 2 - bool(every):
        raise UsageError(_uncut(name, notebook, every))
    return _settled(compilation, tags)


def _refuse(notebook: Notebook, cells: Sequence[TaggedCell], name: str) -> None:
    if notebook.language != PYTHON:
        raise UsageError(f"{name}: is in {notebook.language}; only Python is cut into steps. Run it as it is.")
    step = next((each for each in cells if each.role is Role.STEP), None)
    if step:
        text = f'{name}, cell {step.cell.number}: has steps already ("{step.step}").'
        raise UsageError(f"{text} Remove the `step:` tags to have new ones proposed, or go on by hand.")


def _uncut(name: str, notebook: Notebook, every: int | None) -> str:
    if every:
        return f"{name}: holds imports, definitions and defaults only; there is nothing to cut."
    known = any(True for cell in notebook.cells for _ in headings(cell))
    why = "its headings make one step only" if known else "it has no headings"
    return f"{name}: {why}. Cut it by cells instead: --by every:5"


def _first_tag(section: _Section) -> tuple[int, str] | None:
    """The cell on which a section's step begins: the first without a role."""
    first = next((each.cell.number for each in section.cells if each.role is Role.CONTINUES), None)
    return None if first is None else (first, f"step:{section.name}")


def _by_count(body: Sequence[TaggedCell], every: int) -> list[_Section]:
    chunks = [tuple(body[start : start + every]) for start in range(0, len(body), every)]
    return [_Section(f"part-{number}", chunk) for number, chunk in enumerate(chunks, 1)]


def _by_headings(notebook: Notebook, body: Sequence[TaggedCell]) -> list[_Section]:
    """Return the sections of the highest level of headings that gives a sensible number of them."""
    found = _sections_headings(notebook)
    ways = [_sections([pair for pair in found if pair[1].level <= level], body) for level in range(1, 7)]
    sensible = [way for way in ways if FEWEST <= len(way) <= MOST]
    return next(iter([*sensible, *(way for way in ways if len(way) > 1)]), [])


def _sections_headings(notebook: Notebook) -> list[tuple[int, Heading]]:
    """Return (index of the cell, heading) for all headings but the notebook's title."""
    found = [(cell.index, heading) for cell in notebook.cells for heading in headings(cell)]
    levels = [heading.level for _, heading in found]
    has_title = levels and levels[0] == min(levels) and levels.count(levels[0]) == 1
    return found[1:] if has_title else found


def _sections(found: Sequence[tuple[int, Heading]], body: Sequence[TaggedCell]) -> list[_Section]:
    """Return the runs of cells that stand below one heading."""
    places = [index for index, _ in found]
    runs = groupby(body, key=lambda each: bisect_left(places, each.cell.index))
    sections: list[_Section] = []
    for above, cells in runs:
        wanted = step_name(found[above - 1][1].text) if above else FIRST
        taken = {section.name for section in sections} | ({SETUP} if sections else set())
        sections.append(_Section(_free(wanted or f"section-{len(sections) + 1}", taken), tuple(cells)))
    return sections


def _free(name: str, taken: Collection[str]) -> str:
    names = (f"{name}-{number}" if number > 1 else name for number in count(1))
    return next(each for each in names if each not in taken)


def _settled(compilation: Compilation, tags: Mapping[int, str]) -> Proposal:
    """Return the proposal without the tags that bring about problems."""
    known = {_place(problem) for problem in compilation.problems}
    while True:
        result = compilation.again(_tagged(compilation.notebook, tags))
        culprits = {_culprit(problem, tags) for problem in result.problems if _is_new(problem, known, tags)}
        if not culprits - {None}:
            cells = _proposed(result.notebook, tags)
            return Proposal(result.pipeline.notebook, cells, result.pipeline, result.problems)
        tags = {number: tag for number, tag in tags.items() if number not in culprits}


def _place(problem: Problem) -> tuple[str, int | None, int | None]:
    return problem.code, problem.cell, problem.line


def _is_new(problem: Problem, known: Collection[object], tags: Mapping[int, str]) -> bool:
    """Whether the tags bring about a problem.

    A cell that reads IPython's history is warned of in any case, and mostly means the cell above it.
    """
    if problem.code == HISTORY:
        return tags.get(problem.cell or 0, "").startswith(STEP) and problem.cell != min(tags)
    return problem.severity is not Severity.NOTICE and _place(problem) not in known


def _culprit(problem: Problem, tags: Mapping[int, str]) -> int | None:
    """Return the cell whose tag brings about a problem: the parameters, or the beginning of the step it is in."""
    if problem.code.startswith("NB3"):
        return next((number for number, tag in tags.items() if tag == Role.PARAMETERS), None)
    steps = [number for number, tag in tags.items() if tag.startswith(STEP)]
    return max((number for number in steps if number <= (problem.cell or 0)), default=next(iter(steps), None))


def _tagged(notebook: Notebook, tags: Mapping[int, str]) -> Notebook:
    return replace(notebook, cells=tuple(_tagged_cell(cell, tags.get(cell.number or 0)) for cell in notebook.cells))


def _tagged_cell(cell: Cell, tag: str | None) -> Cell:
    if tag is None:
        return cell
    tags = (*cell.tags, tag)
    return replace(cell, tags=tags, metadata={**cell.metadata, "tags": list(tags)})


def _proposed(notebook: Notebook, tags: Mapping[int, str]) -> tuple[ProposedTags, ...]:
    return tuple(
        ProposedTags(cell.number, cell.index, cell.id, (tags[cell.number],))
        for cell in notebook.cells
        if cell.number is not None and cell.number in tags
    )
