"""Objects of the notebook's classes whose attributes are also somebody else's: `self.__dict__ = self._shared`."""

from __future__ import annotations

from collections.abc import Callable
from copyreg import __newobj__  # type: ignore[attr-defined]
from sys import getrefcount
from typing import Any

from .borrowed import cloudpickle

_OWN_WAYS = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__")


def plan(kind: type) -> Callable[[Any], Any] | None:
    """Return what reduces objects of this exact type, None where it is not ours to say."""
    if not getattr(kind, "__dictoffset__", 0) or issubclass(kind, (type, BaseException)):
        return None
    if any(getattr(kind, way, None) is not getattr(object, way, None) for way in _OWN_WAYS):
        return None
    return None if cloudpickle._should_pickle_by_reference(kind) else _reduce_instance


def _reduce_instance(instance: Any) -> Any:
    if getrefcount(vars(instance)) <= _ALONE and not _answers_for_others(type(instance)):
        return NotImplemented
    make, arguments, state, *items = instance.__reduce_ex__(5)
    attributes = vars(instance)
    if make is not __newobj__ or not (state is None or state is attributes):
        return NotImplemented  # it has slots too
    return make, arguments, attributes, *items, share_attributes


def _answers_for_others(kind: type) -> bool:
    """Whether asking an object that has no attributes yet may lead anywhere, for ever perhaps."""
    return hasattr(kind, "__getattr__") or getattr(kind, "__setattr__", None) is not object.__setattr__


class _Probe:
    pass


_probe = _Probe()
_ALONE = getrefcount(vars(_probe))
"""References to the dictionary of attributes that nobody else holds."""


def share_attributes(instance: Any, attributes: dict[str, Any]) -> None:
    """Let an object have its attributes in this dictionary."""
    object.__setattr__(instance, "__dict__", attributes)
