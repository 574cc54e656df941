"""What crosses by name: modules, and the single objects that a library holds under a name of its own.

`dataclasses.MISSING`, `os.environ`, `random._inst` (behind `from random import shuffle`) or numpy's global
generator are compared by identity, or are what the library itself works on: a copy would be another object.
Objects of the notebook's own modules cross by value, since the notebook may have changed them.
"""

from __future__ import annotations

import io
import sys
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from . import closedfiles
from .borrowed import cloudpickle
from .origins import replaced
from .places import is_installed

Reducer = Callable[[Any], Any]


class CannotCross(Exception):
    """A value that lives only in its kernel; the text says why."""


def plan(kind: type) -> Reducer | None:
    """Return what reduces objects of this exact type by name, None where the type has no such objects."""
    if kind is ModuleType:
        return _reduce_module
    if kind is object:
        return _named(_bare_sentinels())
    if _is_singleton(kind):
        return _reduce_singleton
    if kind in (type(sys.stdout), type(sys.stderr)):
        return _reduce_stream
    if kind in _REDUCERS:
        return _REDUCERS[kind]
    if kind in _BUILT_IN:
        return _reduce_built_in
    module = sys.modules.get(kind.__module__) if isinstance(kind.__module__, str) else None
    if module is None or kind.__module__ == "builtins" or not is_installed(module):
        return None
    return _named({id(value): (module, name) for name, value in vars(module).items() if type(value) is kind})


def _named(names: dict[int, tuple[ModuleType, str]]) -> Reducer | None:
    def reduce(value: Any) -> Any:
        found = names.get(id(value))
        return _reduce_built_in(value) if found is None else (getattr, found)

    return reduce if names else None


_BUILT_IN = frozenset(map(type, (print, str.join, str.__len__, "".__len__, vars(dict)["fromkeys"])))


def _reduce_built_in(value: Any) -> Any:
    return replaced(value) or NotImplemented


def _bare_sentinels() -> dict[int, tuple[ModuleType, str]]:
    """Every `object()` that a module holds under a name: it has no state, and is asked for by identity."""
    modules = [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    return {
        id(value): (module, name)
        for module in modules
        if module.__name__ != "__main__"
        for name, value in list(vars(module).items())
        if type(value) is object
    }


def _is_singleton(kind: type) -> bool:
    configurable = sys.modules.get("traitlets.config.configurable")
    return configurable is not None and issubclass(kind, configurable.SingletonConfigurable)


def _reduce_singleton(value: Any) -> Any:
    """The running IPython shell or kernel application: the receiver has its own."""
    kind = type(value)
    return (kind.instance, ()) if kind.initialized() and kind.instance() is value else NotImplemented


def _reduce_stream(stream: Any) -> Any:
    for name in ("stdout", "stderr", "__stdout__", "__stderr__", "stdin", "__stdin__"):
        if stream is getattr(sys, name):
            return getattr, (sys, name)
    if not stream.closed:
        raise CannotCross("is an open file")
    closed = closedfiles.reduce(stream) if type(stream) in _FILES else None
    if closed is None:
        raise CannotCross("is a closed file")
    return closed


def _reduce_finalizer(_: Any) -> Any:
    raise CannotCross("holds a finalizer, which cleans up when its kernel ends (a temporary folder, for example)")


def _reduce_weakref(reference: Any) -> Any:
    referent = reference()
    if referent is None:
        raise CannotCross("holds a weak reference to an object that is gone")
    return weakref.ref, (referent, reference.__callback__)


def _reduce_memoryview(view: memoryview) -> Any:
    whole = isinstance(view.obj, (bytes, bytearray)) and view.nbytes == len(view.obj) and view.format == "B"
    if whole and view.ndim == 1 and view.strides == (1,):
        return memoryview, (view.obj,)
    raise CannotCross("is a view of a part of another object's memory")


_FILES = (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.FileIO)
_REDUCERS: dict[Any, Reducer] = {
    **dict.fromkeys(_FILES, _reduce_stream),
    weakref.finalize: _reduce_finalizer,
    weakref.ref: _reduce_weakref,
    memoryview: _reduce_memoryview,
}


def _reduce_module(module: ModuleType) -> Any:
    if sys.modules.get(module.__name__) is not module:
        return cloudpickle._module_reduce(module)
    return import_again, (module.__name__, _submodules(module))


def _submodules(module: ModuleType) -> tuple[str, ...]:
    if "__path__" not in vars(module):
        return ()
    return tuple(sorted(name for name in list(sys.modules) if name.startswith(module.__name__ + ".")))


def import_again(name: str, submodules: Sequence[str]) -> ModuleType:
    """Return the module of that name; submodules that the sender had loaded are loaded when first asked for."""
    module = import_module(name)
    missing = frozenset(submodules).difference(sys.modules)
    if missing:
        _load_on_demand(module, missing)
    return module


def _load_on_demand(module: ModuleType, missing: frozenset[str]) -> None:
    ask = vars(module).get("__getattr__", partial(_refuse, module.__name__))

    def load_submodule(attribute: str) -> Any:
        name = f"{module.__name__}.{attribute}"
        return import_again(name, tuple(missing)) if name in missing else ask(attribute)

    vars(module)["__getattr__"] = load_submodule


def _refuse(module: str, attribute: str) -> Any:
    raise AttributeError(f"module {module!r} has no attribute {attribute!r}")
