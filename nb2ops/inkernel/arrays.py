"""Arrays of numpy and pandas: views keep the memory they share, small arrays own theirs.

Nothing here imports numpy: an array can only be there where numpy is loaded.

Plain pickle writes an array and a view of it as two arrays. Here the memory that several arrays of a pack look
at is written once, and each of them as a view of it. Which arrays do is known only after a first pass over all
values (see `pickling`). Arrays inside pandas objects are left out, and never written as one object: pandas
tracks who shares memory by other means, and two frames with one memory behind their back would change together.

A large array is mapped from the pack, so that it does not own its memory; a small one does, because
`ndarray.resize` asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from . import derived
from .references import CannotCross

Reducer = Callable[[Any], Any]

SMALL = 1 << 16
"""Bytes up to which an array owns its memory after crossing."""

_PLAIN_KINDS = "biufcmMSUV"


class Arrays:
    """Reduces the arrays of one pass.

    Args:
        shared: by id, the arrays whose memory is to be written once (found by an earlier pass).
        standin: returns what is written instead of a NaN, None where a value is written as it is.
    """

    def __init__(self, shared: dict[int, Any], standin: Callable[[Any], Any]) -> None:
        self._shared = shared
        self._standin = standin
        self._viewers: dict[int, tuple[Any, dict[int, Any]]] = {}
        self._private: dict[int, Any] = {}
        self._blocks: dict[int, Any] = {}

    def plan(self, kind: type) -> Reducer | None:
        """Return what reduces objects of this exact type, None where it is not ours to say."""
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        found = self._numpy_plan(kind, numpy) if hasattr(numpy, "memmap") else None
        return self._pandas_plan(kind) if found is None and pandas is not None else found

    def _numpy_plan(self, kind: type, numpy: Any) -> Reducer | None:
        if kind is numpy.ndarray:
            return self._array
        if kind is numpy.memmap:
            return _refuse_mapped
        if issubclass(kind, numpy.void):
            return derived.take_row
        return derived.take_apart if issubclass(kind, numpy.ndarray) and derived.is_taken_apart(kind) else None

    def _pandas_plan(self, kind: type) -> Reducer | None:
        blocks, managers = sys.modules.get("pandas._libs.internals"), sys.modules.get("pandas.core.internals.managers")
        if kind is getattr(sys.modules["pandas"], "StringDtype", None):
            return self._string_type
        block = getattr(blocks, "Block", None) or getattr(blocks, "SharedBlock", None)
        if block is not None and issubclass(kind, block):
            return self._block
        return _reduce_series_manager if kind is getattr(managers, "SingleBlockManager", None) else None

    def found_shared(self) -> dict[int, Any]:
        """Return, by id, the arrays whose memory more than one array of this pass looks at."""
        found = self._viewers.items()
        return {key: root for key, (root, viewers) in found if len(viewers) > 1 or key in self._blocks}

    def roots(self) -> set[int]:
        """Return the ids of the arrays whose memory the arrays of this pass look at."""
        return {*self._viewers, *self._blocks}

    def _array(self, array: Any) -> Any:
        if array.dtype.kind == "O":
            return self._objects(array)
        if array.dtype.hasobject or array.dtype.kind not in _PLAIN_KINDS or not array.nbytes:
            return NotImplemented
        if id(array) not in self._private:
            owner = _owner(array)
            if isinstance(owner.base, sys.modules["numpy"].memmap):
                _refuse_mapped(owner.base)
            root, viewers = self._viewers.setdefault(id(owner), (self._root(owner), {}))
            viewers[id(array)] = array
            if root is not array and id(owner) in self._shared and _is_plain(root):
                return view_of, _position(root, array)
        if array.nbytes <= SMALL:
            return _owned(array)
        return (
            NotImplemented if array.dtype.kind not in "mM" else (seen_as, (self._keep(array.view("i8")), array.dtype))
        )

    def _root(self, owner: Any) -> Any:
        """The memory of an array as a plain array, the same in every pass."""
        if id(owner) in self._shared:
            return self._shared[id(owner)]
        plain: type = sys.modules["numpy"].ndarray
        return owner if type(owner) is plain else owner.view(plain)

    def _objects(self, array: Any) -> Any:
        """An array of objects: its NaNs get their stand-ins here, so that no careful pass is needed for them."""
        make, arguments, (*state, values) = array.__reduce__()
        if float not in set(map(type, values)):
            return NotImplemented
        found = [(self._standin(value) or value) if type(value) is float else value for value in values]
        return make, arguments, (*state, found)

    def _string_type(self, dtype: Any) -> Any:
        make, arguments = dtype.__reduce__()
        return make, tuple(self._standin(each) or each for each in arguments)

    def _block(self, block: Any) -> Any:
        make, (values, *rest) = block.__reduce__()
        return make, (self._apart(values, block), *rest)

    def _apart(self, values: Any, block: Any) -> Any:
        """Return the values of a block as objects that nothing else in the pack refers to, but views of it."""
        numpy = sys.modules["numpy"]
        if not _is_tracked(block):
            owners = [
                _owner(each)
                for each in ([values] if isinstance(values, numpy.ndarray) else _parts(values, numpy.ndarray))
            ]
            self._blocks.update({id(owner): owner for owner in owners})
            if any(id(owner) in self._shared for owner in owners):
                return values.view()
        if isinstance(values, numpy.ndarray):
            return self._keep(values.view())
        if any(id(part) in self._private for part in _parts(values, numpy.ndarray)):
            values = values.copy()
        for part in _parts(values, numpy.ndarray):
            self._keep(part)
        return values

    def _keep(self, array: Any) -> Any:
        self._private[id(array)] = array
        return array


def _is_tracked(block: Any) -> bool:
    """Whether pandas knows of another block with this memory: it copies before it changes either."""
    references = getattr(block, "refs", None)
    return references is not None and references.has_reference()


def _reduce_series_manager(manager: Any) -> Any:
    """By its block, as the manager of a frame does; by itself it would write the block's values."""
    return type(manager), (manager.blocks[0], manager.axes[0])


