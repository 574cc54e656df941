"""Where the steps of a pipeline stand: layers from top to bottom, by the rules of the sidebar's graph (ADR 0014).

A link that others imply (a before b before c, and a before c) is not drawn: it would only hide the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

BOX_WIDTH = 150.0
BOX_HEIGHT = 38.0
BESIDE = 10.0
BELOW = 26.0
LINE_WIDTH = 8.0
SWEEPS = 6
Link = tuple[str, str]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A step; `x` and `y` are the upper left corner, in pixels."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A link, with the points from below the upper box to above the lower one, past those between."""

    link: Link
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A graph with its extent in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


@dataclass(eq=False, slots=True)
class _Item:
    """What stands in a layer: a step, or the place where a line passes; `x` is its middle."""

    name: str | None
    x: float = 0.0
    above: list[_Item] = field(default_factory=list)
    below: list[_Item] = field(default_factory=list)

    @property
    def size(self) -> float:
        return LINE_WIDTH if self.name is None else BOX_WIDTH


def lay_out(steps: Sequence[str], links: Iterable[Link]) -> Layout:
    """Lay out steps, given in notebook order; every link leads to a step further down in that order.

    Example:
        >>> [(box.name, box.x, box.y) for box in lay_out(["a", "b"], [("a", "b")]).boxes]
        [('a', 0.0, 0.0), ('b', 0.0, 64.0)]
    """
    drawn = without_implied(list(links))
    depths = _depths(steps, drawn)
    layers: list[list[_Item]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    items = {step: _Item(step) for step in steps}
    for step, item in items.items():
        layers[depths[step]].append(item)
    paths = [
        (link, _path(items[link[0]], items[link[1]], layers[depths[link[0]] + 1 : depths[link[1]]])) for link in drawn
    ]
    _sort(layers)
    width = _place(layers)
    boxes = [
        Box(item.name, item.x - BOX_WIDTH / 2, _top(depth))
        for depth, layer in enumerate(layers)
        for item in layer
        if item.name is not None
    ]
    lines = [Line(link, _points(path, depths[link[0]])) for link, path in paths]
    return Layout(tuple(boxes), tuple(lines), width, _top(len(layers)) - BELOW if layers else 0.0)


def without_implied(links: Sequence[Link]) -> list[Link]:
    """Return the links that no longer way stands for.

    Example:
        >>> without_implied([("a", "b"), ("b", "c"), ("a", "c")])
        [('a', 'b'), ('b', 'c')]
    """
    following: dict[str, list[str]] = {}
    for upper, lower in links:
        following.setdefault(upper, []).append(lower)
    known: dict[str, frozenset[str]] = {}

    def reached(step: str) -> frozenset[str]:
        if step not in known:
            direct = following.get(step, [])
            known[step] = frozenset(direct).union(*map(reached, direct))
        return known[step]

    return [
        (upper, lower)
        for upper, lower in links
        if not any(other != lower and lower in reached(other) for other in following[upper])
    ]


def _depths(steps: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """Each step one below the lowest that it waits for."""
    depths: dict[str, int] = {}
    for step in steps:
        depths[step] = 1 + max((depths[upper] for upper, lower in links if lower == step), default=-1)
    return depths


def _path(start: _Item, end: _Item, between: Sequence[list[_Item]]) -> list[_Item]:
    """Return the items that a line leads through, those between put into their layers."""
    path = [start, *(_Item(None) for _ in between), end]
    for layer, item in zip(between, path[1:-1], strict=True):
        layer.append(item)
    for upper, lower in pairwise(path):
        upper.below.append(lower)
        lower.above.append(upper)
    return path


def _sort(layers: Sequence[list[_Item]]) -> None:
    """Put each item near the middle of what it is linked to, so that few lines cross."""
    for layer in layers:
        _number(layer)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            wished = {id(item): _mean(item.above if down else item.below, item.x) for item in layer}
            layer.sort(key=lambda item, wished=wished: wished[id(item)])  # type: ignore[misc]
            _number(layer)


def _number(layer: Sequence[_Item]) -> None:
    for place, item in enumerate(layer):
        item.x = float(place)


def _place(layers: Sequence[Sequence[_Item]]) -> float:
    """Give every item the x of its middle; return the width of all."""
    total = max(map(_extent, layers), default=0.0)
    for layer in layers:
        left = (total - _extent(layer)) / 2
        for item in layer:
            item.x = left + item.size / 2
            left += item.size + BESIDE
    for sweep in range(SWEEPS):
        for layer in reversed(layers) if sweep % 2 else layers:
            _spread(layer, _extent(layer), total)
    return total


def _extent(layer: Sequence[_Item]) -> float:
    return sum(item.size + BESIDE for item in layer) - BESIDE


def _spread(layer: Sequence[_Item], needed: float, total: float) -> None:
    """Move the items of a layer towards what they are linked to, as far as neighbours and edges leave room."""
    left = 0.0
    for item in layer:
        half = item.size / 2
        wanted = _mean([*item.above, *item.below], item.x)
        item.x = min(max(wanted, left + half), total - needed + half)
        left = item.x + half + BESIDE
        needed -= item.size + BESIDE


def _points(path: Sequence[_Item], first: int) -> tuple[Point, ...]:
    """Return the two ends of every item on the way, but for the first one's top and the last one's bottom."""
    ends = [(item.x, _top(depth) + side) for depth, item in enumerate(path, first) for side in (0.0, BOX_HEIGHT)]
    return tuple(ends[1:-1])


def _top(layer: int) -> float:
    return layer * (BOX_HEIGHT + BELOW)


def _mean(items: Sequence[_Item], otherwise: float) -> float:
    return sum(item.x for item in items) / len(items) if items else otherwise
