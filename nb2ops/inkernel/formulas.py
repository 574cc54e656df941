"""Formulas of patsy and models of statsmodels that were fitted with one.

patsy refuses to be pickled, and statsmodels reads the formula again where it is unpickled, which does not find the
notebook's functions there. Here both cross as they are, with the functions that the formula names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from copyreg import __newobj__  # type: ignore[attr-defined]
from importlib import import_module
from typing import Any

from .derived import attributes_of, set_attributes, take_apart


def plan(kind: type) -> Callable[[Any], Any] | None:
    """Return what reduces objects of this exact type, None where it is not ours to say."""
    data = sys.modules.get("statsmodels.base.data")
    array = getattr(sys.modules.get("numpy"), "ndarray", None)
    if array is not None and issubclass(kind, array):
        return take_apart if _is_patsy(kind) else None
    if kind.__module__ == "patsy.eval" and kind.__name__ in _PATSY:
        return _PATSY[kind.__name__]
    return _reduce_plainly if _is_patsy(kind) or (data is not None and issubclass(kind, data.ModelData)) else None


def _is_patsy(kind: type) -> bool:
    """Whether a class, or what it is derived from, is patsy's and refuses."""
    refusing = (each for each in kind.__mro__ if vars(each).keys() & {"__getstate__", "__reduce__"})
    return next((each.__module__.startswith("patsy.") for each in refusing if each is not object), False)


def _reduce_plainly(value: Any) -> Any:
    return __newobj__, (type(value),), attributes_of(value), None, None, set_attributes


def _reduce_namespaces(attribute: str) -> Callable[[Any], Any]:
    def reduce(value: Any) -> Any:
        attributes = attributes_of(value)
        named = [_named(each) for each in attributes[attribute]]
        return __newobj__, (type(value),), (attribute, {**attributes, attribute: named}), None, None, fill_namespaces

    return reduce


def _named(namespace: Any) -> tuple[str | None, Any]:
    """A namespace, or the name of the module whose it is."""
    name = namespace.get("__name__") if type(namespace) is dict else None
    module = sys.modules.get(name) if isinstance(name, str) else None
    return (name, None) if module is not None and vars(module) is namespace else (None, namespace)


def fill_namespaces(value: Any, state: tuple[str, dict[str, Any]]) -> None:
    """Give an environment its namespaces, those of modules as they are here."""
    attribute, attributes = state
    found = [each if name is None else vars(import_module(name)) for name, each in attributes[attribute]]
    set_attributes(value, {**attributes, attribute: found})


_PATSY = {"EvalEnvironment": _reduce_namespaces("_namespaces"), "VarLookupDict": _reduce_namespaces("_dicts")}
