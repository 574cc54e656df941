"""Pseudo-variables: what cells change beside their variables, captured at the end of a step and restored later.

One `Part` per thing that has a state. A part is captured where its library is loaded, and restoring it loads the
library: the notebook had loaded it at that point too. To add one, write its pair of functions and list it below.
"""

from __future__ import annotations

import calendar
import locale
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Context, getcontext, setcontext
from importlib import import_module
from locale import setlocale
from os import chdir, getcwd
from sys import getrecursionlimit, setrecursionlimit
from typing import Any
from warnings import catch_warnings, simplefilter

from . import libraries, logs, modules, shell

EARLY = ("environment", "path", "directory")
"""Restored before anything else is read, since modules are found by them."""

MODULES = "modules"
"""Restored next: importing the notebook's modules may draw numbers and change settings, which all come last."""

LIBRARY = "library:"
"""Prefix of the state that is one place in an installed library."""

_INLINE = "matplotlib_inline.backend_inline"


@dataclass(frozen=True)
class Part:
    """A piece of a pseudo-variable.

    Attributes:
        state: the pseudo-variable.
        library: captured only where this module is loaded.
        capture: returns the state as a value that can be pickled, None where there is nothing to restore.
        restore: takes such a value.
    """

    state: str
    library: str
    capture: Callable[[], Any]
    restore: Callable[[Any], None]


def capture_all(wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return pseudo-variables' states in the order in which they are to be restored."""
    order = (*EARLY, MODULES)
    found = set(wanted)
    return {state: capture(state) for state in [*order, *sorted(found.difference(order))] if state in found}


def capture(state: str) -> dict[str, Any]:
    """Return a pseudo-variable's state: one value per library that has one."""
    if state.startswith(LIBRARY):
        value = libraries.capture(state[len(LIBRARY) :])
        return {} if value is None else {LIBRARY: value}
    loaded = ((part, part.capture()) for part in _PARTS if part.state == state and part.library in sys.modules)
    return {part.library: value for part, value in loaded if value is not None}


def restore(state: str, captured: dict[str, Any]) -> None:
    """Bring a pseudo-variable to a captured state.

    Raises:
        OSError: the working directory is gone.
    """
    if LIBRARY in captured:
        libraries.restore(state[len(LIBRARY) :], captured[LIBRARY])
    for part in _PARTS:
        if part.state == state and part.library in captured:
            import_module(part.library)
            part.restore(captured[part.library])


def restore_early(captured: dict[str, dict[str, Any]], wanted: Iterable[str]) -> None:
    """Restore those wanted pseudo-variables that reading anything else depends on."""
    names = set(wanted)
    for state in EARLY:
        if state in names and state in captured:
            restore(state, captured[state])


def restore_modules(captured: dict[str, dict[str, Any]], wanted: Iterable[str]) -> None:
    """Restore the notebook's own modules, if wanted."""
    if MODULES in wanted and MODULES in captured:
        restore(MODULES, captured[MODULES])


def restore_late(captured: dict[str, dict[str, Any]], wanted: Iterable[str]) -> None:
    """Restore the other wanted pseudo-variables: loading a library may draw numbers and change settings."""
    for state in sorted(set(wanted).difference(EARLY, (MODULES,)), reverse=True):
        if state in captured:
            restore(state, captured[state])


def _module(name: str) -> Any:
    return import_module(name)


def _numpy_random() -> Any:
    return _module("numpy.random").get_state(legacy=False)


def _torch_random() -> Any:
    torch = _module("torch")
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    return torch.get_rng_state(), cuda


def _restore_torch_random(value: Any) -> None:
    torch = _module("torch")
    processor, cuda = value
    torch.set_rng_state(processor)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)


def _numpy_settings() -> Any:
    numpy = _module("numpy")
    return numpy.get_printoptions(), numpy.geterr()


def _restore_numpy_settings(value: Any) -> None:
    numpy = _module("numpy")
    printing, errors = value
    numpy.set_printoptions(**printing)
    numpy.seterr(**errors)


def _pandas_options() -> Any:
    """What differs from pandas' own defaults."""
    registered = _module("pandas._config.config")._registered_options
    with catch_warnings():
        simplefilter("ignore")  # deprecated options say so when they are read
        options = {name: _module("pandas").get_option(name) for name in registered}
    return {name: value for name, value in options.items() if value != registered[name].defval} or None


def _restore_pandas_options(value: Any) -> None:
    for name, option in value.items():
        _module("pandas").set_option(name, option)


def _matplotlib_parameters() -> Any:
    """What differs from the start; the backend belongs to the kernel."""
    matplotlib = _module("matplotlib")
    inline = _INLINE in sys.modules  # it makes figures interactive
    start = {**dict(dict.items(matplotlib.rcParamsOrig)), "interactive": inline}
    now = dict.items(matplotlib.rcParams)
    return {name: value for name, value in now if "backend" not in name and start.get(name) != value} or None


def _restore_matplotlib_parameters(value: Any) -> None:
    if value.get("interactive") is False:
        _module(_INLINE)  # once, so that it does not do so later
    _module("matplotlib").rcParams.update(value)


