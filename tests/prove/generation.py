"""Programs that hypothesis generates: constructs put together so that every name they need is there, of its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from textwrap import indent
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.prove.programs import Program, written
from tests.prove.templates import ANY, KINDS, MAKERS, PLACE, RELATIVES, TEMPLATES, Place, Template

WORDS, FILES = ("a", "b", "key", "xyz"), ("a.txt", "b.txt", "c.json")
HELPER = """\
rate, seen = 1, []
def note(x):
    seen.append(x)
    return rate * len(seen)
"""
MODULES = (
    "bisect", "contextlib", "copy", "dataclasses", "datetime", "decimal", "enum", "functools", "heapq", "helper",
    "itertools", "json", "logging", "os", "pickle", "random", "re", "sqlite3", "sys", "warnings",
)  # fmt: skip
IMPORTS = {
    **{f"import {name}": name for name in MODULES},
    "from collections import Counter, defaultdict, deque, namedtuple": "Counter|defaultdict|deque|namedtuple",
    "from decimal import Decimal": "Decimal",
    "from logging.handlers import QueueHandler": "QueueHandler",
    "from queue import SimpleQueue": "SimpleQueue",
    "from pathlib import Path": "Path",
    "import numpy as np": "np|pd|train_test_split|RandomForestRegressor",
    "import pandas as pd": "pd",
    "import matplotlib.pyplot as plt": "plt",
    "from sklearn.linear_model import LinearRegression": "LinearRegression",
    "from sklearn.ensemble import RandomForestRegressor": "RandomForestRegressor",
    "from sklearn.model_selection import train_test_split": "train_test_split",
    "random.seed(1)": "random",
    "np.random.seed(1)": "np|pd|train_test_split|RandomForestRegressor",
}
"""What the first cell says, and the words that ask for it."""

RELATED = 30
"""Percent of constructs that are chosen because of another one."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Generated:
    """A program, and the names of the constructs that it is made of."""

    program: Program
    constructs: frozenset[str]

    @property
    def text(self) -> str:
        """The program as it would stand in a file of programs."""
        return written(self.program)


@dataclass
class _Cell:
    lines: list[str] = field(default_factory=list)
    alone: bool = False
    live: dict[str, str] = field(default_factory=dict)
    """Name -> kind, as it is after the cell."""


@cache
def _below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


