"""How IPython shows values: printers of types and formats of figures, as pairs for `states`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

from .pickling import crossable
from .shell import PRINTERS, formatters, running

_FIGURE = {"image/png": ("print_figure", {"fmt": "png", "base64": True, "bbox_inches": "tight"})}


def _is_theirs(kind: Any, printer: Any) -> bool:
    """Whether a printer is of IPython, or one of a figure's."""
    home = getattr(printer.func if isinstance(printer, partial) else printer, "__module__", None) or ""
    return home.startswith("IPython.") or _is_figure(kind)


def _is_figure(kind: Any) -> bool:
    return bool(getattr(kind, "__module__", None) == "matplotlib.figure" and kind.__name__ == "Figure")


def capture_printers() -> Any:
    """Return how types are shown that the notebook or a library registered: `formatter.for_type(...)`."""
    found = {(name, table): dict(_own_printers(each, table)) for name, table, each in _tables()}
    crossing = {place: crossable(printers) for place, printers in found.items() if printers}
    return {place: printers for place, printers in crossing.items() if printers} or None


def _tables() -> Iterator[tuple[str, str, Any]]:
    for name, formatter in formatters().items() if running() else ():
        yield from ((name, table, formatter) for table in PRINTERS if table in getattr(formatter, "_trait_values", {}))


def _own_printers(formatter: Any, table: str) -> Iterator[tuple[Any, Any]]:
    yield from ((kind, each) for kind, each in getattr(formatter, table).items() if not _is_theirs(kind, each))


def restore_printers(value: Any) -> None:
    """Register what was captured."""
    for (name, table), printers in value.items():
        if name in formatters():
            getattr(formatters()[name], table).update(printers)


def undo_printers(value: Any) -> None:
    """Forget what was registered and is not among what was captured."""
    for name, table, formatter in _tables():
        kept = (value or {}).get((name, table), ())
        for kind in [kind for kind, _ in _own_printers(formatter, table) if kind not in kept]:
            del getattr(formatter, table)[kind]


def capture_figure_formats() -> Any:
    """Return how figures are shown, where it is not as usual."""
    if running() is None:
        return None
    figure = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    held = {name: each.type_printers.get(figure) for name, each in formatters().items() if name != "text/plain"}
    found = {name: each for name, each in held.items() if isinstance(each, partial)}
    usual = {name: (getattr(each.func, "__name__", ""), each.keywords) for name, each in found.items()} == _FIGURE
    return crossable(found) if found and not usual else None


def restore_figure_formats(value: Any) -> None:
    """Show figures in these formats only."""
    figure = import_module("matplotlib.figure").Figure
    for name, formatter in formatters().items():
        formatter.pop(figure, None)
        if name in value:
            formatter.for_type(figure, value[name])


def undo_figure_formats(value: Any) -> None:
    """Show figures as usual, where nothing else was captured."""
    if value is None and capture_figure_formats() is not None:
        settings = import_module("matplotlib_inline.config").InlineBackend.instance(parent=running())
        formats = settings.figure_formats or {"png"}
        choose = import_module("IPython.core.pylabtools").select_figure_formats
        choose(running(), formats, **settings.print_figure_kwargs)
