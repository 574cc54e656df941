"""What the notebook changed in installed libraries: `pandas.DataFrame.shout = shout`, `style.library['mine'] = {...}`.

The analysis names the place. `a.b.c` is an attribute; `a.b['key']` an item and `a.b[*]` all items of a container;
`a.b` where that is a list, dictionary or set that was changed in place; `a.B.register` the subclasses
that an abstract class was told of; `a.b.*` any attribute of a class or module: what comes from elsewhere, and plain
data.
"""

from __future__ import annotations

import sys
from _abc import _get_dump  # type: ignore[import-not-found]
from abc import ABCMeta
from ast import literal_eval
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from .origins import is_foreign, top
from .pickling import crossable

_PLAIN = (str, bytes, int, float, complex, bool, type(None), frozenset, set, list, dict, tuple)
_GONE = "gone"


def capture(reference: str) -> Any:
    """Return the state of a place as a value that can be pickled, None where there is nothing to restore."""
    try:
        way, owner, name = _find(reference, sys.modules.get)
    except LookupError:
        return None
    return _WAYS[way][0](owner, name)


def restore(reference: str, value: Any) -> None:
    """Bring a place to a captured state.

    Raises:
        ImportError: the library is not installed here.
    """
    way, owner, name = _find(reference, import_module)
    _WAYS[way][1](owner, name, value)


def _find(reference: str, load: Callable[[str], Any]) -> tuple[str, Any, Any]:
    """The kind of a place, who holds it, and its name there."""
    if reference.endswith("[*]"):
        return "items", _resolve(reference[:-3], load), None
    if reference.endswith("]"):
        path, _, key = reference.partition("[")
        return "item", _resolve(path, load), literal_eval(key[:-1])
    path, _, name = reference.rpartition(".")
    owner = _resolve(path, load)
    if name in ("*", "__dict__"):
        return "any", owner, None
    if name == "register" and isinstance(owner, ABCMeta):
        return "subclasses", owner, None
    return "attribute", owner, name


def _resolve(path: str, load: Callable[[str], Any]) -> Any:
    """The object of a dotted name: as much of it as is a module, then attributes.

    Raises:
        LookupError: there is none.
    """
    parts = path.split(".")
    found = load(parts[0])
    for index, part in enumerate(parts[1:], 2):
        inner = getattr(found, part, None)
        if inner is None and isinstance(found, ModuleType):
            inner = load(".".join(parts[:index]))
        found = inner
    if found is None:
        raise LookupError(path)
    return found


def _capture_attribute(owner: Any, name: str) -> Any:
    value = getattr(owner, "__dict__", {}).get(name, _GONE)
    if value is _GONE:
        value = getattr(owner, name, _GONE)
    if isinstance(value, ModuleType):
        return None
    return value


def _restore_attribute(owner: Any, name: str, value: Any) -> None:
    if type(value) is str and value == _GONE:
        if name in getattr(owner, "__dict__", {}):
            delattr(owner, name)
        return
    present = getattr(owner, "__dict__", {}).get(name)
    if type(present) is type(value) and isinstance(value, (list, dict, set)):
        _fill(present, value)
    else:
        setattr(owner, name, value)


def _fill(present: Any, value: Any) -> None:
    """Give a container, which its library holds on to, other contents."""
    if isinstance(present, list):
        present[:] = value
        return
    present.clear()
    present.update(value)


def _capture_item(owner: Any, key: Any) -> Any:
    return (owner[key],) if key in owner else ()


def _restore_item(owner: Any, key: Any, value: tuple[Any, ...]) -> None:
    if value:
        owner[key] = value[0]
    elif key in owner:
        del owner[key]


def _capture_items(owner: Any, _: None) -> Any:
    if isinstance(owner, (list, set)):
        return owner
    return crossable({key: owner[key] for key in owner})


def _restore_items(owner: Any, _: None, value: Any) -> None:
    if isinstance(owner, (list, set)):
        _fill(owner, value)
        return
    for key in [key for key in owner if key not in value]:
        del owner[key]
    for key, item in value.items():
        owner[key] = item


def _capture_any(owner: Any, _: None) -> Any:
    home = getattr(owner, "__module__", None) or owner.__name__
    changed = {name: value for name, value in vars(owner).items() if _may_be_new(name, value, top(home))}
    return crossable(changed), sorted(vars(owner))


def _may_be_new(name: str, value: Any, home: str) -> bool:
    if name.startswith("__") and name.endswith("__") and type(value) in _PLAIN:
        return False
    return type(value) in _PLAIN or is_foreign(value, home)


def _restore_any(owner: Any, _: None, state: tuple[dict[str, Any], list[str]]) -> None:
    values, names = state
    for name in set(vars(owner)).difference(names):
        if not name.startswith("_"):
            delattr(owner, name)
    for name, value in values.items():
        present = vars(owner).get(name, _GONE)
        if type(present) is not type(value) or type(value) not in _PLAIN or present != value:
            setattr(owner, name, value)


def _capture_subclasses(owner: Any, _: None) -> list[type]:
    told = [reference() for reference in _get_dump(owner)[0]]
    home = top(owner.__module__)
    return [each for each in told if each is not None and is_foreign(each, home)]


def _restore_subclasses(owner: Any, _: None, value: list[type]) -> None:
    for each in value:
        owner.register(each)


_WAYS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any, Any], None]]] = {
    "attribute": (_capture_attribute, _restore_attribute),
    "item": (_capture_item, _restore_item),
    "items": (_capture_items, _restore_items),
    "subclasses": (_capture_subclasses, _restore_subclasses),
    "any": (_capture_any, _restore_any),
}
