"""Groups of cells to steps and edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from nb2ops.compiler.dependencies import Dependencies, Resolver
from nb2ops.compiler.grouping import Group, merged_modifiers, part_names, segments
from nb2ops.compiler.names.facts import STATE_PREFIX, CellFacts
from nb2ops.compiler.tags import TaggedCell
from nb2ops.joining import describe, join_steps, predicted, run_order
from nb2ops.model import Edge, Joined, Modifiers, Problem, Reason, Role, Severity, Step, StepCell


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps in notebook order, why each waits for others, and which run in one kernel."""

    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    joined: tuple[Joined, ...] = ()


def build_graph(
    cells: Sequence[TaggedCell],
    facts: Mapping[int, CellFacts],
    metrics: Mapping[int, tuple[str, ...]],
    notebook: str,
) -> tuple[Graph, list[Problem]]:
    """Return steps and edges, and what is wrong with them.

    Args:
        cells: every code cell with its role.
        facts: cell number -> facts, for the cells that run.
        metrics: cell number -> names that a `metrics` cell shows.
        notebook: the file's name, for problems.
    """
    resolver = Resolver(facts)
    groups, found, problems = _partition(segments(cells), resolver, notebook)
    names = part_names(groups)
    modifiers = []
    for group in groups:
        merged, conflicts = merged_modifiers(group, notebook)
        modifiers.append(merged)
        problems += conflicts
    problems += _add_stated_order(groups, names, modifiers, found, notebook)
    graph = _graph(groups, names, modifiers, found, facts, metrics)
    cycle = found.cycle()
    if cycle is not None:
        return graph, [*problems, _cycle_problem(cycle, groups, names, notebook)]
    graph = with_joined_steps(graph)
    return graph, [*problems, *_joined_notices(graph, notebook)]


def _partition(
    parts: list[Group], resolver: Resolver, notebook: str
) -> tuple[list[Group], Dependencies, list[Problem]]:
    """Join parts of one name as far as the notebook's results allow."""
    problems: list[Problem] = []
    groups: list[Group] = []
    remaining = list(parts)
    while remaining:
        part = remaining.pop(0)
        position = next((i for i in reversed(range(len(groups))) if groups[i].name == part.name), None)
        if position is None:
            groups.append(part)
            continue
        joined = [*groups[:position], groups[position].joined(part), *groups[position + 1 :]]
        why = _why_not(resolver.resolve([*joined, *remaining]))
        if why is None:
            groups = joined
        else:
            groups.append(part)
            problems.append(_divided(part, why, notebook))
    groups.sort(key=lambda group: group.numbers[0])
    return groups, resolver.resolve(groups), problems


def _why_not(found: Dependencies) -> str | None:
    if found.conflict is not None:
        return found.conflict
    return "a step between them needs the first part and is needed by the second" if found.cycle() else None


def _divided(part: Group, why: str, notebook: str) -> Problem:
    return Problem(
        "NB210",
        f'the cells of step "{part.name}" before and after this one run as separate parts: {why}.',
        notebook,
        part.numbers[0],
        hint="Nothing is wrong; move the cells together to have one step.",
        severity=Severity.NOTICE,
    )


def _add_stated_order(
    groups: Sequence[Group], names: Sequence[str], modifiers: Sequence[Modifiers], found: Dependencies, notebook: str
) -> Iterator[Problem]:
    for position, group in enumerate(groups):
        for wanted in modifiers[position].after:
            targets = [i for i, other in enumerate(groups) if wanted in (other.name, names[i])]
            if not targets:
                yield _unknown_after(wanted, group, names, notebook)
            elif targets == [position]:
                yield _self_after(wanted, group, notebook)
            for target in targets:
                found.add(target, position, Reason("after", wanted, f"stated by the tag after:{wanted}"))


def _unknown_after(wanted: str, group: Group, names: Sequence[str], notebook: str) -> Problem:
    near = get_close_matches(wanted, names, n=1)
    hint = f'Did you mean "after:{near[0]}"?' if near else f"The steps are: {', '.join(names)}."
    cell = _cell_with_after(group, wanted)
    return Problem("NB211", f'the tag "after:{wanted}" names no step.', notebook, cell, None, group.name, hint)


def _self_after(wanted: str, group: Group, notebook: str) -> Problem:
    cell = _cell_with_after(group, wanted)
    return Problem("NB214", "waits for itself.", notebook, cell, None, group.name, f'Remove the tag "after:{wanted}".')


def _cell_with_after(group: Group, wanted: str) -> int | None:
    return next((each.cell.number for each in group.cells if wanted in each.modifiers.after), None)


