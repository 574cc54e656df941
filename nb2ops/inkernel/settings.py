"""What the common libraries and Python itself can be set to, as pairs for `states`.

What is captured is mostly what differs from the start: `undo_...` takes such a value, None where there is none, and
sets back what differs now and is not in it.
"""

from __future__ import annotations

import locale
import os
import sys
import time
import warnings
from decimal import getcontext
from importlib import import_module
from locale import setlocale
from sys import getrecursionlimit, setrecursionlimit
from typing import Any
from warnings import catch_warnings, simplefilter

_DECIMAL = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")

INLINE = "matplotlib_inline.backend_inline"


def module(name: str) -> Any:
    """Return a module by its name."""
    return import_module(name)


def numpy_random() -> Any:
    """Return the state of numpy's global generator."""
    return module("numpy.random").get_state(legacy=False)


def torch_random() -> Any:
    """Return the states of torch's generators."""
    torch = module("torch")
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    return torch.get_rng_state(), cuda


def restore_torch_random(value: Any) -> None:
    """Set the states of torch's generators."""
    torch = module("torch")
    processor, cuda = value
    torch.set_rng_state(processor)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)


def numpy_settings() -> Any:
    """Return numpy's print options and what it does about errors."""
    numpy = module("numpy")
    return numpy.get_printoptions(), numpy.geterr(), numpy.geterrcall()


def restore_numpy_settings(value: Any) -> None:
    """Set numpy's print options and what it does about errors."""
    numpy = module("numpy")
    printing, errors, call = value
    numpy.set_printoptions(**printing)
    numpy.seterr(**errors)
    numpy.seterrcall(call)


def pandas_options() -> Any:
    """What differs from pandas' own defaults."""
    registered = module("pandas._config.config")._registered_options
    with catch_warnings():
        simplefilter("ignore")  # deprecated options say so when they are read
        options = {name: module("pandas").get_option(name) for name in registered}
    return {name: value for name, value in options.items() if value != registered[name].defval} or None


def undo_pandas_options(value: Any) -> None:
    """Set the other options to pandas' own defaults."""
    registered = module("pandas._config.config")._registered_options
    restore_pandas_options({name: registered[name].defval for name in _others(pandas_options(), value)})


def _others(now: Any, value: Any) -> set[str]:
    """What differs from the start now and a captured value does not name."""
    return set(now or ()).difference(value or ())


def restore_pandas_options(value: Any) -> None:
    """Set pandas' options."""
    for name, option in value.items():
        module("pandas").set_option(name, option)


def matplotlib_parameters() -> Any:
    """What differs from the start; the backend belongs to the kernel."""
    start, now = _matplotlib_at_start(), dict.items(module("matplotlib").rcParams)
    return {name: value for name, value in now if "backend" not in name and start.get(name) != value} or None


def _matplotlib_at_start() -> dict[str, Any]:
    inline = INLINE in sys.modules  # it makes figures interactive
    return {**dict(dict.items(module("matplotlib").rcParamsOrig)), "interactive": inline}


def undo_matplotlib_parameters(value: Any) -> None:
    """Set the other parameters as they were at the start."""
    start = _matplotlib_at_start()
    module("matplotlib").rcParams.update({name: start[name] for name in _others(matplotlib_parameters(), value)})


def restore_matplotlib_parameters(value: Any) -> None:
    """Set matplotlib's parameters."""
    if value.get("interactive") is False:
        module(INLINE)  # once, so that it does not do so later
    module("matplotlib").rcParams.update(value)


_REGISTRIES = ("colormaps", "color_sequences")
_REGISTERED = {"ColormapRegistry": "cmap", "ColorSequenceRegistry": "color_list"}


def colormaps() -> Any:
    """The color maps and sequences that the notebook registered, by registry."""
    matplotlib = module("matplotlib")
    found = {}
    for registry in (getattr(matplotlib, name) for name in _REGISTRIES if hasattr(matplotlib, name)):
        own: Any = getattr(registry, "_builtin_cmaps", None) or getattr(registry, "_BUILTIN_COLOR_SEQUENCES", ())
        found[type(registry).__name__] = {name: registry[name] for name in registry if name not in own}
    return found if any(found.values()) else None


def undo_colormaps(value: Any) -> None:
    """Forget the others."""
    matplotlib = module("matplotlib")
    for registry in (getattr(matplotlib, name) for name in _REGISTRIES if hasattr(matplotlib, name)):
        kind = type(registry).__name__
        for name in _others((colormaps() or {}).get(kind), (value or {}).get(kind)):
            registry.unregister(name)


