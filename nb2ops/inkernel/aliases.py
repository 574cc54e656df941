"""Whether values share objects, so that reading them from a pack at different times would part them.

A kernel that several steps use may have read one variable of a pack for an earlier step and need another one now.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Mapping
from gc import get_referents
from types import BuiltinFunctionType, CodeType, ModuleType
from typing import Any

_NOBODY_CARES = (str, bytes, int, float, complex, bool, type(None), type, ModuleType, CodeType)
"""What cannot be changed, or is one object in a kernel however it came there."""


class Parted(Exception):
    """Two variables that are, or hold, one object would become two; the text says which and what to do."""


def sharing(
    arriving: Mapping[str, Any], held: Mapping[str, Any], ends: Container[int] = frozenset()
) -> tuple[str, str] | None:
    """Return a variable that is to arrive and one that arrived earlier which share an object, None where none do.

    Args:
        arriving: name -> value.
        held: name -> value, all of it read from the pack at once.
        ends: ids of objects that are not looked at, nor what can be reached only through them.
    """
    owner = {each: name for name, value in held.items() for each in _reachable(value)}
    for name, value in arriving.items():
        for each in _reachable(value, ends):
            if each in owner:
                return name, owner[each]
    return None


def _reachable(value: Any, ends: Container[int] = frozenset()) -> set[int]:
    """The objects that can be reached from a value, by id; the namespaces of modules are where it ends."""
    found: set[int] = set()
    namespaces = {id(vars(module)) for module in list(sys.modules.values()) if isinstance(module, ModuleType)}
    todo = [value]
    while todo:
        each = todo.pop()
        if id(each) in found or id(each) in namespaces or id(each) in ends or _is_one_for_all(each):
            continue
        found.add(id(each))
        todo.extend(_referents(each))
    return found


def _is_one_for_all(value: Any) -> bool:
    if isinstance(value, BuiltinFunctionType):
        return value.__self__ is None or isinstance(value.__self__, _NOBODY_CARES)  # `len`, but not `[].append`
    return isinstance(value, _NOBODY_CARES) or (type(value) is tuple and not value)


def _referents(value: Any) -> Iterable[Any]:
    if isinstance(value, memoryview):  # a part of a pack: all parts lead to the same file
        return
    yield from get_referents(value)
    base = getattr(value, "base", None) if type(value).__module__ == "numpy" else None
    if base is not None:
        yield base
