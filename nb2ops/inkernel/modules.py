"""What the notebook changed in the modules of its own folder: `config.rate = 5`, `helper.add(item)`.

All values of such a module cross, with whatever they share with variables; what cannot is left as importing the
module makes it. Its own functions and classes stay the module's, and take over their attributes and defaults:
a class that counts its instances, a default that collects. Out of reach is what only a closure or a cache holds.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import Enum
from importlib import import_module
from os import getcwd
from os.path import abspath, join, realpath
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from .pickling import crossable
from .places import is_installed

_OWN = ("nb2ops", "_nb2ops", "_nb2ops_cloudpickle", "_nb2ops_blake3")
_INSTALLED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_DATA = (str, bytes, int, float, complex, bool, type(None))

_REGISTRY = "registry"
_AT_REST = (type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.local)
"""What a module may have anew in each kernel: nobody holds it between two steps."""

_folder_at_start = getcwd()
_path_at_start = frozenset(sys.path)


def capture() -> dict[str, Any] | None:
    """Return the state of every module of the notebook, by the name under which it is imported."""
    folders = _folders()
    return {
        name: _state(module) for name, module in list(sys.modules.items()) if _is_local(name, module, folders)
    } or None


def files() -> dict[str, str]:
    """Return the source files of all loaded modules that no installed package brings: name -> absolute path."""
    known = ((name, getattr(module, "__file__", None), module) for name, module in list(sys.modules.items()))
    return {
        name: abspath(path)
        for name, path, module in known
        if isinstance(path, str)
        and isinstance(module, ModuleType)
        and name.partition(".")[0] not in (*_OWN, "__main__")
        and not is_installed(module)
        and not any(map(abspath(path).__contains__, _INSTALLED))
    }


def restore(captured: Mapping[str, Any]) -> None:
    """Bring modules to captured states; one that is not found here is left out, as the step that imports it says.

    All are imported before the first is changed, since importing one may change another.
    """
    found = {name: _import(name) for name in captured}
    for name, module in found.items():
        if module is not None:
            _fill(module, captured[name])


def _import(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


def _folders() -> tuple[str, ...]:
    """The folders of the notebook's modules, each with a separator at its end."""
    given = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    added = [each for each in sys.path if isinstance(each, str) and each not in _path_at_start]
    found = {abspath(each) for each in (_folder_at_start, getcwd(), *given, *added)}
    return tuple(join(path, "") for each in found for path in {each, realpath(each)})


def _is_local(name: str, module: Any, folders: tuple[str, ...]) -> bool:
    path = getattr(module, "__file__", None)
    if not isinstance(module, ModuleType) or not isinstance(path, str) or name.startswith("__"):
        return False
    path = abspath(path)
    ours = name.partition(".")[0] in _OWN
    return (
        path.startswith(folders)
        and not ours
        and not is_installed(module)
        and not any(map(path.__contains__, _INSTALLED))
    )


def _state(module: ModuleType) -> dict[str, Any]:
    plain = {name: value for name, value in vars(module).items() if not _is_special(name)}
    own = dict(_definitions(module.__name__, vars(module), ""))
    values = {
        name: value for name, value in plain.items() if not isinstance(value, ModuleType) and own.get(name) is not value
    }
    definitions = {name: state for name, each in own.items() for state in [crossable(_definition_state(each))] if state}
    at_rest = {name: value for name, value in values.items() if isinstance(value, _AT_REST)}
    others = {name: value for name, value in values.items() if name not in at_rest}
    crossing = {**crossable(at_rest), **crossable(others, f"module {module.__name__}")}
    return {"names": [*plain], "values": crossing, "definitions": definitions}


def _definitions(home: str, held: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module defines, those inside of classes too, by their qualified names."""
    for name, value in list(held.items()):
        if not isinstance(value, (FunctionType, type)) or (isinstance(value, type) and issubclass(value, Enum)):
            continue
        if value.__module__ == home and value.__qualname__ == prefix + name:
            yield value.__qualname__, value
            if isinstance(value, type):
                yield from _definitions(home, vars(value), f"{value.__qualname__}.")


def _definition_state(definition: Any) -> dict[str, Any]:
    """What can be changed about a function or class; a class's methods are definitions of their own."""
    state = {name: value for name, value in vars(definition).items() if not _is_special(name)}
    if isinstance(definition, FunctionType):
        defaults = {name: getattr(definition, name) for name in ("__defaults__", "__kwdefaults__")}
        if isinstance(state.get(_REGISTRY), MappingProxyType):
            state = {_REGISTRY: _registered(definition)}
        return {**state, **{name: value for name, value in defaults.items() if value}}
    return {name: value for name, value in state.items() if name != "_abc_impl" and _is_attribute(definition, value)}


def _registered(function: Any) -> dict[Any, Any]:
    """What others registered with a function of `functools.singledispatch`."""
    return {kind: each for kind, each in function.registry.items() if each.__module__ != function.__module__}


def _is_attribute(cls: type, value: Any) -> bool:
    """Whether a class holds it as data, or it is a function that the notebook put there."""
    if isinstance(value, (FunctionType, type)):
        return value.__module__ != cls.__module__
    return not hasattr(type(value), "__get__")


def _fill(module: ModuleType, state: Mapping[str, Any]) -> None:
    namespace = vars(module)
    for name in set(namespace).difference(state["names"]):
        if not _is_special(name) and not isinstance(namespace[name], ModuleType):
            del namespace[name]
    own = dict(_definitions(module.__name__, namespace, ""))
    namespace.update(state["values"])
    for name, attributes in state["definitions"].items():
        for attribute, value in attributes.items():
            _assign(own.get(name), attribute, value)


def _assign(definition: Any, name: str, value: Any) -> None:
    present = getattr(definition, name, None)
    if isinstance(present, MappingProxyType):
        for kind, each in value.items():
            definition.register(kind, each)
        return
    if present is value or (type(present) is type(value) and isinstance(value, _DATA) and present == value):
        return
    with suppress(AttributeError, TypeError):  # final: then the notebook did not change it either
        setattr(definition, name, value)


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
