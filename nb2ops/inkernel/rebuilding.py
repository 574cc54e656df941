"""Objects of the standard library that pickle refuses or changes: how each is taken apart and put together."""

from __future__ import annotations

import types
from collections.abc import Callable
from decimal import Context, getcontext
from functools import cached_property
from gc import get_referents
from typing import Any, NewType

Reducer = Callable[[Any], Any]


def plan(kind: type) -> Reducer | None:
    """Return what reduces objects of this exact type, None where it is not ours to say."""
    if issubclass(kind, BaseException):
        return _reduce_exception if kind.__reduce__ is BaseException.__reduce__ else _reduce_special_exception
    return _REDUCERS.get(kind)


def make_exception(kind: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    """Return an exception with these `args`, made without the `__init__` of the notebook's class."""
    builtin = next(each for each in kind.__mro__ if _has_own_init(each))
    made = kind.__new__(kind, *arguments)
    builtin.__init__(made, *arguments)  # type: ignore[misc]
    return made


def _has_own_init(kind: type) -> bool:
    """Whether `__init__` of this class itself is written in C."""
    return "__init__" in vars(kind) and not isinstance(vars(kind)["__init__"], types.FunctionType)


def fill_exception(error: BaseException, state: dict[str, Any]) -> None:
    """Give an exception its attributes, what it came from, and where it was raised."""
    for name, value in state.items():
        setattr(error, name, value)


def _reduce_exception(error: BaseException) -> Any:
    return make_exception, (type(error), error.args), {**_origin(error), **vars(error)}, None, None, fill_exception


def _origin(error: BaseException) -> dict[str, Any]:
    names = ("__cause__", "__context__", "__suppress_context__", "__traceback__")
    return {name: getattr(error, name) for name in names}


def _reduce_special_exception(error: BaseException) -> Any:
    """One that says itself how to make it, as those of the operating system do."""
    reduction = error.__reduce_ex__(5)
    if not isinstance(reduction, tuple) or not isinstance(state := [*reduction, None][2], (dict, type(None))):
        return NotImplemented
    return (*reduction[:2], {**_origin(error), **(state or {})}, None, None, fill_exception)


def _reduce_cached_property(found: Any) -> Any:
    state = {name: value for name, value in vars(found).items() if name != "lock"}
    return cached_property, (found.func,), state


def _reduce_cell(_: types.CellType) -> Any:
    return types.CellType, ()  # the function that holds it fills it


def _reduce_view(method: Any) -> Reducer:
    return lambda view: (method, (get_referents(view)[0],))


def _reduce_context(context: Any) -> Any:
    return (getcontext, ()) if context is getcontext() else NotImplemented


def _reduce_new_type(kind: Any) -> Any:
    if kind.__module__ != "__main__":
        return NotImplemented
    return NewType, (kind.__name__, kind.__supertype__), {"__module__": "__main__"}


_REDUCERS: dict[Any, Reducer] = {
    NewType: _reduce_new_type,
    Context: _reduce_context,
    cached_property: _reduce_cached_property,
    types.CellType: _reduce_cell,
    type({}.keys()): _reduce_view(dict.keys),
    type({}.values()): _reduce_view(dict.values),
    type({}.items()): _reduce_view(dict.items),
    types.MappingProxyType: _reduce_view(types.MappingProxyType),
}
