"""Pseudo-variables: what cells change beside their variables, captured at the end of a step and restored later.

One `Part` per thing that has a state. A part is captured where its library is loaded, and restoring it loads the
library: the notebook had loaded it at that point too. To add one, write its pair of functions and list it below.
"""

from __future__ import annotations

import calendar
import locale
import random
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from locale import setlocale
from os import chdir, getcwd
from sys import setrecursionlimit
from typing import Any

from . import libraries, logs, modules, settings, shell, showing
from .pickling import Loss, take_losses

EARLY = ("environment", "path", "directory")
"""Restored before anything else is read, since modules are found by them."""

MODULES = "modules"
"""Restored next: importing the notebook's modules may draw numbers and change settings, which all come last."""

LIBRARY = "library:"
"""Prefix of the state that is one place in an installed library."""

IMPORT = "import:"
"""Prefix of the state that is what importing a library changes in others; restored with the notebook's modules."""


@dataclass(frozen=True)
class Part:
    """A piece of a pseudo-variable.

    Attributes:
        state: the pseudo-variable.
        library: captured only where this module is loaded.
        capture: returns the state as a value that can be pickled, None where there is nothing to restore.
        restore: takes such a value.
        undo: takes such a value, None where there is none, in a kernel where steps have run: puts back what they
            changed and the value does not name.
    """

    state: str
    library: str
    capture: Callable[[], Any]
    restore: Callable[[Any], None]
    undo: Callable[[Any], None] = lambda _: None


def capture_all(wanted: Iterable[str]) -> tuple[dict[str, dict[str, Any]], list[tuple[str, Loss]]]:
    """Return pseudo-variables' states in the order in which they are to be restored, and what they lack."""
    order = (*EARLY, MODULES)
    found = set(wanted)
    captured, losses = {}, []
    take_losses()
    for state in [*order, *sorted(found.difference(order))]:
        if state in found:
            captured[state] = capture(state)
            losses += [(state, loss) for loss in take_losses()]
    return captured, losses


def capture(state: str) -> dict[str, Any]:
    """Return a pseudo-variable's state: one value per library that has one."""
    if state.startswith(LIBRARY):
        value = libraries.capture(state[len(LIBRARY) :])
        return {} if value is None else {LIBRARY: value}
    if state.startswith(IMPORT):
        place = _loaded(state[len(IMPORT) :])
        return {} if place is None else {IMPORT: place}
    loaded = ((part, part.capture()) for part in _PARTS if part.state == state and part.library in sys.modules)
    return {part.library: value for part, value in loaded if value is not None}


def restore(state: str, captured: dict[str, Any], *, again: bool = False) -> None:
    """Bring a pseudo-variable to a captured state.

    Args:
        state: the pseudo-variable.
        captured: what `capture` returned.
        again: steps have run in this kernel before.

    Raises:
        OSError: the working directory is gone.
    """
    if LIBRARY in captured:
        libraries.restore(state[len(LIBRARY) :], captured[LIBRARY])
    if IMPORT in captured:
        _import_again(*captured[IMPORT])
    for part in _PARTS:
        if part.state == state and again and part.library in sys.modules:
            part.undo(captured.get(part.library))
        if part.state == state and part.library in captured:
            import_module(part.library)
            part.restore(captured[part.library])


def restore_early(captured: dict[str, dict[str, Any]], wanted: Iterable[str], *, again: bool = False) -> None:
    """Restore those wanted pseudo-variables that reading anything else depends on."""
    names = set(wanted)
    for state in EARLY:
        if state in names and state in captured:
            restore(state, captured[state], again=again)


def restore_modules(captured: dict[str, dict[str, Any]], wanted: Iterable[str]) -> None:
    """Import what was imported for its effect, and restore the notebook's own modules, as far as they are wanted."""
    found = {state: captured[state] for state in wanted if captured.get(state)}
    imports = (state for state in found if state.startswith(IMPORT))
    for state in (*sorted(imports, key=lambda state: found[state][IMPORT]), MODULES):
        restore(state, found.get(state, {}))


