"""What the code of each step says about whether an earlier result may stand in for it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from nb2ops.compiler.syntax import Parsed, parse
from nb2ops.doubts import Doubt, Imports, find_doubts, seeded_first
from nb2ops.model import Step, StepCell


def with_doubts(
    steps: Sequence[Step], parsed: Mapping[int, Parsed], local: Collection[str], trusted: Collection[str]
) -> tuple[Step, ...]:
    """Return steps with the doubts of their cells, and of the functions and classes that reach them from others.

    Args:
        steps: in notebook order.
        parsed: cell number -> its statements.
        local: modules beside the notebook.
        trusted: installed modules that the project vouches for.
    """
    imports = Imports()
    for each in parsed.values():
        imports.learn(each.body)
    found = {number: _doubts(each, imports, local, trusted) for number, each in parsed.items()}
    own = {step.name: [(cell.cell, doubt) for cell in step.cells for doubt in found[cell.cell]] for step in steps}
    sources = _sources(steps)
    return tuple(
        replace(
            step,
            cells=tuple(_with_seeds(cell, parsed[cell.cell], imports) for cell in step.cells),
            doubts=tuple(dict.fromkeys(_texts(step, own, sources[step.name]))),
        )
        for step in steps
    )


def _doubts(cell: Parsed, imports: Imports, local: Collection[str], trusted: Collection[str]) -> tuple[Doubt, ...]:
    if cell.error is not None:
        return (Doubt(cell.error.line, "is not valid Python"),)
    return find_doubts(cell.body, imports, local, trusted, _inner)


def _inner(text: str) -> Sequence[ast.AST]:
    return parse(text).body


def _sources(steps: Sequence[Step]) -> dict[str, set[str]]:
    """Return, for each step, the steps whose variables reach it, directly or through others."""
    found: dict[str, set[str]] = {}
    for step in steps:
        direct = {*step.loads.values(), *step.restores.values()}
        found[step.name] = direct.union(*(found.get(each, ()) for each in direct))
    return found


def _texts(step: Step, own: Mapping[str, list[tuple[int, Doubt]]], sources: set[str]) -> Iterator[str]:
    if step.everything:
        yield "it has code that nobody can read before it runs"
    yield from (f"cell {cell} {doubt.why}" for cell, doubt in own[step.name])
    for name, doubts in own.items():
        if name in sources:
            yield from (f"a definition of cell {cell} {doubt.why}" for cell, doubt in doubts if doubt.within)


def _with_seeds(cell: StepCell, parsed: Parsed, imports: Imports) -> StepCell:
    seeds = seeded_first(parsed.body, imports)
    return replace(cell, seeds=seeds) if seeds else cell
