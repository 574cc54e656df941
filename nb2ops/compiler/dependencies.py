"""Which group of cells needs what from which: variables and states by version, the outside world by order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from os.path import normpath

from nb2ops.compiler.grouping import Group
from nb2ops.compiler.names.facts import AMBIENT, DIRECTORY, IMPORT, LIBRARY, STATE_PREFIX, CellFacts, WorldEffect
from nb2ops.compiler.versions import Versions, Write
from nb2ops.model import Reason, Role


@dataclass(slots=True)
class Dependencies:
    """What the groups of one partition need; groups are named by their position.

    Attributes:
        loads: group -> variable or pseudo-variable -> the group that hands it over.
        reasons: (upstream, downstream) -> why the one waits for the other.
        conflict: why the partition cannot run with the notebook's results, None where it can.
    """

    loads: list[dict[str, int]]
    reasons: dict[tuple[int, int], dict[Reason, None]] = field(default_factory=dict)
    conflict: str | None = None

    def add(self, upstream: int, downstream: int, reason: Reason) -> None:
        """Note that one group waits for another; a group does not wait for itself."""
        if upstream != downstream:
            self.reasons.setdefault((upstream, downstream), {})[reason] = None

    def upstream(self) -> dict[int, list[int]]:
        """Return group -> the groups that it waits for."""
        found: dict[int, list[int]] = {group: [] for group in range(len(self.loads))}
        for upstream, downstream in self.reasons:
            found[downstream].append(upstream)
        return found

    def cycle(self) -> list[int] | None:
        """Return groups that wait for each other in a circle, None where there are none."""
        try:
            TopologicalSorter(self.upstream()).prepare()
        except CycleError as error:
            found: list[int] = error.args[1]
            return found[::-1]
        return None


class Resolver:
    """Finds what groups need. One resolver serves several partitions of the same notebook.

    Args:
        facts: cell number -> facts, in notebook order, of the cells that run.
    """

    def __init__(self, facts: Mapping[int, CellFacts]) -> None:
        self.facts = facts
        self.versions = Versions(facts)
        changed = sorted({state for each in facts.values() for state in each.states})
        self._ambient = [STATE_PREFIX + state for state in changed if state in AMBIENT or state.startswith(_PLACES)]
        self._moves = any(DIRECTORY in each.states for each in facts.values())

    def resolve(self, groups: Sequence[Group]) -> Dependencies:
        """Return what each group needs from which."""
        return _Resolution(self, groups).run()

    def wanted(self, cell: int) -> Iterator[tuple[str, str]]:
        """Yield the names that a cell takes from before it, each with a verb.

        Names that it changes only as aliases are not among them: `demand` asks for those when somebody reads them.
        """
        facts = self.facts[cell]
        rebound = {name for name in facts.builtins if self.versions.of(name)}
        for name in sorted(facts.uses.keys() | facts.maybe_uses.keys() | rebound):
            yield name, "uses"
        for state in sorted(facts.states):
            yield STATE_PREFIX + state, "continues"
        for name in self._ambient:
            yield name, "continues"
        if facts.opaque:
            yield from ((name, "may use") for name in self.versions.names())

    def effects(self, cell: int) -> Iterator[WorldEffect]:
        """Yield a cell's effects on the outside world, paths made comparable."""
        for effect in self.facts[cell].world:
            if effect.path is None or effect.path == "?":
                yield effect
            elif self._moves and effect.mode == "read":
                yield WorldEffect("read", effect.line, effect.how, "?")
            elif self._moves:
                yield WorldEffect("unknown", effect.line, effect.how)
            else:
                yield WorldEffect(effect.mode, effect.line, effect.how, normpath(effect.path))


