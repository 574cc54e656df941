"""Which steps are *joined*: they run in one kernel, since a variable that one hands to another cannot leave it.

The compiler asks with what the analysis knows, a run with what its kernels have reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from nb2ops.model import Edge, Joined, Reason, Step

Staying = Mapping[tuple[str, str], str]
"""(step, variable) -> why that step's version of the variable cannot leave its kernel."""

STATE = "~"
"""Prefix of pseudo-variables among variables."""

_DIFFERENCES = ("settings", "environment", "modules")
"""States that cross as what differs from the start of a kernel: they are for kernels that have just started."""


def run_order(steps: Sequence[Step], edges: Sequence[Edge] = ()) -> list[Step]:
    """Return steps in notebook order, as far as each comes after those that it needs.

    Steps that wait for each other in a circle are left out.
    """
    position = {step.name: at for at, step in enumerate(steps)}
    upstream = {step.name: {*step.loads.values(), *step.restores.values()} for step in steps}
    for edge in edges:
        upstream[edge.downstream].add(edge.upstream)
    downstream: dict[str, list[str]] = {name: [] for name in position}
    for name, sources in upstream.items():
        for source in sources:
            downstream[source].append(name)
    ready = [position[name] for name, sources in upstream.items() if not sources]
    heapify(ready)
    order = []
    while ready:
        step = steps[heappop(ready)]
        order.append(step)
        for name in downstream[step.name]:
            upstream[name].discard(step.name)
            if not upstream[name]:
                heappush(ready, position[name])
    return order


def predicted(steps: Sequence[Step]) -> dict[tuple[str, str], str]:
    """Return what cannot leave its kernel, as far as the analysis can tell."""
    return {(step.name, name): why for step in steps for name, why in step.staying.items()}


def needed(step: Step, staying: Staying, opaque: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Yield what a step needs that cannot leave its kernel, each as (step, variable).

    Args:
        step: the step.
        staying: what cannot leave its kernel.
        opaque: steps that hand over everything; a step that takes everything takes it from them.
    """
    for source, name in staying:
        taken = step.restores.get(name[1:]) if name.startswith(STATE) else step.loads.get(name)
        if taken == source or (step.everything and source in opaque and source != step.name):
            yield source, name


def join_steps(order: Sequence[Step], staying: Staying) -> list[list[Step]]:
    """Return the groups of steps that belong into one kernel each, those that stand alone left out.

    Args:
        order: all steps, as `run_order` returns them.
        staying: what cannot leave its kernel.
    """
    if not staying:
        return []
    places = {step.name: at for at, step in enumerate(order)}
    opaque = frozenset(step.name for step in order if step.everything)
    groups = _Groups(len(order))
    for step in order:
        for source, _ in needed(step, staying, opaque):
            if places[source] < places[step.name]:  # a later opaque step is not its business
                groups.unite(places[source], places[step.name])
    while any(groups.unite(*pair) for pair in _between(order, places, groups.all())):
        pass
    return [[order[at] for at in group] for group in groups.all()]


def _between(order: Sequence[Step], places: Mapping[str, int], groups: list[list[int]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of steps to join: a kernel that has run for a while does not take over settings from another."""
    for group in groups:
        for member in group[1:]:
            sources = (order[member].restores.get(state) for state in _DIFFERENCES)
            yield from ((places[each], member) for each in sources if each and places[each] > group[0])


class _Groups:
    """A union-find structure over positions."""

    def __init__(self, size: int) -> None:
        self._first = list(range(size))

    def find(self, at: int) -> int:
        while self._first[at] != at:
            at = self._first[at]
        return at

    def unite(self, one: int, other: int) -> bool:
        """Put two positions into one group; whether they were in two."""
        first, second = sorted((self.find(one), self.find(other)))
        self._first[second] = first
        return first != second

    def all(self) -> list[list[int]]:
        """Return the groups of more than one."""
        found: dict[int, list[int]] = {}
        for at in range(len(self._first)):
            found.setdefault(self.find(at), []).append(at)
        return [group for group in found.values() if len(group) > 1]


def describe(group: Sequence[Step], staying: Staying) -> Joined:
    """Return a group with its reasons.

    Args:
        group: its steps, in the order in which they run.
        staying: what cannot leave its kernel.
    """
    opaque = frozenset(step.name for step in group if step.everything)
    place = {step.name: at for at, step in enumerate(group)}
    handed = {
        step.name: sorted(
            (pair for pair in needed(step, staying, opaque) if pair[0] in place), key=lambda pair: place[pair[0]]
        )
        for step in group
    }
    passed_on = {(step, name) for step, taken in handed.items() for _, name in taken}
    kept = dict.fromkeys(pair for step in group for pair in handed[step.name] if pair not in passed_on)
    reasons = (Reason("kernel", name, _sentence(source, name, staying[source, name])) for source, name in kept)
    return Joined(tuple(step.name for step in group), tuple(reasons))


def _sentence(step: str, name: str, why: str) -> str:
    return f'in step "{step}" {why}' if name.startswith(STATE) else f'"{name}" of step "{step}" {why}'
