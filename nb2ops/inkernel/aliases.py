"""Whether values share objects, so that reading them from a pack at different times would part them.

A kernel that several steps use may have read one variable of a pack for an earlier step and need another one now.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from gc import get_referents
from types import BuiltinFunctionType, CodeType, ModuleType
from typing import Any

_NOBODY_CARES = (str, bytes, int, float, complex, bool, type(None), type, ModuleType, CodeType, BuiltinFunctionType)
"""What cannot be changed, or is one object in a kernel however it came there."""


class Parted(Exception):
    """Two variables that are, or hold, one object would become two; the text says which and what to do."""


def check_together(arriving: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    """Check what is to arrive against what arrived earlier, all of it read from the pack at once.

    Raises:
        Parted: a variable of the one shares an object with one of the other.
    """
    owner = {each: name for name, value in held.items() for each in _reachable(value)}
    for name, value in arriving.items():
        other = next((owner[each] for each in _reachable(value) if each in owner), None)
        if other is not None:
            raise Parted(
                f'"{name}" shares objects with "{other}", which an earlier step of this kernel has read without it. '
                "Give both steps one name, so that they run together."
            )


def _reachable(value: Any) -> set[int]:
    """The objects that can be reached from a value, by id; the namespaces of modules are where it ends."""
    found: set[int] = set()
    ends = {id(vars(module)) for module in list(sys.modules.values()) if isinstance(module, ModuleType)}
    todo = [value]
    while todo:
        each = todo.pop()
        if (
            id(each) in found
            or id(each) in ends
            or isinstance(each, _NOBODY_CARES)
            or (type(each) is tuple and not each)
        ):
            continue
        found.add(id(each))
        todo.extend(_referents(each))
    return found


def _referents(value: Any) -> Iterable[Any]:
    yield from get_referents(value)
    base = getattr(value, "base", None) if type(value).__module__ == "numpy" else None
    if base is not None:
        yield base