class _Draft:
    """A program that grows by one construct after the other."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw
        self.cells = [_Cell()]
        self.constructs: set[str] = set()
        self._added: list[str] = []
        self._live: dict[str, str] = {}
        self._at = 0
        self._pinned: set[str] = set()
        self._known = 0
        self._depth = 0
        self._in_body = False
        self._uncertain: set[str] = set()

    def choose(self, items: Sequence[Item]) -> Item:
        return items[self._draw(_below(len(items)))] if len(items) > 1 else items[0]

    def chance(self, percent: int) -> bool:
        return bool(self._draw(_below(100)) < percent)

    def start_cell(self) -> None:
        """The cell is complete, and another begins."""
        if self.cells[-1].lines:
            self.cells.append(_Cell(live=dict(self._live)))
            self._at = len(self.cells) - 1

    def add_any(self) -> None:
        """Add any construct, often one that has to do with another that is there."""
        if self._added and self.chance(RELATED):
            self.add(self.choose(RELATIVES[self.choose(self._added)]))
        else:
            self.add(self.choose(TEMPLATES))

    def add(self, template: Template) -> None:
        """Add a construct to the present cell, or as a cell of its own."""
        self._added.append(template.name)
        if template.stands_alone or self.cells[-1].alone:
            self.start_cell()
        self._append(template)
        self.cells[-1].alone = template.stands_alone

    def show_all(self) -> None:
        """Show every variable."""
        self.start_cell()
        self.cells[-1].lines += [f"print({self._shown(name, kind)})" for name, kind in sorted(self._live.items())]

    def _append(self, template: Template) -> None:
        text = self._expand(template)
        self.cells[self._at].lines.append(text)
        self.cells[self._at].live = dict(self._live)

    def _expand(self, template: Template) -> str:
        self.constructs.add(template.name)
        names: dict[str, str] = {}
        for place in template.reads:
            names[place.label] = self._pick(place)
        kinds = {label: self._live[name] for label, name in names.items()}
        for place in template.binds:
            kind = place.kinds[0]
            kinds[place.label] = kinds[kind[1:]] if kind.startswith("@") else kind
            names[place.label] = self._name(kinds[place.label], place, template, [*names.values()])
        text = self._render(template, names)
        for place in template.places:
            if place.mark.startswith("+"):
                self._live[names[place.label]] = kinds[place.label]
                if self._in_body:
                    self._uncertain.add(names[place.label])
            elif place.mark == "-":
                self._live[names[place.label]] = "gone"
        return text

    def _pick(self, place: Place) -> str:
        found = [name for name, kind in self._live.items() if self._suits(name, kind, place)]
        if found and (self._depth > 1 or not self.chance(10)):
            name = self.choose(found)
        else:
            name = self._make(self.choose([*KINDS] if place.kinds == (ANY,) else place.kinds))
        if place.mark == "!":
            self._pinned.add(name)
        return name

    def _suits(self, name: str, kind: str, place: Place) -> bool:
        if kind not in place.kinds and place.kinds != (ANY,):
            return False
        if place.mark == "-":
            return name not in self._pinned and not self._depth
        return place.mark != "!" or all(cell.live.get(name, kind) == kind for cell in self.cells[self._at :])

    def _make(self, kind: str) -> str:
        """Bind a new variable of a kind in this cell or an earlier one, and return its name."""
        here = (self._at, self._live)
        self._at = self.choose([number for number in range(self._at, -1, -1) if not self.cells[number].alone] or [0])
        before_cell = self.cells[self._at].live if self._at != here[0] else self._live
        self._live = {name: of for name, of in before_cell.items() if name not in self._uncertain}
        in_body, self._in_body = self._in_body, False
        before = set(self._live)
        self._depth += 1
        makers = MAKERS[kind]
        self._append(makers[0] if self._depth > 2 else self.choose(makers))
        self._depth -= 1
        made = {name: of for name, of in self._live.items() if name not in before}
        for cell in self.cells[self._at + 1 :]:
            cell.live = {**made, **cell.live}
        (self._at, self._live), self._in_body = here, in_body
        self._live.update(made)
        return next(name for name, of in made.items() if of == kind)

    def _name(self, kind: str, place: Place, template: Template, taken: list[str]) -> str:
        free = [name for name in self._live if name not in taken and self._may_rebind(name, kind, template)]
        if free and not self._depth and "*" not in place.mark and self.chance(35):
            name = self.choose(free)
        else:
            self._known += 1
            name = f"v{self._known}"
        if "!" in place.mark:
            self._pinned.add(name)
        return name

    def _may_rebind(self, name: str, kind: str, template: Template) -> bool:
        return name not in self._pinned or (self._live[name] == kind and not template.pins)

    def _render(self, template: Template, names: dict[str, str]) -> str:
        file = self.choose(FILES)

        def fill(match: re.Match[str]) -> str:
            match match["plain"]:
                case "n":
                    return str(self.choose(range(1, 10)))
                case "word":
                    return self.choose(WORDS)
                case "file":
                    return file
                case "body":
                    return "<body>"
            name = names[match["label"]]
            return self._shown(name, self._live[name]) if match["show"] else name

        lines = []
        for line in PLACE.sub(fill, template.text).split("\n"):
            margin = line[: len(line) - len(line.lstrip())]
            lines.append(indent(self._body([*names.values()]), margin) if line.strip() == "<body>" else line)
        return "\n".join(lines)

    def _body(self, reserved: list[str]) -> str:
        """Return statements that may run any number of times, or not at all."""
        hidden = {name: self._live.pop(name) for name in reserved if name in self._live}
        self._depth, self._in_body = self._depth + 1, True
        found = [self._expand(self.choose(FITTING)) for _ in range(1 + self.chance(30))]
        self._depth, self._in_body = self._depth - 1, False
        self._live = {name: kind for name, kind in self._live.items() if name not in self._uncertain} | hidden
        self._uncertain.clear()
        return "\n".join(found)

    def _shown(self, name: str, kind: str) -> str:
        return KINDS[kind].replace("<v>", name).replace("<n>", str(self.choose(range(1, 10))))


FITTING = tuple(template for template in TEMPLATES if template.fits_a_body)


@st.composite
def generated(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Generated:
    """Return a program with tags."""
    draft = _Draft(draw)
    for _ in range(draw(st.integers(2, 9))):
        for _ in range(draw(st.integers(1, 5))):
            draft.add_any()
        draft.start_cell()
    if not draft.chance(20):
        draft.show_all()
    cells = ["\n".join(cell.lines) for cell in draft.cells if cell.lines]
    return Generated(_program(draft, cells), frozenset(draft.constructs))


def _program(draft: _Draft, cells: list[str]) -> Program:
    text = "\n".join(cells)
    head = [line for line, words in IMPORTS.items() if re.search(rf"\b({words})\b", text)]
    program = Program("generated", files={"helper.py": HELPER} if "import helper" in head else {})
    steps: list[str] = []
    for source in ["\n".join(head) or "pass", *cells]:
        first, _, rest = source.partition("\n")
        own = first.startswith("#tags:")
        program.cells.append(rest if own else source)
        program.tags.append([first.removeprefix("#tags:").strip()] if own else _tags(draft, steps))
    return program


def _tags(draft: _Draft, steps: list[str]) -> list[str]:
    """Return a step of its own, a step that is there already, nothing, or a tag of setup."""
    match draft.choose(("new", "new", "new", "new", "new", "old", "none", "setup")):
        case "old" if steps:
            return [draft.choose(steps)]
        case "none":
            return []
        case "setup":
            return [draft.choose(("setup", "imports", "functions"))]
    steps.append(f"step:s{len(steps)}")
    return [steps[-1]]
