"""Settings of IPython: what magics and `get_ipython()` changed about the shell, as pairs for `states`.

A setting counts where it differs from the start of the kernel. Nothing here imports IPython: without its shell
there is nothing to capture.
"""

from __future__ import annotations
import __future__

import sys
from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from importlib import import_module
from operator import or_
from types import FunctionType
from typing import Any

from .pickling import crossable

_LEFT_OUT = ("HistoryManager", "IPCompleter", "IPKernelApp")
"""Configurables that change nothing of what a notebook shows."""

PRINTERS = ("type_printers", "singleton_printers", "deferred_printers")
"""Settings that are tables from types to what shows them (see `showing`)."""

_RELOADER = ("enabled", "check_all", "autoload_obj", "hide_errors", "modules", "skip_modules")


def _find_shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def attend() -> None:
    """Take the running shell, as it is now, for what the kernel started with."""
    global _shell, _START
    _shell = _find_shell()
    _START = _at_start()


def running() -> Any:
    """Return IPython's shell, None without one."""
    return _shell


def formatters() -> dict[str, Any]:
    """Return what shows values, by the kind of text or picture that it makes."""
    display = _shell.display_formatter
    others = {name: getattr(display, name, None) for name in ("mimebundle_formatter", "ipython_display_formatter")}
    return {**display.formatters, **{name: each for name, each in others.items() if each is not None}}


def _configurables() -> dict[str, Any]:
    """What `%config` and `%precision` set, by the name of its class."""
    found = [*_shell.configurables, *formatters().values()]
    return {type(each).__name__: each for each in found if type(each).__name__ not in _LEFT_OUT}


def _traits(configurable: Any) -> dict[str, Any]:
    """The settings that were made or asked for; asking for more might compute them."""
    present = getattr(configurable, "_trait_values", {})
    names = sorted(set(configurable.trait_names(config=True)).difference(PRINTERS))
    set_for_all = {name: getattr(type(configurable), name) for name in names if _is_replaced(configurable, name)}
    return {**{name: present[name] for name in names if name in present}, **set_for_all}


def _is_replaced(configurable: Any, name: str) -> bool:
    """Whether a class has a value where the setting was: `InteractiveShell.ast_node_interactivity = "all"`."""
    return not hasattr(type(getattr(type(configurable), name, None)), "__get__")


def _copied(value: Any) -> Any:
    return deepcopy(value) if type(value) in (dict, set) else list(value) if isinstance(value, list) else value


def _traits_at_start() -> dict[str, dict[str, Any]]:
    return {
        name: {trait: _copied(value) for trait, value in _traits(each).items()}
        for name, each in _configurables().items()
    }


def _config() -> dict[str, dict[str, Any]]:
    """What `%config` was told, which also holds for what is made later: matplotlib's backend, for example."""
    return {name: {**section} for name, section in _shell.config.items() if isinstance(section, dict)}


def capture_configuration() -> Any:
    """Return the settings of each configurable that differ from the start, or from its defaults if it came later."""
    if _shell is None:
        return None
    told = {name: _differing(section, _START["config"].get(name, {})) for name, section in _config().items()}
    changed = {name: dict(_changed(name, each)) for name, each in _configurables().items()}
    found = tuple({name: crossable(held) for name, held in each.items() if held} for each in (told, changed))
    return found if any(found) else None


def _differing(now: dict[str, Any], start: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in now.items() if name not in start or _differ(value, start[name])}


def _differ(one: Any, other: Any) -> bool:
    try:
        return bool(one != other)
    except ValueError:  # arrays, for example, do not say yes or no
        return one is not other


def _changed(name: str, configurable: Any) -> Iterator[tuple[str, Any]]:
    start = _START["traits"].get(name, {})
    for trait, value in _traits(configurable).items():
        if _differ(value, start[trait] if trait in start else configurable.trait_defaults(trait)):
            yield trait, value


def restore_configuration(value: Any) -> None:
    """Set what was captured."""
    told, changed = value
    for each in list(_shell.configurables) if told else ():
        each.update_config(type(_shell.config)(told))
    if "InlineBackend" in changed:
        import_module("matplotlib_inline.backend_inline")  # puts it in its place
    for name, each in _configurables().items():
        for trait, setting in changed.get(name, {}).items():
            setattr(each, trait, setting)


def undo_configuration(value: Any) -> None:
    """Set back what was changed and is not among what was captured."""
    empty: dict[str, Any] = {}
    told, changed = value or (empty, empty)
    for section, held in _config().items():
        start = _START["config"].get(section, {})
        for name in set(_differing(held, start)).difference(told.get(section, {})):
            _put_back(_shell.config[section], name, start)
    for name, each in _configurables().items():
        start = _START["traits"].get(name, {})
        for trait in {trait for trait, _ in _changed(name, each)}.difference(changed.get(name, {})):
            setattr(each, trait, _copied(start[trait]) if trait in start else each.trait_defaults(trait))


def _put_back(held: Any, name: str, start: dict[str, Any]) -> None:
    if name in start:
        held[name] = _copied(start[name])
    else:
        del held[name]


