"""Sets that are walked in the order in which they were walked where they came from.

A set is walked in the order of its hash table, which depends on the table's size and, where hashes collide, on
who came first. All kernels of a run share one hash seed; what is left is to find a size and an order of
insertion. Python says neither where in its table an element is nor how the table got its size: likely places are
worked out from the way CPython looks for a free one, and the answer counts only if a set made by it is walked
right. It fails for some sets that lost elements; these come in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import is_
from random import Random
from typing import Any

Recipe = tuple[str, int, list[Any]]
_ONE_BY_ONE, _AT_ONCE, _PADDED = _WAYS = ("one by one", "at once", "padded")

_RUN, _DEPTH, _WORD = 9, 24, (1 << 64) - 1
"""CPython's sets: neighbours looked at before jumping, places considered here, an unsigned hash."""

_ROUNDS = 30
"""Attempts to find places that fit together."""

_SHUFFLES, _SMALL = 100, 100
"""Further orders that are tried, and the elements up to which it is worth it."""

_LARGEST = 50_000
"""Elements up to which the order of a set is worked out."""


def arrangement(value: Any) -> Recipe:
    """Return how to make a set like `value`, walked in the same order: the way, a table size, an order of insertion.

    Where nothing is found the elements come as they are walked.
    """
    wanted, size = list(value), _table_size(value)
    ways = _WAYS if isinstance(value, set) else _WAYS[:2]
    for order in _orders(wanted, size):
        for way in ways:
            if all(map(is_, made_like(type(value), way, size, order), wanted)):
                return way, size, order
    return ways[0], size, wanted


def _orders(wanted: list[Any], size: int) -> Iterator[list[Any]]:
    yield wanted
    if len(wanted) <= _LARGEST:
        yield _by_collisions(wanted, size)
    draw = Random(0)
    for _ in range(_SHUFFLES if len(wanted) <= _SMALL else 0):
        yield draw.sample(wanted, len(wanted))


def _by_collisions(wanted: list[Any], size: int) -> list[Any]:
    """The elements so that each, when it is put in, finds those places taken that made it go where it is."""
    probes = [_probes(hash(element), size) for element in wanted]
    places = _places(probes)
    holder = {place: index for index, place in enumerate(places)}
    waits = [
        [holder[passed] for passed in probe[: probe.index(places[index])] if passed in holder]
        for index, probe in enumerate(probes)
    ]
    order = dict.fromkeys(index for index, before in enumerate(waits) if not before)
    left = [index for index in range(len(wanted)) if index not in order]
    while left:
        ready = [index for index in left if all(each in order for each in waits[index])]
        order.update(dict.fromkeys(ready or left))
        left = [index for index in left if index not in order]
    return [wanted[index] for index in order]


def _probes(code: int, size: int) -> list[int]:
    """The places at which CPython looks for an element, in order."""
    mask, perturb = size - 1, code & _WORD
    at = perturb & mask
    found: dict[int, None] = {}
    while len(found) < min(size, _DEPTH):
        found.update(dict.fromkeys(range(at, at + (_RUN if at + _RUN <= mask else 0) + 1)))
        perturb >>= 5
        at = (at * 5 + 1 + perturb) & mask
    return list(found)


def _places(probes: list[list[int]]) -> list[int]:
    """Where the elements are likely to be: rising, and only where all places looked at before are taken."""
    barred: set[tuple[int, int]] = set()
    for _ in range(_ROUNDS):
        places = _rising(probes, barred)
        taken = set(places)
        wrong = {
            (index, place)
            for index, place in enumerate(places)
            if not taken.issuperset(probes[index][: probes[index].index(place)])
        }
        if not wrong:
            break
        barred |= wrong
    return places


def _rising(probes: list[list[int]], barred: set[tuple[int, int]]) -> list[int]:
    """Rising places, one out of each list, that together lie as early in their lists as possible."""
    ways: list[dict[int, tuple[int, int]]] = []
    before: dict[int, tuple[int, int]] = {-1: (0, -1)}
    for index, candidates in enumerate(probes):
        costs = sorted((place, late) for late, place in enumerate(candidates) if (index, place) not in barred)
        earlier = sorted(before.items())
        now: dict[int, tuple[int, int]] = {}
        best: tuple[int, int] | None = None
        at = 0
        for place, late in costs:
            while at < len(earlier) and earlier[at][0] < place:
                last, (cost, _) = earlier[at]
                best = (cost, last) if best is None or cost < best[0] else best
                at += 1
            if best is not None:
                now[place] = (best[0] + late, best[1])
        if not now:
            return [candidates[0] for candidates in probes]
        ways.append(now)
        before = now
    place = min(before, key=lambda each: before[each])
    places: list[int] = []
    for way in reversed(ways):
        places.append(place)
        place = way[place][1]
    return places[::-1]


def _table_size(value: Any) -> int:
    """How many places the hash table of a set has: 8 inside the object, or a separate table of 16 bytes each."""
    extra: int = value.__sizeof__() - set().__sizeof__()
    return max(8, extra // 16)


def made_like(kind: Any, way: str, size: int, order: list[Any]) -> Any:
    """Return a set or frozen set made in that way and order."""
    if kind is frozenset:
        return frozenset(order if way == _ONE_BY_ONE else dict.fromkeys(order))
    made: set[Any] = set()
    fill(made, (way, size, order))
    return made


def fill(made: set[Any], recipe: Recipe) -> None:
    """Put elements into an empty set.

    A table grows with what is put in, and is sized at once for the keys of a dictionary. To get one of any size
    (of a set that lost elements, for example) more keys are put in and taken out again.
    """
    way, size, order = recipe
    if way == _ONE_BY_ONE:
        made.update(order)
        return
    room = max(size // 2 - 1, 0) if way == _PADDED else len(order)
    padding = [object() for _ in range(room - len(order))]
    made.update(dict.fromkeys([*order[:room], *padding]))
    for each in padding:
        made.discard(each)
    made.update(order[room:])