def restore_late(captured: dict[str, dict[str, Any]], wanted: Iterable[str], *, again: bool = False) -> None:
    """Restore the other wanted pseudo-variables: loading a library may draw numbers and change settings."""
    for state in sorted(set(wanted).difference(EARLY, (MODULES,)), reverse=True):
        if state in captured and not state.startswith(IMPORT):
            restore(state, captured[state], again=again)


def _loaded(name: str) -> tuple[int, str] | None:
    """The module that `import name` or `from ... import ...` loaded, after so many; None where there is none."""
    parts, modules = name.split("."), list(sys.modules)
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next(((modules.index(each), each) for each in prefixes if each in sys.modules), None)


def _import_again(_: int, module: str) -> None:
    """Import a library for its effect; where it is not found, the step that names it says so."""
    with suppress(ImportError):
        import_module(module)


_IPYTHON = (
    ("IPython.core.extensions", shell.capture_extensions, shell.restore_extensions, shell.undo_extensions),
    ("IPython.extensions.autoreload", shell.capture_autoreload, shell.restore_autoreload),
    ("IPython", shell.capture_configuration, shell.restore_configuration, shell.undo_configuration),
    ("IPython.core.compilerop", shell.capture_future, shell.restore_future),
    ("IPython.core.ultratb", shell.capture_traceback_mode, shell.restore_traceback_mode, shell.undo_traceback_mode),
    ("IPython.core.formatters", showing.capture_printers, showing.restore_printers, showing.undo_printers),
    (settings.INLINE, showing.capture_figure_formats, showing.restore_figure_formats, showing.undo_figure_formats),
    ("IPython.core.alias", shell.capture_aliases, shell.restore_aliases, shell.undo_aliases),
    ("IPython.core.magic", shell.capture_magics, shell.restore_magics, shell.undo_magics),
)
"""Before numpy, whose precision `%precision` sets as well, and matplotlib, which `InlineBackend.rc` sets."""

_PARTS = (
    Part("random", "random", random.getstate, random.setstate),
    Part("random", "numpy", settings.numpy_random, lambda value: settings.module("numpy.random").set_state(value)),
    Part("random", "torch", settings.torch_random, settings.restore_torch_random),
    *(Part("settings", *each) for each in _IPYTHON),
    Part("settings", "sys", settings.recursion, setrecursionlimit, settings.undo_recursion),
    Part("settings", "numpy", settings.numpy_settings, settings.restore_numpy_settings),
    Part("settings", "pandas", settings.pandas_options, settings.restore_pandas_options, settings.undo_pandas_options),
    Part(
        "settings",
        "sklearn",
        settings.sklearn_settings,
        settings.restore_sklearn_settings,
        settings.undo_sklearn_settings,
    ),
    Part("settings", "matplotlib.cm", settings.colormaps, settings.restore_colormaps, settings.undo_colormaps),
    Part(
        "settings",
        "matplotlib",
        settings.matplotlib_parameters,
        settings.restore_matplotlib_parameters,
        settings.undo_matplotlib_parameters,
    ),
    Part("settings", "calendar", calendar.firstweekday, calendar.setfirstweekday),
    Part("settings", "decimal", settings.decimal, settings.restore_decimal),
    Part("settings", "locale", lambda: setlocale(locale.LC_ALL), settings.restore_locale),
    Part("settings", "logging", logs.capture, logs.restore),
    Part("settings", "warnings", settings.warnings_filters, settings.restore_warnings_filters),
    Part("environment", "os", settings.environment, settings.restore_environment, settings.undo_environment),
    Part(MODULES, "sys", modules.capture, modules.restore),
    Part("directory", "os", getcwd, chdir),
    Part("path", "sys", lambda: list(sys.path), settings.restore_path),
)