def _refuse_mapped(array: Any) -> Any:
    if array.mode in ("r+", "w+"):
        raise CannotCross("is a mapped file: what is written to it goes to the file")
    return NotImplemented


def _parts(values: Any, array: type) -> list[Any]:
    """The arrays inside a pandas extension array."""
    held = (getattr(values, name, None) for name in ("_ndarray", "_data", "_mask"))
    return [each for each in held if isinstance(each, array)]


def _owner(array: Any) -> Any:
    """The array at the bottom of a chain of views."""
    while (base := _beneath(array)) is not None:
        array = base
    return array


def _beneath(array: Any) -> Any:
    numpy: Any = sys.modules["numpy"]
    base = array.base
    if type(base).__name__ == "DummyArray" or isinstance(base, derived.Seen):  # the first of `stride_tricks`
        base = base.base
    return base if isinstance(base, numpy.ndarray) and not isinstance(base, numpy.memmap) else None


def _is_plain(root: Any) -> bool:
    return not root.dtype.hasobject and (root.flags.c_contiguous or root.flags.f_contiguous)


def roots_of(one: Any, other: Any) -> tuple[Any, Any] | None:
    """Return the arrays whose memory two arrays look at, None unless both look at the same part of the same numbers."""
    numpy: Any = sys.modules["numpy"]
    roots = _owner(one), _owner(other)
    same = (
        all(type(root) is numpy.ndarray and _is_plain(root) for root in roots)
        and _layout(roots[0]) == _layout(roots[1])
        and _position(roots[0], one)[1:] == _position(roots[1], other)[1:]
        and roots[0].tobytes() == roots[1].tobytes()
    )
    return roots if same else None


def _layout(array: Any) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype


def _position(root: Any, view: Any) -> tuple[Any, ...]:
    start = root.__array_interface__["data"][0]
    offset = view.__array_interface__["data"][0] - start
    return root, offset, view.shape, view.strides, view.dtype, bool(view.flags.writeable)


def view_of(root: Any, offset: int, shape: Any, strides: Any, dtype: Any, writeable: bool) -> Any:
    """Return the array that looks at `root`'s memory from that offset."""
    numpy: Any = sys.modules["numpy"]
    ordered = root if root.flags.c_contiguous else root.T
    memory = ordered.reshape(-1).view(numpy.uint8)
    array = numpy.ndarray(shape, dtype, buffer=memory, offset=offset, strides=strides)
    array.flags.writeable = writeable and array.flags.writeable
    return array


def seen_as(numbers: Any, dtype: Any) -> Any:
    """Return times, whose memory pickle would copy into its stream; as numbers it lies beside it."""
    return numbers.view(dtype)


def _owned(array: Any) -> Any:
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return owned_array, (array.tobytes(order), array.dtype, array.shape, order, bool(array.flags.writeable))


def owned_array(data: bytes, dtype: Any, shape: Any, order: Any, writeable: bool) -> Any:
    """Return an array that owns its memory."""
    numpy: Any = import_module("numpy")
    array = numpy.ndarray(shape, dtype, order=order)
    array[...] = numpy.frombuffer(data, dtype).reshape(shape, order=order)
    array.flags.writeable = writeable
    return array