class _Resolution:
    def __init__(self, resolver: Resolver, groups: Sequence[Group]) -> None:
        self.resolver = resolver
        self.versions = resolver.versions
        self.groups = groups
        self.group_of = {cell: position for position, group in enumerate(groups) for cell in group.numbers}
        self.scattered = {
            position: frozenset(group.numbers) for position, group in enumerate(groups) if _is_scattered(group, groups)
        }
        self.gates = {each.cell.number for group in groups for each in group.cells if each.role is Role.GATE}
        self.found = Dependencies([{} for _ in groups])
        self.demanded: set[tuple[str, int]] = set()
        self.absent: set[tuple[str, int]] = set()

    def run(self) -> Dependencies:
        cells = sorted(self.group_of)
        for cell in cells:
            for name, verb in self.resolver.wanted(cell):
                self.demand(name, cell, verb)
        self._order_world(cells)
        self._order_barriers(cells)
        self._order_opaque(cells)
        return self.found

    def demand(self, name: str, cell: int, verb: str) -> None:
        """A cell needs the version of a variable that was there before it."""
        todo = [(name, cell, verb)]
        while todo:
            name, cell, verb = todo.pop()
            if (name, cell) in self.demanded:
                continue
            self.demanded.add((name, cell))
            write = self.versions.before(name, cell)
            elsewhere = write is None or self.group_of[cell] != self.group_of[write.cell]
            if write is None or write.deleted:
                if elsewhere:
                    self._miss(name, cell)
                continue
            if elsewhere:
                self._load(name, cell, verb, write)
            if not write.certain:
                todo.append((name, write.cell, "passes on"))

    def _miss(self, name: str, cell: int) -> None:
        """A cell is to find a variable missing, or a state as it is in a new kernel."""
        downstream = self.group_of[cell]
        self.absent.add((name, downstream))
        own = self.scattered.get(downstream, frozenset())
        if name in self.found.loads[downstream] or self.versions.cells_between(name, own, 0, cell):
            self._conflict(name, cell, _OTHER_VERSION)

    def _load(self, name: str, cell: int, verb: str, write: Write) -> None:
        downstream, upstream = self.group_of[cell], self.group_of[write.cell]
        self._check_versions(name, cell, write)
        if (name, downstream) in self.absent:
            self._conflict(name, cell, _OTHER_VERSION)
        known = self.found.loads[downstream].setdefault(name, upstream)
        if known != upstream:
            self._conflict(name, cell, "needs two versions of it")
        self.found.add(upstream, downstream, _reason(name, cell, verb, write))

    def _check_versions(self, name: str, cell: int, write: Write) -> None:
        """In a group that is not one run of cells, later or earlier cells of it may hold another version."""
        downstream, upstream = self.group_of[cell], self.group_of[write.cell]
        own = self.scattered.get(downstream, frozenset())
        if own and self.versions.cells_between(name, own, 0, cell):
            self._conflict(name, cell, "is changed elsewhere between two cells of the step")
        theirs = self.scattered.get(upstream, frozenset())
        if theirs and self.versions.cells_between(name, theirs, write.cell, 10**9):
            self._conflict(name, cell, "is needed as it was before the step's last cells")

    def _conflict(self, name: str, cell: int, why: str) -> None:
        if self.found.conflict is None:
            self.found.conflict = f'"{name.removeprefix(STATE_PREFIX)}", used in cell {cell}, {why}'

    def _order_world(self, cells: Sequence[int]) -> None:
        seen = _World()
        for cell in cells:
            for effect in self.resolver.effects(cell):
                ordered = True
                for earlier, before in seen.conflicts(effect):
                    if self._is_left_to_the_author(effect, before, cell):
                        ordered = False
                        continue
                    text = f"cell {cell} {effect.how}; cell {earlier} {before.how}"
                    reason = Reason("world", effect.path or before.path or "anything", text)
                    self.found.add(self.group_of[earlier], self.group_of[cell], reason)
                seen.add(cell, effect, replaces=ordered)

    def _is_left_to_the_author(self, effect: WorldEffect, before: WorldEffect, cell: int) -> bool:
        """A step with `after:` states its order by itself where nobody can know."""
        known = effect.path not in (None, "?") and before.path not in (None, "?")
        return not known and any(each.modifiers.after for each in self.groups[self.group_of[cell]].cells)

    def _order_barriers(self, cells: Sequence[int]) -> None:
        """Nothing that stands later may run before a gate, or before what may end the notebook."""
        for cell in cells:
            barrier = self._barrier(cell)
            if barrier is not None:
                for later in cells[bisect_right(cells, cell) :]:
                    self.found.add(self.group_of[cell], self.group_of[later], barrier)

    def _barrier(self, cell: int) -> Reason | None:
        name = self.groups[self.group_of[cell]].name
        if cell in self.gates:
            return Reason("gate", name, f"cell {cell} is a gate for everything after it")
        ends = self.resolver.facts[cell].ends
        return None if ends is None else Reason("gate", name, f"cell {cell} {ends.how}, after which nothing runs")

    def _order_opaque(self, cells: Sequence[int]) -> None:
        for opaque in self.versions.opaque:
            why = self.resolver.facts[opaque].opaque[0].how
            for cell in cells:
                first, second = sorted((cell, opaque))
                reason = Reason("opaque", why, f"cell {opaque} cannot be known ({why}) and keeps its place")
                self.found.add(self.group_of[first], self.group_of[second], reason)


