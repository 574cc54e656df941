"""Content digests: equal digests mean that a later step cannot tell two values apart, whichever run made them.

What is digested is the very stream that would make the value again, each variable in a stream of its own: an array's
memory order and flags, a dictionary's order and a set's way of being walked are in it, since a later step may see
them. The file names of cells, which no two kernels have in common, are left out; the cells' text and prompt number,
which tracebacks show, count instead. The id of a class is in: a class that was made again is another one, since
objects of the old one may have been kept. Variables that share a changeable object have one digest together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any
from warnings import catch_warnings, simplefilter

from .borrowed import cloudpickle
from .definitions import make_code, sources
from .digests import ALGORITHMS, FASTEST
from .pickling import CarefulPickler, Pickler, Sink, without_collection

LIMIT = 1 << 24
"""Bytes of a stream, arrays beside it not counted, up to which a value is digested: 16 MiB."""

_NO_CELLS: Mapping[str, int] = {}

_FINAL = (str, bytes, int, float, complex, bool, type(None), CodeType, ModuleType, BuiltinFunctionType, tuple)
"""What cannot be changed in place; a tuple's items count by themselves."""


def digests(values: Mapping[str, Any], cells: Mapping[str, int] = _NO_CELLS) -> dict[str, str]:
    """Return content digests by name; a value without one cannot be digested or is too large.

    Args:
        values: name -> value.
        cells: file name of a cell's code -> its prompt number.

    Example:
        >>> digests({"a": [1, 2]}) == digests({"a": [1, 2]})
        True
    """
    with without_collection(), catch_warnings():
        simplefilter("ignore")
        passes = {name: _digested(value, cells) for name, value in values.items()}
        found = {name: each for name, each in passes.items() if each is not None}
        result: dict[str, str] = {}
        for group in _groups(found):
            together = found[group[0]] if len(group) == 1 else _digested([values[name] for name in group], cells)
            if together is not None:
                result.update({name: _named(together.digest, name, group) for name in group})
    lost = {name for name, each in passes.items() if each is None}
    return result if not lost else {name: each for name, each in result.items() if _stands_alone(name, found)}


def _named(digest: str, name: str, group: list[str]) -> str:
    return digest if len(group) == 1 else f"{digest}:{group.index(name)}"


def _stands_alone(name: str, found: Mapping[str, _Pass]) -> bool:
    """Whether a value has nothing that a value without a digest might share: it is one that cannot be changed."""
    return not found[name].held


class TooLarge(Exception):
    """A value whose stream is too long to be digested."""


class _Hash:
    """A file that keeps nothing but a digest of what is written."""

    def __init__(self) -> None:
        self.hash = ALGORITHMS[FASTEST]()
        self._size = 0

    def write(self, data: Any) -> int:
        self._size += len(data)
        if self._size > LIMIT:
            raise TooLarge
        self.hash.update(data)
        return len(data)


class _Canonical:
    """Makes a pickler leave out the file names of code."""

    def reducer_override(self, value: Any) -> Any:
        reduction = super().reducer_override(value)  # type: ignore[misc]
        if not isinstance(reduction, tuple):
            return reduction
        make, arguments, *_ = reduction
        if make is make_code:
            inner, parts, name = arguments
            return make, (inner, tuple("" if part == name else part for part in parts), "")
        return reduction


class _Quick(_Canonical, Pickler):
    """Writes values without sets and NaNs."""


class _Careful(_Canonical, CarefulPickler):
    """Writes any value."""


class _Pass:
    """One value, or several together, as written.

    Attributes:
        digest: of all that was written, hexadecimal.
        held: ids of the objects in it that can be changed, and of the memory of its arrays.
        delicate: a careful pass is needed.
        shared: arrays whose memory is to be written once.
    """

    def __init__(self, value: Any, cells: Mapping[str, int], careful: bool, shared: dict[int, Any]) -> None:
        target = _Hash()
        sink = Sink(target)  # type: ignore[arg-type]
        pickler = (_Careful if careful else _Quick)(sink, shared)
        pickler.dump(value)
        for buffer in pickler.buffers:
            with buffer.raw() as raw:
                target.hash.update(b"%d:" % raw.nbytes)
                target.hash.update(raw)
        known = sources(pickler.definitions.filenames).items()
        for number, text in sorted((cells.get(name, 0), text) for name, text in known):
            target.hash.update(f"{number}:{text}".encode("utf-8", "surrogatepass"))
        self.digest: str = target.hash.hexdigest()
        self.delicate, self.shared = pickler.is_delicate(), pickler.arrays.found_shared()
        self._kept = pickler.memo.copy(), pickler.arrays  # ids stay theirs as long as these live
        self.held = {id(each) for _, each in self._kept[0].values() if _may_change(each)} | pickler.arrays.roots()


def _may_change(value: Any) -> bool:
    if isinstance(value, type):
        return value in cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS
    if isinstance(value, FunctionType):
        return not cloudpickle._should_pickle_by_reference(value)
    return not isinstance(value, _FINAL) and type(value).__module__ != "numpy.dtypes"


def _digested(value: Any, cells: Mapping[str, int]) -> _Pass | None:
    careful = False
    shared: dict[int, Any] = {}
    try:
        while True:
            done = _Pass(value, cells, careful, shared)
            if (careful or not done.delicate) and (shared or not done.shared):
                return done
            careful, shared = careful or done.delicate, done.shared
    except Exception:  # a class of the notebook may raise anything while it is pickled
        return None


def _groups(found: Mapping[str, _Pass]) -> Iterator[list[str]]:
    """Yield the names of values that share something; most stand alone."""
    holder: dict[int, str] = {}
    group_of = {name: [name] for name in found}
    for name, each in found.items():
        for key in each.held:
            other = holder.setdefault(key, name)
            if group_of[other] is not group_of[name]:
                joined = sorted([*group_of[other], *group_of[name]])
                group_of.update(dict.fromkeys(joined, joined))
    yield from {id(group): group for group in group_of.values()}.values()