def restore_colormaps(value: Any) -> None:
    """Register color maps and sequences."""
    matplotlib = module("matplotlib")
    for registry in (getattr(matplotlib, name) for name in _REGISTRIES if hasattr(matplotlib, name)):
        wanted = value.get(type(registry).__name__, {})
        for name in [name for name in wanted if name in registry]:
            registry.unregister(name)
        for name, entry in wanted.items():
            registry.register(**{_REGISTERED[type(registry).__name__]: entry, "name": name})


_SHOWING = ("showwarning", "_showwarnmsg_impl")
_showing_at_start = {name: getattr(warnings, name) for name in _SHOWING}


def warnings_filters() -> Any:
    """Return the filters of warnings, and what `warnings.catch_warnings` put in the place of showing them."""
    shown = {
        name: getattr(warnings, name) for name in _SHOWING if getattr(warnings, name) is not _showing_at_start[name]
    }
    return list(warnings.filters), shown


def restore_warnings_filters(value: Any) -> None:
    """Set the filters of warnings."""
    filters, shown = value
    warnings.filters[:] = filters  # type: ignore[index]
    for name in _SHOWING:
        setattr(warnings, name, shown.get(name, _showing_at_start[name]))
    with catch_warnings():
        pass  # leaving it tells the interpreter that filters have changed


def decimal() -> Any:
    """Return what the decimal context is set to."""
    context = getcontext()
    named = {name: getattr(context, name) for name in _DECIMAL}
    return named, dict(context.flags), dict(context.traps)


def restore_decimal(value: Any) -> None:
    """Set the decimal context, which variables may refer to."""
    named, flags, traps = value
    context = getcontext()
    for name, setting in named.items():
        setattr(context, name, setting)
    context.flags.update(flags)
    context.traps.update(traps)


def restore_locale(value: str) -> None:
    """Set the locale."""
    setlocale(locale.LC_ALL, value)


_environment_at_start = dict(os.environ)


def environment() -> Any:
    """Return which environment variables were set and which removed, and the time zone."""
    now, start = dict(os.environ), _environment_at_start
    changed = {name: value for name, value in now.items() if start.get(name) != value}
    return changed, [name for name in start if name not in now], _zone()


def undo_environment(value: Any) -> None:
    """Bring the other variables to what they were at the start."""
    changed, removed, _ = value
    (now_changed, now_removed, _), start = environment(), _environment_at_start
    for name in {*_others(now_changed, changed), *_others(now_removed, removed)}:
        if name in start:
            os.environ[name] = start[name]
        else:
            os.environ.pop(name, None)


def _zone() -> Any:
    """The time zone in use, which follows TZ only when `time.tzset` is called."""
    return time.tzname, time.timezone, time.altzone


def restore_environment(value: Any) -> None:
    """Set and remove environment variables."""
    changed, removed, zone = value
    os.environ.update(changed)
    for name in removed:
        os.environ.pop(name, None)
    if zone != _zone() and _set_zone is not None:
        _set_zone()


_set_zone = getattr(time, "tzset", None)  # Windows has none


def restore_path(value: list[str]) -> None:
    """Set the import path."""
    sys.path[:] = value


_recursion_at_start = getrecursionlimit()


def recursion() -> Any:
    """Return the recursion limit."""
    now = getrecursionlimit()
    return now if now != _recursion_at_start else None


def undo_recursion(value: Any) -> None:
    """Set the limit of the start."""
    if value is None:
        setrecursionlimit(_recursion_at_start)


def sklearn_settings() -> Any:
    """What differs from scikit-learn's own defaults."""
    start, now = _sklearn_at_start(), module("sklearn").get_config()
    return {name: value for name, value in now.items() if name not in start or value != start[name]} or None


def _sklearn_at_start() -> dict[str, Any]:
    return getattr(module("sklearn._config"), "_global_config", {})


def restore_sklearn_settings(value: Any) -> None:
    """Set scikit-learn's configuration."""
    module("sklearn").set_config(**value)


def undo_sklearn_settings(value: Any) -> None:
    """Set the rest to scikit-learn's own defaults."""
    start = _sklearn_at_start()
    others = _others(sklearn_settings(), value)
    module("sklearn").set_config(**{name: start[name] for name in others if name in start})