_FUTURE = reduce(or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names))


def capture_future() -> Any:
    """Return the flags of `from __future__ import ...`, which hold for all cells after it."""
    return (_shell.compile.flags & _FUTURE) or None if _shell else None


def restore_future(value: int) -> None:
    """Compile the cells with these flags."""
    _shell.compile.flags |= value


def capture_traceback_mode() -> Any:
    """Return the `%xmode`."""
    now = _shell and _traceback_mode()
    return now if now != _START["traceback"] else None


def _traceback_mode() -> Any:
    return _shell.InteractiveTB.mode, getattr(_shell.InteractiveTB, "skip_hidden", True)


def restore_traceback_mode(value: Any) -> None:
    """Set the `%xmode`."""
    mode, _shell.InteractiveTB.skip_hidden = value
    _shell.InteractiveTB.set_mode(mode=mode)


def undo_traceback_mode(value: Any) -> None:
    """Set the `%xmode` of the start, where no other was captured."""
    if value is None and _shell and capture_traceback_mode() is not None:
        restore_traceback_mode(_START["traceback"])


def capture_extensions() -> Any:
    """Return the extensions that were loaded."""
    return sorted(_shell.extension_manager.loaded - _START["extensions"]) or None if _shell else None


def restore_extensions(value: list[str]) -> None:
    """Load extensions; where one is not found, the cell that uses it says so."""
    for name in value:
        try:
            _shell.extension_manager.load_extension(name)
        except ImportError:
            continue


def undo_extensions(value: Any) -> None:
    """Unload what was loaded and is not among what was captured."""
    for name in set(capture_extensions() or ()).difference(value or ()):
        _shell.extension_manager.unload_extension(name)


def _reloader() -> Any:
    magics = _shell and _shell.magics_manager.registry.get("AutoreloadMagics")
    return getattr(magics, "_reloader", None)


def capture_autoreload() -> Any:
    """Return the mode of `%autoreload` and the modules of `%aimport`."""
    present = vars(_reloader()) if _reloader() is not None else {}
    return {name: present[name] for name in _RELOADER if name in present} or None


def restore_autoreload(value: dict[str, Any]) -> None:
    """Set the mode of `%autoreload`."""
    if _reloader() is not None:
        vars(_reloader()).update(value)


def _aliases() -> dict[str, str]:
    return dict(_shell.alias_manager.aliases)


def capture_aliases() -> Any:
    """Return the aliases that were made, and the names of those removed."""
    if _shell is None or _aliases() == _START["aliases"]:
        return None
    now, start = _aliases(), _START["aliases"]
    return {name: now[name] for name in now if now[name] != start.get(name)}, [
        name for name in start if name not in now
    ]


def restore_aliases(value: Any) -> None:
    """Make and remove aliases."""
    made, removed = value
    for name, command in made.items():
        _shell.alias_manager.define_alias(name, command)
    for name in removed:
        if _shell.alias_manager.is_alias(name):
            _shell.alias_manager.undefine_alias(name)


def undo_aliases(value: Any) -> None:
    """Make the aliases those of the start, as far as others were not captured."""
    made, removed = capture_aliases() or ({}, [])
    kept_made, kept_removed = value or ({}, [])
    for name in {*set(made).difference(kept_made), *set(removed).difference(kept_removed)}:
        if _shell.alias_manager.is_alias(name):
            _shell.alias_manager.undefine_alias(name)
        if name in _START["aliases"]:
            _shell.alias_manager.define_alias(name, _START["aliases"][name])


def capture_magics() -> Any:
    """Return the functions of the notebook that it made magics."""
    kinds = _shell.magics_manager.magics if _shell else {}
    found = {kind: {name: each for name, each in held.items() if _is_own(each)} for kind, held in kinds.items()}
    crossing = {kind: crossable(held) for kind, held in found.items() if held}
    return crossing or None


def _is_own(magic: Any) -> bool:
    return isinstance(magic, FunctionType) and magic.__module__ == "__main__"


def restore_magics(value: Any) -> None:
    """Make functions magics."""
    for kind, functions in value.items():
        _shell.magics_manager.magics[kind].update(functions)


def undo_magics(value: Any) -> None:
    """Forget the notebook's magics that are not among what was captured."""
    for kind, held in (_shell.magics_manager.magics if _shell else {}).items():
        kept = (value or {}).get(kind, ())
        for name in [name for name, each in held.items() if _is_own(each) and name not in kept]:
            del held[name]


def _at_start() -> dict[str, Any]:
    if _shell is None:
        return {"config": {}, "traits": {}, "traceback": None, "extensions": set(), "aliases": {}}
    return {
        "config": {name: {key: _copied(value) for key, value in held.items()} for name, held in _config().items()},
        "traits": _traits_at_start(),
        "traceback": _traceback_mode(),
        "extensions": set(_shell.extension_manager.loaded),
        "aliases": _aliases(),
    }


_shell: Any = None
_START: dict[str, Any] = {}
attend()