_REGISTRIES = ("colormaps", "color_sequences")
_REGISTERED = {"ColormapRegistry": "cmap", "ColorSequenceRegistry": "color_list"}


def _colormaps() -> Any:
    """The color maps and sequences that the notebook registered, by registry."""
    matplotlib = _module("matplotlib")
    found = {}
    for registry in (getattr(matplotlib, name) for name in _REGISTRIES if hasattr(matplotlib, name)):
        own: Any = getattr(registry, "_builtin_cmaps", None) or getattr(registry, "_BUILTIN_COLOR_SEQUENCES", ())
        found[type(registry).__name__] = {name: registry[name] for name in registry if name not in own}
    return found if any(found.values()) else None


def _restore_colormaps(value: Any) -> None:
    matplotlib = _module("matplotlib")
    for registry in (getattr(matplotlib, name) for name in _REGISTRIES if hasattr(matplotlib, name)):
        wanted = value.get(type(registry).__name__, {})
        for name in [name for name in wanted if name in registry]:
            registry.unregister(name)
        for name, entry in wanted.items():
            registry.register(**{_REGISTERED[type(registry).__name__]: entry, "name": name})


def _warnings_filters() -> Any:
    return list(warnings.filters)


def _restore_warnings_filters(value: Any) -> None:
    warnings.filters[:] = value  # type: ignore[index]
    with catch_warnings():
        pass  # leaving it tells the interpreter that filters have changed


def _restore_decimal(value: Context) -> None:
    setcontext(value)


def _restore_locale(value: str) -> None:
    setlocale(locale.LC_ALL, value)


_environment_at_start = dict(os.environ)


def _environment() -> Any:
    now, start = dict(os.environ), _environment_at_start
    changed = {name: value for name, value in now.items() if start.get(name) != value}
    return changed, [name for name in start if name not in now], _zone()


def _zone() -> Any:
    """The time zone in use, which follows TZ only when `time.tzset` is called."""
    return time.tzname, time.timezone, time.altzone


def _restore_environment(value: Any) -> None:
    changed, removed, zone = value
    os.environ.update(changed)
    for name in removed:
        os.environ.pop(name, None)
    if zone != _zone() and _set_zone is not None:
        _set_zone()


_set_zone = getattr(time, "tzset", None)  # Windows has none


def _restore_path(value: list[str]) -> None:
    sys.path[:] = value


_recursion_at_start = getrecursionlimit()


def _recursion() -> Any:
    now = getrecursionlimit()
    return now if now != _recursion_at_start else None


def _sklearn_settings() -> Any:
    """What differs from scikit-learn's own defaults."""
    start = getattr(_module("sklearn._config"), "_global_config", {})
    now = _module("sklearn").get_config()
    return {name: value for name, value in now.items() if name not in start or value != start[name]} or None


_IPYTHON = (
    ("IPython.core.extensions", shell.capture_extensions, shell.restore_extensions),
    ("IPython.extensions.autoreload", shell.capture_autoreload, shell.restore_autoreload),
    ("IPython", shell.capture_configuration, shell.restore_configuration),
    ("IPython.core.compilerop", shell.capture_future, shell.restore_future),
    ("IPython.core.ultratb", shell.capture_traceback_mode, shell.restore_traceback_mode),
    ("IPython.core.formatters", shell.capture_printers, shell.restore_printers),
    (_INLINE, shell.capture_figure_formats, shell.restore_figure_formats),
    ("IPython.core.alias", shell.capture_aliases, shell.restore_aliases),
    ("IPython.core.magic", shell.capture_magics, shell.restore_magics),
)
"""Before numpy, whose precision `%precision` sets as well, and matplotlib, which `InlineBackend.rc` sets."""

_PARTS = (
    Part("random", "random", random.getstate, random.setstate),
    Part("random", "numpy", _numpy_random, lambda value: _module("numpy.random").set_state(value)),
    Part("random", "torch", _torch_random, _restore_torch_random),
    *(Part("settings", *each) for each in _IPYTHON),
    Part("settings", "sys", _recursion, setrecursionlimit),
    Part("settings", "numpy", _numpy_settings, _restore_numpy_settings),
    Part("settings", "pandas", _pandas_options, _restore_pandas_options),
    Part("settings", "sklearn", _sklearn_settings, lambda value: _module("sklearn").set_config(**value)),
    Part("settings", "matplotlib.cm", _colormaps, _restore_colormaps),
    Part("settings", "matplotlib", _matplotlib_parameters, _restore_matplotlib_parameters),
    Part("settings", "calendar", calendar.firstweekday, calendar.setfirstweekday),
    Part("settings", "decimal", lambda: getcontext().copy(), _restore_decimal),
    Part("settings", "locale", lambda: setlocale(locale.LC_ALL), _restore_locale),
    Part("settings", "logging", logs.capture, logs.restore),
    Part("settings", "warnings", _warnings_filters, _restore_warnings_filters),
    Part("environment", "os", _environment, _restore_environment),
    Part(MODULES, "sys", modules.capture, modules.restore),
    Part("directory", "os", getcwd, chdir),
    Part("path", "sys", lambda: list(sys.path), _restore_path),
)
