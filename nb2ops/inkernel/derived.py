"""Arrays of classes derived from numpy's, and rows of structured arrays.

numpy writes an array of a derived class without its attributes, a masked one without what it shares with its `.data`,
and a row as if it were alone. Here each is written as a plain array, which `arrays` lets share its memory, and what
is beside it.
"""

from __future__ import annotations

import sys
from typing import Any

_OWN_WAYS = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")


class Seen:
    """Memory that an array looks at on behalf of a row.

    Attributes:
        base: the array that the row is of.
    """

    def __init__(self, row: Any, base: Any) -> None:
        address, _ = row.__array_interface__["data"]
        self.base = base
        self.__array_interface__ = {
            "version": 3,
            "shape": (1,),
            "typestr": f"|V{row.dtype.itemsize}",
            "data": (address, not base.flags.writeable),
        }


def is_taken_apart(kind: type) -> bool:
    """Whether arrays of this class, which is not numpy's own array, are written as numpy does it by default."""
    numpy: Any = sys.modules["numpy"]
    derived = kind.__mro__[: kind.__mro__.index(numpy.ndarray)]
    own = [each for each in derived if vars(each).keys() & {*_OWN_WAYS}]
    return own in ([], [getattr(sys.modules.get("numpy.ma"), "MaskedArray", None)])


def take_apart(array: Any) -> Any:
    """Return how to write an array of a derived class."""
    numpy: Any = sys.modules["numpy"]
    return view_as, (array.view(numpy.ndarray), type(array)), attributes_of(array), None, None, set_attributes


def view_as(array: Any, kind: type) -> Any:
    """Return an array as one of a derived class."""
    return array.view(kind)


def attributes_of(value: Any) -> dict[str, Any]:
    """Return an object's attributes, without asking it."""
    slots = (name for kind in type(value).__mro__ for name in vars(kind).get("__slots__", ()))
    found = {name: getattr(value, name) for name in slots if name != "__dict__" and hasattr(value, name)}
    return {**found, **getattr(value, "__dict__", {})}


def set_attributes(value: Any, attributes: dict[str, Any]) -> None:
    """Give an object its attributes, without asking it."""
    for name, each in attributes.items():
        object.__setattr__(value, name, each)


def take_row(row: Any) -> Any:
    """Return how to write a row of a structured array, by an array of that one row in the same memory."""
    numpy: Any = sys.modules["numpy"]
    base = row.base
    while isinstance(base, numpy.void):
        base = base.base
    if not isinstance(base, numpy.ndarray) or row.dtype.hasobject:
        return NotImplemented
    return first_of, (numpy.asarray(Seen(row, base)).view(row.dtype),)


def first_of(array: Any) -> Any:
    """Return the first row of an array."""
    return array[0]
