"""Handlers of loggers: the receiver makes their lock, and opens their file to append.

A handler keeps its identity where two packs bring it, so that `logger.removeHandler(handler)` finds it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from logging import FileHandler, Handler
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary, WeakValueDictionary

_tokens: WeakKeyDictionary[Handler, str] = WeakKeyDictionary()
_known: WeakValueDictionary[str, Handler] = WeakValueDictionary()


def plan(kind: type) -> Callable[[Any], Any] | None:
    """Return what reduces objects of this exact type, None where it is not ours to say."""
    return _reduce_handler if issubclass(kind, Handler) else None


def _reduce_handler(handler: Handler) -> Any:
    state = {name: value for name, value in vars(handler).items() if name != "lock"}
    if isinstance(handler, FileHandler):
        state.update(stream=None, mode="a")
    token = _tokens.setdefault(handler, uuid4().hex)
    _known[token] = handler
    return make_handler, (type(handler), token), state, None, None, fill_handler


def name_own() -> None:
    """Give the handlers that a kernel begins with names that are the same in every kernel: each has its own of them."""
    loggers = {"": logging.root, **logging.root.manager.loggerDict}
    for name, logger in loggers.items():
        for index, handler in enumerate(getattr(logger, "handlers", ())):
            token = _tokens.setdefault(handler, f"own {name} {index}")
            _known.setdefault(token, handler)


def make_handler(kind: type[Handler], token: str) -> Handler:
    """Return the handler that has this token, made without its settings if it is new here."""
    known = _known.get(token)
    if known is not None:
        return known
    made = kind.__new__(kind)
    _tokens[made] = token
    _known[token] = made
    made.createLock()
    logging._addHandlerRef(made)  # type: ignore[attr-defined]
    return made


def fill_handler(handler: Handler, state: dict[str, Any]) -> None:
    """Set a handler; a file that is open here stays open."""
    stream = vars(handler).get("stream")
    vars(handler).update(state)
    if stream is not None:
        vars(handler)["stream"] = stream
