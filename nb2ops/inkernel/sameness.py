"""Numbers and texts that several variables refer to: `x is y` holds in a later step where it held before.

Pickle writes a number anew for each variable, and two packs bring each their own. A value is therefore called by
where it was handed over first, `fit.pack:x`: an entry that says so is the value that this kernel has under it.
Texts that Python itself keeps only once, as it does for most of those in source code, are so again.
"""

from __future__ import annotations

import sys
from os.path import basename
from sys import intern
from typing import Any

SINGLE = (int, float, complex, str, bytes)
"""Types of values that are told apart by identity alone."""
_LONGEST = 1 << 12
"""Characters or bytes up to which it is looked at which text is which: longer ones would be kept for ever."""

INTERNED = "interned"

_origins: dict[int, tuple[Any, str]] = {}
"""By id: a value and where it was handed over first."""

_values: dict[str, Any] = {}


class Sameness:
    """What the variables of one pack are, as they are written.

    Args:
        path: the pack's file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._here: dict[int, tuple[Any, str]] = {}

    def name(self, variable: str, value: Any) -> str | None:
        """Return what a reader knows a value as, None where that is its own place in this pack."""
        if not _may_matter(value):
            return None
        if type(value) is str and _is_interned(value):
            return INTERNED
        known = _origins.get(id(value)) or self._here.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        self._here[id(value)] = value, place(self._path, variable)
        return None


def place(path: str, variable: str) -> str:
    """Return the name of a value that a pack brings first."""
    return f"{basename(path)}:{variable}"


def arrive(value: Any, origin: str) -> Any:
    """Return the value that this kernel has under that name already, else this one, from now on."""
    if not _may_matter(value):
        return value
    if origin == INTERNED:
        return intern(value)
    known = _values.get(origin)
    if type(known) is type(value) and (known == value or value != value):
        return known
    _values[origin] = value
    _origins[id(value)] = value, origin
    return value


def _may_matter(value: Any) -> bool:
    """Whether it can be told apart from an equal one; booleans and small numbers are always the same."""
    kind = type(value)
    if kind is int:
        return not -6 < value < 257
    return kind in SINGLE and (kind not in (str, bytes) or 1 < len(value) <= _LONGEST)


def _is_interned(text: str) -> bool:
    """Whether Python keeps a text only once: then it gives it in exchange for a copy."""
    if hasattr(sys, "_is_interned"):
        return bool(sys._is_interned(text))
    copy = "".join((text[:1], text[1:]))
    return intern(copy) is text
