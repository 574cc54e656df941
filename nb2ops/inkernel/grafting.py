"""Variables that arrive later than others of their pack which they share objects with.

The pack is read anew, all of it at once. What came earlier is then here twice, as it is and as its double. Both are
walked side by side, in the order of pickle: while they are the same, each object of the double tells which object is
meant. What is new is pickled once more, with those in the places of their doubles.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from io import BytesIO
from itertools import starmap
from typing import Any
from warnings import catch_warnings, simplefilter

from .aliases import Parted, sharing
from .arrays import roots_of
from .definitions import receiving
from .pickling import CarefulPickler, Sink, Unpickler, without_collection
from .sameness import SINGLE

Twins = dict[int, tuple[Any, Any]]
"""By id of an object that was read anew: that object, and the one that is meant."""


def graft(arriving: dict[str, Any], doubles: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables so that what they share with others is shared with those that are here.

    Args:
        arriving: name -> value, read from a pack now.
        doubles: name -> value, read together with `arriving`; each arrived before.
        here: name -> value, the namespace of the kernel.

    Raises:
        Parted: what they share is not the same any more.
    """
    if sharing(arriving, doubles) is None:
        return arriving
    with without_collection(), catch_warnings():
        simplefilter("ignore")
        twins = _twins(doubles, here)
        parted = sharing(arriving, doubles, twins)
        if parted is not None:
            late, early = parted
            raise Parted(
                f'"{late}" shares objects with "{early}", which an earlier step of this kernel has read without it. '
                "Give both steps one name, so that they run together."
            )
        single = {id(value): (value, value) for value in arriving.values() if type(value) in SINGLE}
        return _exchanged(arriving, {**single, **twins})


class _Recorder(CarefulPickler):
    """Notes every object that it walks."""

    def __init__(self, file: BytesIO) -> None:
        super().__init__(Sink(file))
        self.walked: list[Any] = []

    def persistent_id(self, value: Any) -> Any:
        self.walked.append(value)
        return super().persistent_id(value)


class _Exchanger(CarefulPickler):
    """Writes numbers for objects that have twins."""

    def __init__(self, file: BytesIO, twins: Twins, shared: dict[int, Any]) -> None:
        super().__init__(Sink(file), shared)
        self._twins = twins
        self.meant: list[Any] = []

    def persistent_id(self, value: Any) -> Any:
        twin = self._twins.get(id(value))
        if twin is None:
            return super().persistent_id(value)
        self.meant.append(twin[1])
        return len(self.meant) - 1


class _Meant(Unpickler):
    """Reads the objects that the numbers stand for."""

    def __init__(self, pickler: _Exchanger, file: BytesIO) -> None:
        super().__init__(file, buffers=pickler.buffers)
        self._meant = pickler.meant

    def persistent_load(self, value: Any) -> Any:
        return self._meant[value] if type(value) is int else super().persistent_load(value)


def _twins(doubles: Mapping[str, Any], here: Mapping[str, Any]) -> Twins:
    found: Twins = {}
    for name, double in doubles.items():
        if name in here:
            for one, other in _side_by_side(double, here[name]):
                found.setdefault(id(one), (one, other))
    return found


def _side_by_side(double: Any, value: Any) -> list[tuple[Any, Any]]:
    """Walk two values; return pairs of objects, memory of arrays among them, none where the values differ."""
    (stream, one), (other_stream, other) = _walk(double), _walk(value)
    same = (
        stream == other_stream
        and _memory(one) == _memory(other)
        and [*map(type, one.walked)] == [*map(type, other.walked)]
    )
    if not same:
        return []
    pairs = list(zip(one.walked, other.walked))  # noqa: B905 - Python 3.9 knows no `strict`
    arrays = [pair for pair in pairs if _is_array(pair[0])]
    return [*pairs, *filter(None, starmap(roots_of, arrays))]


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return isinstance(value, getattr(numpy, "ndarray", ()))


def _walk(value: Any) -> tuple[bytes, _Recorder]:
    file = BytesIO()
    recorder = _Recorder(file)
    recorder.dump(value)
    return file.getvalue(), recorder


def _memory(recorder: _Recorder) -> list[memoryview]:
    return [buffer.raw() for buffer in recorder.buffers]


def _exchanged(arriving: dict[str, Any], twins: Twins) -> dict[str, Any]:
    """Return copies of variables that hold, in the places of objects, those that are meant."""
    shared = {key: double for key, (double, _) in twins.items() if _is_array(double)}
    first = _Exchanger(BytesIO(), twins, shared)
    first.dump(arriving)
    file = BytesIO()
    pickler = _Exchanger(file, twins, {**first.arrays.found_shared(), **shared})
    pickler.dump(arriving)
    file.seek(0)
    with receiving(()) as arrivals:
        arrivals.asked = False
        found: dict[str, Any] = _Meant(pickler, file).load()
    return found
