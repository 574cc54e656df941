"""Two executions of a notebook, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nb2ops.comparison import pictures, texts
from nb2ops.comparison.findings import CellDifference, Kind, PartDifference
from nb2ops.comparison.showing import COUNT, NOT_RUN, Content, Picture, Shown, shown
from nb2ops.comparison.widgets import models
from nb2ops.model import Json, Pipeline


def compare(linear: Json, pipeline: Json, plan: Pipeline, again: Json | None = None) -> tuple[CellDifference, ...]:
    """Return the cells that do not show the same, in notebook order.

    A difference is excused where `again` differs from `linear` too: in this line of a text, this picture, this part.

    Args:
        linear: the notebook as it was executed from top to bottom.
        pipeline: the notebook as the pipeline executed it.
        plan: which cells are compared, and whose they are.
        again: the notebook as it was executed from top to bottom a second time.
    """
    known: set[texts.Lines] = set()
    found = []
    shows = [_cells(notebook) for notebook in (linear, pipeline, again) if notebook]
    cells = sorted(((cell, step.name) for step in plan.steps for cell in step.cells), key=lambda each: each[0].index)
    for cell, step in cells:
        left, right, *repeated = (each[cell.id] for each in shows)
        parts = sorted(_differences(left, right, repeated[0] if repeated else left, known), key=_gravity)
        if parts:
            found.append(CellDifference(cell.cell, cell.index, cell.id, step, parts[0].kind, tuple(parts)))
        known |= _warnings(left)
    return tuple(found)


def differing_parts(first: Json, second: Json) -> dict[str, tuple[PartDifference, ...]]:
    """Return what the cells that two executed notebooks share show differently, by the cell's id."""
    left, right = _cells(first), _cells(second)
    return {name: tuple(_differences(left[name], right[name], left[name], set())) for name in left if name in right}


def _gravity(part: PartDifference) -> int:
    return list(Kind).index(part.kind)


def _cells(notebook: Json) -> dict[str, Shown]:
    known = models(notebook)
    return {cell["id"]: shown(cell, known) for cell in notebook["cells"] if cell["cell_type"] == "code"}


def _warnings(found: Shown) -> set[texts.Lines]:
    lines = [content for (_, part), content in found.items() if part == "stderr" and isinstance(content, tuple)]
    return {name for each in lines for name in texts.warnings_in(each)}


def _differences(linear: Shown, pipeline: Shown, again: Shown, known: set[texts.Lines]) -> Iterator[PartDifference]:
    for key in dict.fromkeys((*linear, *pipeline)):
        found = _difference(key, linear.get(key), pipeline.get(key), again.get(key))
        if found and found.kind is Kind.DIFFERENT and _is_soft(key, linear, pipeline, known):
            found = replace(found, kind=Kind.SOFT)
        if found:
            yield found
        if found and key == (0, COUNT) and NOT_RUN in (found.linear, found.pipeline):
            return


def _is_soft(key: tuple[int, str], linear: Shown, pipeline: Shown, known: set[texts.Lines]) -> bool:
    left, right = linear.get(key, ()), pipeline.get(key, ())
    if key[1] != "stderr" or isinstance(left, Picture) or isinstance(right, Picture):
        return False
    return texts.only_repeats(left, right, known)


def _difference(
    key: tuple[int, str], linear: Content | None, pipeline: Content | None, again: Content | None
) -> PartDifference | None:
    if linear == pipeline:
        return None
    if isinstance(linear, tuple) and isinstance(pipeline, tuple):
        return _text_difference(key, linear, pipeline, again if isinstance(again, tuple) else ())
    if isinstance(linear, Picture) and isinstance(pipeline, Picture):
        return _picture_difference(key, linear, pipeline, again)
    kind = Kind.EXCUSED if (again is None) != (linear is None) else Kind.DIFFERENT
    return PartDifference(*key, kind, None, _first_line(linear), _first_line(pipeline))


def _text_difference(
    key: tuple[int, str], linear: texts.Lines, pipeline: texts.Lines, again: texts.Lines
) -> PartDifference:
    unstable = texts.changes(linear, again)
    every = texts.changes(linear, pipeline)
    hard = texts.beyond(every, unstable)
    first = (hard or every)[0]
    left, right = linear[first.start : first.end], first.lines
    kind = Kind.DIFFERENT if hard else Kind.EXCUSED
    return PartDifference(*key, kind, first.start + 1, _first_line(left), _first_line(right))


def _picture_difference(
    key: tuple[int, str], linear: Picture, pipeline: Picture, again: Content | None
) -> PartDifference | None:
    found = pictures.difference(linear.data, pipeline.data)
    if found is None:
        return None
    stable = isinstance(again, Picture) and pictures.difference(linear.data, again.data) is None
    return PartDifference(*key, Kind.DIFFERENT if stable else Kind.EXCUSED, None, *found)


def _first_line(content: Content | None) -> str | None:
    match content:
        case Picture():
            return "a picture"
        case (first, *_):
            return first
    return None