_OTHER_VERSION = "is not what other cells of the step find"


def _is_scattered(group: Group, groups: Sequence[Group]) -> bool:
    first, last = group.numbers[0], group.numbers[-1]
    return any(first < number < last for other in groups if other is not group for number in other.numbers)


def _reason(name: str, cell: int, verb: str, write: Write) -> Reason:
    if name.startswith(STATE_PREFIX):
        state = name.removeprefix(STATE_PREFIX)
        words = f"the {_STATE_WORDS[state]}" if state in _STATE_WORDS else _place(state)
        return Reason("state", state, f"cell {cell} {verb} {words} {write.verb} in cell {write.cell}")
    return Reason("variable", name, f'cell {cell} {verb} "{name}", {write.verb} in cell {write.cell}')


_PLACES = (LIBRARY, IMPORT)


def _place(state: str) -> str:
    if state.startswith(IMPORT):
        return f"what importing {state.removeprefix(IMPORT)} changes in other libraries,"
    return state.removeprefix(LIBRARY)


_STATE_WORDS = {
    "random": "random state",
    "settings": "settings",
    "directory": "working directory",
    "environment": "environment variables",
    "path": "import path",
    "modules": "variables inside local modules",
}


class _World:
    """Effects so far, kept as far as later ones can conflict with them."""

    def __init__(self) -> None:
        self._since: list[tuple[int, WorldEffect]] = []

    def conflicts(self, effect: WorldEffect) -> Iterator[tuple[int, WorldEffect]]:
        """Yield earlier effects whose order to this one matters."""
        for cell, before in self._since:
            if _conflict(before, effect):
                yield cell, before

    def add(self, cell: int, effect: WorldEffect, *, replaces: bool) -> None:
        """Take an effect; one that comes after everything it conflicts with stands for all of that."""
        if effect.mode == "unknown" and replaces:
            self._since.clear()
        elif effect.mode == "write" and replaces:
            self._since = [each for each in self._since if each[1].path != effect.path or "*" in str(effect.path)]
        self._since.append((cell, effect))


def _conflict(before: WorldEffect, after: WorldEffect) -> bool:
    if before.mode == after.mode == "read":
        return False
    if "unknown" in (before.mode, after.mode) or "?" in (before.path, after.path):
        return True
    return _overlap(before.path or "", after.path or "")


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "~")) or path[1:2] == ":" or "://" in path or ":/" in path


def _may_end(absolute: str, relative: str) -> bool:
    if ":/" in absolute and absolute[1:2] != ":":  # an address, not a file
        return False
    parts = [part for part in relative.split("/") if part not in ("", ".", "..")]
    above = absolute.split("/")
    is_folder = "." not in above[-1]
    return is_folder or not parts or any(above[at : at + len(parts)] == parts for at in range(len(above)))


def _overlap(one: str, other: str) -> bool:
    """Whether two paths may be one file: the same, one below or beginning with the other (`a`, `a.npy`), a pattern.

    Where the working directory is, nobody knows: a relative path may be the end of an absolute one.
    """
    if any(character in one + other for character in "*?["):
        return True
    if _is_absolute(one) != _is_absolute(other):
        relative, absolute = sorted((one, other), key=_is_absolute)
        return _may_end(absolute, relative)
    short, long = sorted((one, other), key=len)
    return short == long or short == "." or long.startswith((f"{short}/", f"{short}."))
