"""What pickle changes about plain values: the order in which a set is walked, and which NaN is which.

Pickle hands sets and floats to nobody (no reducer is asked), except through `persistent_id`, which is asked for
every single object. `pickling` therefore looks at the bytes of a first pass and walks a second time, with
`persistent_id`, only where a set or a NaN is in them (see `opcodes`). Where NaNs are ordinary, in arrays of objects
and in the type of pandas' strings, they get their stand-ins at once.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from importlib import import_module
from math import copysign
from typing import Any

from .sets import arrangement, fill, made_like

Reducer = Callable[[Any], Any]

_END = b"\xf8" + b"\0" * 6
_NAN = (b"G\x7f" + _END, b"G\xff" + _END)


def has_nan(stream: bytes | bytearray) -> bool:
    """Whether a pickle has a NaN in it (or bytes that look like one)."""
    return _END in stream and any(mark in stream for mark in _NAN)


def is_set(value: Any) -> bool:
    """Whether a value is walked in the order of a hash table."""
    return type(value) is set or type(value) is frozenset


class Standin:
    """Stands for a set or a NaN while it is written, so that it is written once and then referred to."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Identities:
    """Gives the sets and NaNs of one pass their stand-ins."""

    def __init__(self) -> None:
        self._standins: dict[int, Standin] = {}

    def standin(self, value: Any) -> Standin | None:
        """Return what is written instead of `value`, None where it is written as it is."""
        if (type(value) is float and value != value) or (is_set(value) and value):
            return self._standins.setdefault(id(value), Standin(value))
        return None

    @staticmethod
    def plan(kind: type) -> Reducer | None:
        """Return what reduces stand-ins, None for other types."""
        return _reduce_standin if kind is Standin else None


def _reduce_standin(standin: Standin) -> Any:
    value = standin.value
    if isinstance(value, float):
        return nan, (_nan_name(value), copysign(1.0, value))
    recipe = arrangement(value)
    if isinstance(value, frozenset):
        return made_like, (frozenset, *recipe)
    return set, (), recipe, None, None, fill


def _nan_name(value: float) -> str | None:
    if value is math.nan:
        return "math"
    return "numpy" if value is getattr(sys.modules.get("numpy"), "nan", None) else None


def nan(module: str | None, sign: float) -> float:
    """Return the NaN of that module, or one of its own."""
    if module is None:
        return copysign(float("nan"), sign)
    found: float = import_module(module).nan
    return found
