"""Generated programs that somebody edits: versions of a notebook and of what lies beside it, each run in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.prove.generation import FILES, HELPER, WORDS, generated
from tests.prove.programs import Program, written

Draw = Callable[[st.SearchStrategy[Any]], Any]
Item = TypeVar("Item")
_LITERAL = re.compile(r"(?<![\w.])\d(?![\w.])")
_SHARED = (
    (re.compile(r"(?m)^(v\d+) = (v\d+) = (.+)$"), r"\1, \2 = (\3), (\3)"),
    (re.compile(r"(?m)^(v\d+), (v\d+) = \((.+)\), \(\3\)$"), r"\1 = \2 = \3"),
    (re.compile(r"(?m)^(v\d+) = (v\d+(?:\[[^]:]+\])?)$"), r"import copy; \1 = copy.copy(\2)"),
    (re.compile(r"(?m)^import copy; (v\d+) = copy\.copy\((v\d+(?:\[[^]:]+\])?)\)$"), r"\1 = \2"),
    (re.compile(r"(?m)^(v\d+, v\d+) = (v\d+)$"), r"import copy; \1 = map(copy.copy, \2)"),
    (re.compile(r"(?m)^import copy; (v\d+, v\d+) = map\(copy\.copy, (v\d+)\)$"), r"\1 = \2"),
)
"""One object under two names, and two equal objects: what is written for the other."""
_TEXTS = ("1\n", "2\n", '{"a": 1}\n')
_HELPERS = (HELPER, HELPER.replace("rate, seen = 1", "rate, seen = 2"), HELPER.replace("rate * len", "3 + rate * len"))
_READERS = (
    "print(size, label)",
    "print([size] * 2)",
    "print(open('a.txt').read())",
    "print(sum(map(len, open('b.txt'))))",
    "text = open('a.txt').read()\nprint(text * size)",
)


@dataclass(frozen=True)
class Version:
    """A notebook at one time.

    Attributes:
        edit: how it came about, in words.
        program: the notebook.
        files: what is written beside it before it runs; None where a file is removed.
    """

    edit: str
    program: Program
    files: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Edited:
    """A program and its versions, and the names of the constructs that it is made of."""

    versions: tuple[Version, ...]
    constructs: frozenset[str]

    @property
    def text(self) -> str:
        """All versions as programs of a file."""
        return "\n".join(f"# {each.edit}, given {each.program.values}\n{_whole(each)}" for each in self.versions)


def _whole(version: Version) -> str:
    files = {name: "(removed)" if text is None else text for name, text in version.files.items()}
    return written(replace(version.program, files=files))


@st.composite
def edited(draw: Draw) -> Edited:
    """Return a program with parameters, and what becomes of it."""
    made = draw(generated())
    program = _with_parameters(draw, made.program)
    files = {**program.files, "a.txt": _TEXTS[0], "b.txt": _TEXTS[1]}
    versions = [Version("first", program, {**files})]
    for _ in range(draw(st.integers(2, 5))):
        versions.append(_choose(draw, EDITS)(draw, versions))
    return Edited(tuple(versions), made.constructs)


def _choose(draw: Draw, items: Sequence[Item]) -> Item:
    return items[draw(st.integers(0, len(items) - 1))]


def _with_parameters(draw: Draw, program: Program) -> Program:
    """Have a program begin with parameters, and read them and files in some places."""
    cells, tags = ["size = 3\nlabel = 'a'", *program.cells], [["parameters"], *program.tags]
    for number in range(1, len(cells)):
        if draw(st.integers(0, 2)) == 0:
            cells[number] = _LITERAL.sub("size", cells[number], count=1)
    for number in range(draw(st.integers(1, 3))):
        at = draw(st.integers(1, len(cells)))
        cells.insert(at, _choose(draw, _READERS))
        tags.insert(at, [f"step:reader{number}"])
    return replace(program, cells=cells, tags=tags, values={"size": 3})


def _with_cell(program: Program, number: int, source: str) -> Program:
    return replace(program, cells=[source if at == number else each for at, each in enumerate(program.cells)])


def _arranged(program: Program, order: Sequence[int]) -> Program:
    return replace(program, cells=[program.cells[at] for at in order], tags=[program.tags[at] for at in order])


def _change_literal(draw: Draw, versions: list[Version]) -> Version:
    program = versions[-1].program
    number = draw(st.integers(0, len(program.cells) - 1))
    places = [*_LITERAL.finditer(program.cells[number])]
    if not places:
        return _rerun(draw, versions)
    at = _choose(draw, places).start()
    text, digit = program.cells[number], draw(st.integers(1, 9))
    changed = _with_cell(program, number, f"{text[:at]}{digit}{text[at + 1 :]}")
    return Version(f"a literal of cell {number + 1}", changed)


def _change_sharing(draw: Draw, versions: list[Version]) -> Version:
    program = versions[-1].program
    places = [
        (number, pattern, instead)
        for number, text in enumerate(program.cells)
        for pattern, instead in _SHARED
        if pattern.search(text)
    ]
    if not places:
        return _change_literal(draw, versions)
    number, pattern, instead = _choose(draw, places)
    changed = _with_cell(program, number, pattern.sub(instead, program.cells[number], count=1))
    return Version(f"one object or two in cell {number + 1}", changed)


def _change_comment(draw: Draw, versions: list[Version]) -> Version:
    program = versions[-1].program
    number = draw(st.integers(0, len(program.cells) - 1))
    changed = _with_cell(program, number, f"{program.cells[number]}\n# {_choose(draw, WORDS)}")
    return Version(f"a comment in cell {number + 1}", changed)


def _insert(draw: Draw, versions: list[Version]) -> Version:
    program = versions[-1].program
    source = draw(st.integers(1, len(program.cells) - 1))
    at = draw(st.integers(1, len(program.cells)))
    order = [*range(len(program.cells))]
    order.insert(at, source)
    return Version(f"cell {source + 1} again as cell {at + 1}", _arranged(program, order))


def _delete(draw: Draw, versions: list[Version]) -> Version:
    program = versions[-1].program
    number = draw(st.integers(1, len(program.cells) - 1))
    order = [at for at in range(len(program.cells)) if at != number]
    return Version(f"without cell {number + 1}", _arranged(program, order) if len(order) > 1 else program)


def _swap(draw: Draw, versions: list[Version]) -> Version:
    program = versions[-1].program
    number = draw(st.integers(1, len(program.cells) - 1))
    order = [*range(len(program.cells))]
    order[number - 1 : number + 1] = reversed(order[number - 1 : number + 1])
    return Version(f"cells {number} and {number + 1} exchanged", _arranged(program, order))


def _change_parameter(draw: Draw, versions: list[Version]) -> Version:
    values = {"size": draw(st.integers(1, 4)), **({"label": _choose(draw, WORDS)} if draw(st.booleans()) else {})}
    return Version(f"given {values}", replace(versions[-1].program, values=values))


def _change_data(draw: Draw, versions: list[Version]) -> Version:
    name, text = _choose(draw, FILES), _choose(draw, (*_TEXTS, None))
    return Version(f"{name} {'removed' if text is None else 'written'}", versions[-1].program, {name: text})


def _change_helper(draw: Draw, versions: list[Version]) -> Version:
    if "helper.py" not in versions[0].files:
        return _change_data(draw, versions)
    return Version("another helper.py", versions[-1].program, {"helper.py": _choose(draw, _HELPERS)})


def _undo(draw: Draw, versions: list[Version]) -> Version:
    number = draw(st.integers(0, len(versions) - 1))
    return Version(f"version {number + 1} again", versions[number].program, versions[number].files)


def _rerun(_draw: Draw, versions: list[Version]) -> Version:
    return Version("nothing", versions[-1].program)


EDITS = (
    _change_literal, _change_literal, _change_sharing, _change_sharing, _change_comment, _insert, _delete, _swap,
    _change_parameter, _change_data, _change_helper, _undo, _undo, _rerun,
)  # fmt: skip
"""What somebody does; what stands here twice, twice as often."""
