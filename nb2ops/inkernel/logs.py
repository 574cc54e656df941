"""Logging, as a pair for `states`: levels, handlers and filters of every logger, names of levels."""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from logging import (
    Handler,
    Logger,
    LogRecord,
    NullHandler,
    addLevelName,
    captureWarnings,
    getLogger,
    setLoggerClass,
    setLogRecordFactory,
)
from logging import disable as disable_logging
from typing import Any

from .pickling import crossable
from .places import is_installed

_level_names_at_start = dict(logging._levelToName)
_root_at_start = tuple(logging.root.handlers)
_at_start = tuple(
    handler
    for logger in logging.root.manager.loggerDict.values()
    if isinstance(logger, Logger)
    for handler in logger.handlers
)

_IDENTITY = ("lock", "stream", "formatter", "filters")
"""What two handlers that are set alike do not share."""


def capture() -> Any:
    """Return how logging is set."""
    named = logging.root.manager.loggerDict.items()
    loggers = {"": logging.root, **{name: each for name, each in named if isinstance(each, Logger)}}
    return {
        "loggers": {name: _logger(each) for name, each in loggers.items()},
        "disable": logging.root.manager.disable,
        "names": {level: name for level, name in logging._levelToName.items() if _is_new_name(level, name)},
        "warnings": logging._warnings_showwarning is not None,  # type: ignore[attr-defined]
        "making": crossable(_making(), "logging"),
    }


def _is_new_name(level: int, name: str) -> bool:
    return _level_names_at_start.get(level) != name


def _making() -> dict[str, Any]:
    """The notebook's own ways of making loggers and records."""
    found = {"logger": (logging.getLoggerClass(), Logger), "record": (logging.getLogRecordFactory(), LogRecord)}
    return {name: now for name, (now, usual) in found.items() if now is not usual}


def _logger(logger: Logger) -> Any:
    return logger.level, logger.propagate, logger.disabled, _handlers(logger), _filters(logger), _owner(logger)


def _owner(logger: Logger) -> str | None:
    """The library whose logger it is: it may add a handler when it is imported."""
    name = logger.name.partition(".")[0]
    return name if name in sys.modules and is_installed(sys.modules[name]) else None


def _handlers(logger: Logger) -> tuple[Handler, ...] | None:
    """The handlers of a logger, None where all there are do nothing, as libraries have them."""
    found = [each for each in logger.handlers if each not in _root_at_start]
    if found and all(type(each) is NullHandler for each in found):
        return None
    if any(each in _at_start for each in found):
        return tuple(crossable(dict(enumerate(found))).values())
    return _crossable(found, logger)


def _filters(logger: Logger) -> tuple[Any, ...]:
    return _crossable(logger.filters, logger)


def _crossable(found: list[Any], logger: Logger) -> tuple[Any, ...]:
    return tuple(crossable(dict(enumerate(found)), f'logger "{logger.name}"').values()) if found else ()


def restore(value: Any) -> None:
    """Set logging as it was captured."""
    making = value["making"]
    setLoggerClass(making.get("logger", Logger))
    setLogRecordFactory(making.get("record", LogRecord))
    for level, name in value["names"].items():
        addLevelName(level, name)
    for name, state in value["loggers"].items():
        _restore_logger(name, *state)
    disable_logging(value["disable"])
    captureWarnings(value["warnings"])


def _restore_logger(
    name: str,
    level: int,
    propagate: bool,
    disabled: bool,
    handlers: tuple[Handler, ...] | None,
    filters: tuple[Any, ...],
    owner: str | None,
) -> None:
    if handlers and owner is not None:
        import_module(owner)  # adds its handler now, not when the notebook imports it
    logger = getLogger(name)
    logger.propagate, logger.disabled = propagate, disabled
    logger.setLevel(level)
    logger.filters[:] = filters
    if handlers is not None:
        kept = [each for each in logger.handlers if each in _root_at_start]
        theirs = [] if owner is None else logger.handlers
        logger.handlers[:] = [*kept, *(_present(each, theirs) for each in handlers)]


def _present(handler: Handler, theirs: list[Handler]) -> Handler:
    """The library's own handler where it is set like the captured one, else that."""
    return next((each for each in theirs if _are_alike(each, handler)), handler)


def _are_alike(one: Handler, other: Handler) -> bool:
    return type(one) is type(other) and _settings(one) == _settings(other)


def _settings(handler: Handler) -> Any:
    form = handler.formatter
    plain = {name: value for name, value in vars(handler).items() if name not in _IDENTITY}
    return plain, getattr(handler, "stream", None), form and (type(form), form._fmt, form.datefmt)
