"""What the facts about cells say is wrong, or may surprise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from nb2ops.compiler.names.facts import STATES, CellFacts, Touch, Use
from nb2ops.compiler.names.scopes import BUILTINS, IPYTHON_NAMES
from nb2ops.compiler.syntax import Flaw
from nb2ops.compiler.tags import TaggedCell
from nb2ops.compiler.versions import Versions
from nb2ops.model import Problem, Role, Severity


def check_facts(
    cells: Sequence[TaggedCell],
    facts: Mapping[int, CellFacts],
    step_of: Mapping[int, str],
    notebook: str,
) -> Iterator[Problem]:
    """Yield problems with the code of cells, in notebook order.

    Args:
        cells: every code cell, skipped ones too: their definitions make hints.
        facts: cell number -> facts, for the cells that run.
        step_of: cell number -> its step.
        notebook: the file's name.
    """
    versions = Versions(facts)
    yield from _keeps_nothing(cells, versions, notebook)
    parameters = next((each.cell.number for each in cells if each.role is Role.PARAMETERS), None)
    for number, each in facts.items():
        step = step_of.get(number)
        if each.error is not None:
            yield _syntax_problem(each.error, number, step, notebook)
        yield from _undefined(each, cells, versions, step, notebook)
        if parameters is not None and number > parameters:
            yield from _numbered(each, parameters, step, notebook)
        for touch in each.opaque if each.error is None else ():
            yield _opaque_problem(touch, number, step, notebook)
        for code, touch in each.warnings:
            yield Problem(code, f"{touch.how}.", notebook, number, touch.line, step, severity=Severity.WARNING)


def _keeps_nothing(cells: Sequence[TaggedCell], versions: Versions, notebook: str) -> Iterator[Problem]:
    for each in cells:
        for name in each.modifiers.keeps:
            if name not in STATES and not versions.of(name):
                text = f'the tag "keeps:{name}" names no variable of the notebook.'
                hint = "Check the spelling."
                yield Problem("NB213", text, notebook, each.cell.number, None, None, hint, Severity.WARNING)


def _syntax_problem(error: Flaw, cell: int, step: str | None, notebook: str) -> Problem:
    hint = "Run the cell in the notebook: it fails there too."
    return Problem("NB101", f"is not valid Python: {error.reason}.", notebook, cell, error.line, step, hint)


def _opaque_problem(touch: Touch, cell: int, step: str | None, notebook: str) -> Problem:
    hint = "The step gets every variable and keeps its place in the notebook's order."
    text = f"{touch.how} can read and change anything, which nobody can know beforehand."
    return Problem("NB110", text, notebook, cell, touch.line, step, hint, Severity.WARNING)


def _undefined(
    facts: CellFacts, cells: Sequence[TaggedCell], versions: Versions, step: str | None, notebook: str
) -> Iterator[Problem]:
    for name, use in facts.uses.items():
        if name in BUILTINS:
            continue
        if _is_history(name):
            if versions.before(name, facts.cell) is None:
                yield _history_problem(name, facts, use, step, notebook)
            continue
        write = versions.before(name, facts.cell)
        if write is None and not use.certain and name in facts.defines | facts.maybe_defines:
            continue
        if write is None:
            hint = _where_defined(name, facts.cell, cells, versions)
            yield _missing("NB104", f'uses "{name}"', "which no earlier cell defines", facts, use, step, notebook, hint)
        elif write.deleted:
            reason = f"which cell {write.cell} deletes"
            hint = "Move the `del` below the last use."
            yield _missing("NB105", f'uses "{name}"', reason, facts, use, step, notebook, hint)


def _is_history(name: str) -> bool:
    """Whether IPython keeps earlier inputs and results under a name: `_`, `Out`, `In`, `_3`, `_i`, ..."""
    return name in IPYTHON_NAMES or name.startswith("_i") or (name.startswith("_") and name[1:].isdigit())


def _numbered(facts: CellFacts, parameters: int, step: str | None, notebook: str) -> Iterator[Problem]:
    """What IPython keeps under numbers that move when papermill injects a cell."""
    for name, use in facts.uses.items():
        number = name.removeprefix("_").removeprefix("i")
        if name in ("Out", "_oh", "In", "_ih") or (
            name.startswith("_") and number.isdigit() and int(number) > parameters
        ):
            text = (
                f'reads "{name}": in a run with parameters (`-p`) the cells below cell {parameters} have other numbers.'
            )
            hint = "Give the result a name and use that."
            yield Problem("NB114", text, notebook, facts.cell, use.line, step, hint, Severity.WARNING)


def _history_problem(name: str, facts: CellFacts, use: Use, step: str | None, notebook: str) -> Problem:
    text = f'reads "{name}": IPython\'s history reaches back to the beginning of the step only.'
    hint = "Give the result a name and use that."
    return Problem("NB106", text, notebook, facts.cell, use.line, step, hint, Severity.WARNING)


def _missing(
    code: str, what: str, reason: str, facts: CellFacts, use: Use, step: str | None, notebook: str, hint: str | None
) -> Problem:
    through = f" in {use.through}()" if use.through else ""
    severity = Severity.ERROR if use.certain else Severity.WARNING
    return Problem(code, f"{what}{through}, {reason}.", notebook, facts.cell, use.line, step, hint, severity)


def _where_defined(name: str, cell: int, cells: Sequence[TaggedCell], versions: Versions) -> str:
    later = [write.cell for write in versions.of(name) if write.cell > cell]
    if later:
        return f"Cell {later[0]} defines it: move that cell up."
    for each in cells:
        if each.role is Role.SKIP and f"{name} =" in each.cell.source:
            return f"Cell {each.cell.number}, which is tagged `skip`, may define it."
    others = [known for known in versions.names() if not known.startswith("~") and known != name]
    near = get_close_matches(name, others, n=1, cutoff=0.8)
    if near:
        return f'Did you mean "{near[0]}"?'
    return "Check the spelling; after Restart and Run All the notebook fails here too."
