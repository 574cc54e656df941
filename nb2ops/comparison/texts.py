"""Texts as a reader sees them, and where two of them part."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Lines = tuple[str, ...]

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_TEMPORARY = re.compile(r"\bipykernel_\d+\b")
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_MEASURED = re.compile(
    r"^(?:(CPU times: )user .+, sys: .+, total: .+|(Wall time: ).+"
    r"|.+ ± .+( per loop) \(mean ± std\. dev\. of \d+ runs?, [\d,]+ loops? each\))$",
    re.MULTILINE,
)
"""What `%time` and `%timeit` print: IPython.core.magics.execution."""


def comparable(text: str) -> Lines:
    r"""Return the lines of a text with what the process alone decides made equal.

    That is memory addresses, the process id in the names of ipykernel's files, colour codes, and the durations that
    IPython measures.

    Example:
        >>> comparable("<object at 0x7f3a2b4c5d6e>\n/tmp/ipykernel_41/1.py:1: UserWarning: x")
        ('<object at 0x…>', '/tmp/ipykernel_…/1.py:1: UserWarning: x')
    """
    plain = _TEMPORARY.sub("ipykernel_…", _ADDRESS.sub("0x…", _COLOURS.sub("", text)))
    plain = _MEASURED.sub(lambda found: f"{found[found.lastindex or 0]}…", plain)
    return tuple(plain.removesuffix("\n").split("\n")) if plain else ()


def overwritten(text: str) -> str:
    r"""Return a stream as a terminal leaves it: what follows a carriage return stands over what was before it.

    Example:
        >>> overwritten("10%\r90%\rdone\nnext\r\n")
        'done\nnext\n'
    """
    return "\n".join(_last_writing(line) for line in text.split("\n"))


def _last_writing(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]


@dataclass(frozen=True, slots=True)
class Change:
    """Lines `start` to `end` (0-based, exclusive) of one text, which are `lines` in another."""

    start: int
    end: int
    lines: Lines


def changes(first: Lines, second: Lines) -> tuple[Change, ...]:
    """Return what differs: line by line in texts of one length, else all between a common beginning and end.

    Example:
        >>> changes(("a", "b", "c"), ("a", "x", "c"))
        (Change(start=1, end=2, lines=('x',)),)
        >>> changes(("a", "b", "c"), ("a", "c"))
        (Change(start=1, end=2, lines=()),)
    """
    if len(first) == len(second):
        pairs = enumerate(zip(first, second, strict=True))
        return tuple(Change(number, number + 1, (right,)) for number, (left, right) in pairs if left != right)
    head = agreement(first, second)
    tail = agreement(first[head:][::-1], second[head:][::-1])
    return (Change(head, len(first) - tail, second[head : len(second) - tail]),)


def agreement(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many items agree from the beginning."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(first), len(second)))


def beyond(found: Sequence[Change], unstable: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that lie where the text does not vary by itself.

    Args:
        found: the changes between the linear run and the pipeline.
        unstable: the changes between two linear runs.
    """
    varying = {number for each in unstable for number in range(each.start, each.end)}
    edges = {number for each in unstable for number in (each.start, each.end)}
    return tuple(each for each in found if not _within(each, varying, edges))


def _within(change: Change, varying: set[int], edges: set[int]) -> bool:
    lines = range(change.start, change.end)
    return varying.issuperset(lines) if lines else change.start in varying | edges


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning as Python prints it: a line with its place, more lines of its text, the line of code.

    Attributes:
        name: line number, class and text: what Python shows once per module.
        lines: all of it.
    """

    name: Lines
    lines: Lines


_WARNING = re.compile(r"^.+?:(\d+: \w*Warning: .*)$")
_CODE = re.compile(r"^  \S")
_TEXT_LINES = 20
"""Lines of a warning's text within which its line of code is looked for."""


def items(lines: Lines) -> Iterator[Warned | str]:
    """Yield the warnings of a text as a whole, all else line by line."""
    number = 0
    while number < len(lines):
        found = _WARNING.match(lines[number])
        if found is None:
            yield lines[number]
            number += 1
            continue
        end = _end_of_warning(lines, number)
        text = (line for line in lines[number + 1 : end] if not _CODE.match(line))
        yield Warned((found[1], *text), lines[number:end])
        number = end


def _end_of_warning(lines: Lines, start: int) -> int:
    for number in range(start + 1, min(start + _TEXT_LINES, len(lines))):
        if _WARNING.match(lines[number]):
            break
        if _CODE.match(lines[number]):
            return number + 1
    return start + 1


def warnings_in(lines: Lines) -> set[Lines]:
    """Return the names of a text's warnings."""
    return {each.name for each in items(lines) if isinstance(each, Warned)}


def only_repeats(linear: Lines, pipeline: Lines, known: set[Lines]) -> bool:
    """Whether the pipeline's text is the linear one plus warnings that the linear run has shown before."""
    expected = deque(items(linear))
    for each in items(pipeline):
        if expected and each == expected[0]:
            expected.popleft()
        elif not (isinstance(each, Warned) and each.name in known):
            return False
    return not expected