def _cycle_problem(cycle: Sequence[int], groups: Sequence[Group], names: Sequence[str], notebook: str) -> Problem:
    path = " -> ".join(names[position] for position in cycle)
    culprit = next(
        (groups[i] for i in cycle if any(each.modifiers.after for each in groups[i].cells)), groups[cycle[0]]
    )
    return Problem(
        "NB212",
        f"steps wait for each other in a circle: {path}.",
        notebook,
        culprit.numbers[0],
        hint="Remove an `after:` tag; `nb2ops check --explain` says why each step waits.",
    )


def _graph(
    groups: Sequence[Group],
    names: Sequence[str],
    modifiers: Sequence[Modifiers],
    found: Dependencies,
    facts: Mapping[int, CellFacts],
    metrics: Mapping[int, tuple[str, ...]],
) -> Graph:
    saved: list[set[str]] = [set() for _ in groups]
    for taken in found.loads:
        for name, upstream in taken.items():
            saved[upstream].add(name)
    steps = []
    for position, group in enumerate(groups):
        loads = {name: names[upstream] for name, upstream in sorted(found.loads[position].items())}
        last = facts[group.numbers[-1]]
        steps.append(
            Step(
                names[position],
                tuple(step_cell(each, metrics) for each in group.cells),
                modifiers[position],
                {name: step for name, step in loads.items() if not name.startswith(STATE_PREFIX)},
                tuple(sorted(name for name in saved[position] if not name.startswith(STATE_PREFIX))),
                {name[1:]: step for name, step in loads.items() if name.startswith(STATE_PREFIX)},
                tuple(sorted(name[1:] for name in saved[position] if name.startswith(STATE_PREFIX))),
                any(facts[number].opaque for number in group.numbers),
                {name: why for name, why in sorted(last.staying.items()) if name in saved[position]},
                _deleted([facts[number] for number in group.numbers]),
            )
        )
    return Graph(tuple(steps), _edges(names, found))


def _deleted(cells: Iterable[CellFacts]) -> tuple[str, ...]:
    """Return the variables that are gone after cells, as far as these cells decide it."""
    gone: set[str] = set()
    for each in cells:
        gone = (gone - each.defines - each.maybe_defines) | each.deletes
    return tuple(sorted(gone))


def with_joined_steps(graph: Graph) -> Graph:
    """Add which steps run in one kernel, and edges by which they do so one after the other."""
    staying = predicted(graph.steps)
    groups = join_steps(run_order(graph.steps, graph.edges), staying) if staying else []
    there = {(edge.upstream, edge.downstream) for edge in graph.edges}
    added = [
        Edge(before.name, after.name, (Reason("kernel", before.name, "they run in one kernel, one after the other"),))
        for group in groups
        for before, after in pairwise(group)
        if (before.name, after.name) not in there
    ]
    position = {step.name: at for at, step in enumerate(graph.steps)}
    edges = sorted((*graph.edges, *added), key=lambda edge: (position[edge.downstream], position[edge.upstream]))
    return Graph(graph.steps, tuple(edges), tuple(describe(group, staying) for group in groups))


def _joined_notices(graph: Graph, notebook: str) -> Iterator[Problem]:
    """Say what is joined, and what its steps cannot have."""
    steps = {step.name: step for step in graph.steps}
    for group in graph.joined:
        why = "; ".join(reason.text for reason in group.reasons)
        others = " and ".join(f'"{name}"' for name in group.steps[1:])
        text = f"runs in one kernel with {others}, one after the other: {why}."
        hint = "Such objects cannot leave their kernel; nothing is wrong."
        cell = steps[group.steps[0]].cells[0].cell
        yield Problem("NB216", text, notebook, cell, None, None, hint, Severity.NOTICE)
        yield from (
            _no_retry(steps[name], group, notebook) for name in group.steps[1:] if steps[name].modifiers.retries
        )


def _no_retry(step: Step, group: Joined, notebook: str) -> Problem:
    text = f'is not tried again when it fails: it runs in the kernel of "{group.steps[0]}", which it has changed.'
    hint = "Give both steps one name to have them tried again together."
    return Problem("NB217", text, notebook, step.cells[0].cell, None, step.name, hint, Severity.WARNING)


def step_cell(each: TaggedCell, metrics: Mapping[int, tuple[str, ...]]) -> StepCell:
    """Return a cell as part of its step."""
    number = each.cell.number or 0
    shown = metrics.get(number, ()) if each.role is Role.METRICS else ()
    return StepCell(number, each.cell.index, each.cell.id, each.role, shown)


def _edges(names: Sequence[str], found: Dependencies) -> tuple[Edge, ...]:
    pairs = sorted(found.reasons, key=lambda pair: (pair[1], pair[0]))
    return tuple(Edge(names[up], names[down], tuple(found.reasons[up, down])) for up, down in pairs)
