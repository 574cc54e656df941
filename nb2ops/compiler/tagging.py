"""Tags written into the text of a notebook file, and nothing else in it changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from nb2ops.model import Json

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")
_UNIT = re.compile(r'\{\r?\n([ \t]+)"')
Span = tuple[int, int]


def add_tags(text: str, tags: Mapping[int, Sequence[str]]) -> str:
    r"""Return the text of a notebook with tags added to cells; every other character stays.

    Args:
        text: the file's content: JSON with `cells`, or with `worksheets` in nbformat 3.
        tags: index of a cell, 0-based over all cells of the file -> its new tags.

    Example:
        >>> add_tags('{"cells": [{"metadata": {}}]}', {0: ["step:load"]})
        '{"cells": [{"metadata": {"tags": ["step:load"]}}]}'
    """
    style = _Style(text)
    parts, done = [], 0
    for index, cell in enumerate(_cells(text)):
        if index in tags:
            (start, end), new = _edit(text, cell, tags[index], style)
            parts += [text[done:start], new]
            done = end
    return "".join([*parts, text[done:]])


class _Style:
    """How a file is laid out: indentation, line ends, and whether it holds ASCII only."""

    def __init__(self, text: str) -> None:
        unit = _UNIT.search(text)
        self._unit = unit[1] if unit else None
        self._line_end = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
        self._ascii = text.isascii()
        self._separators = (", ", ": ") if re.search(r'": ', text) else (",", ":")

    def render(self, value: Json, margin: str | None) -> str:
        """Return an object as text; `margin` is the indentation of its line, None for all on one line."""
        if margin is None or self._unit is None:
            return json.dumps(value, ensure_ascii=self._ascii, separators=self._separators)
        written = json.dumps(value, ensure_ascii=self._ascii, indent=self._unit)
        return written.replace("\n", self._line_end + margin)


def _edit(text: str, cell: Span, tags: Sequence[str], style: _Style) -> tuple[Span, str]:
    """Return the part of the text to replace, and what takes its place."""
    place = _members(text, cell[0]).get("metadata")
    if place is None:
        start = cell[0] + 1
        return (start, start), f'"metadata": {style.render({"tags": list(tags)}, None)}, '
    old = json.loads(text[slice(*place)])
    metadata = _with_tags(old if isinstance(old, dict) else {}, tags)
    line = text[text.rfind("\n", 0, place[0]) + 1 : place[0]]
    margin = line[: len(line) - len(line.lstrip())]
    stands_alone = line.lstrip().startswith('"metadata"') and (not old or "\n" in text[slice(*place)])
    return place, style.render(metadata, margin if stands_alone else None)


def _with_tags(metadata: Json, tags: Sequence[str]) -> Json:
    old = metadata.get("tags")
    new = {**metadata, "tags": [*(old if isinstance(old, list) else ()), *tags]}
    return dict(sorted(new.items())) if list(metadata) == sorted(metadata) else new


def _cells(text: str) -> Iterator[Span]:
    """Yield where each cell stands."""
    notebook = _members(text, text.index("{"))
    if "cells" in notebook:
        yield from _items(text, notebook["cells"][0])
        return
    for sheet in _items(text, notebook["worksheets"][0]):
        yield from _items(text, _members(text, sheet[0])["cells"][0])


def _members(text: str, start: int) -> dict[str, Span]:
    """Return where the values of an object's members stand."""
    found: dict[str, Span] = {}
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        value = _value(text, _skip(text, at) + 1)
        found[key] = value
        at = _after(text, value)
    return found


def _items(text: str, start: int) -> Iterator[Span]:
    """Yield where the items of a list stand."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        item = _value(text, at)
        yield item
        at = _after(text, item)


def _value(text: str, at: int) -> Span:
    start = _skip(text, at)
    return start, _DECODER.raw_decode(text, start)[1]


def _after(text: str, value: Span) -> int:
    """Return where the next member or item stands, or the closing bracket."""
    at = _skip(text, value[1])
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
