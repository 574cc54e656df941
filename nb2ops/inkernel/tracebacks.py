"""Tracebacks: files, lines and names of the frames, without their variables.

A frame exists only where code runs: each is made by raising in a function of the same name and file.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any

_COLUMNS = ("co_qualname", "co_linetable") if sys.version_info >= (3, 11) else ()
_PLACE = ("co_filename", "co_name", "co_firstlineno", *_COLUMNS)

Line = tuple[dict[str, Any], str, int, int]


def reduce_traceback(traceback: TracebackType, filenames: set[str]) -> Any:
    """Return how to write a traceback; the file names of its code are added to `filenames`."""
    lines: list[Line] = []
    at: TracebackType | None = traceback
    while at is not None:
        code = at.tb_frame.f_code
        filenames.add(code.co_filename)
        place = {name: getattr(code, name) for name in _PLACE}
        lines.append((place, str(at.tb_frame.f_globals.get("__name__")), at.tb_lasti, at.tb_lineno))
        at = at.tb_next
    return make_traceback, (lines,)


def make_traceback(lines: list[Line]) -> TracebackType | None:
    """Return a traceback of these lines, the outermost first."""
    made: TracebackType | None = None
    for place, module, instruction, line in reversed(lines):
        made = TracebackType(made, _make_frame(_raise.__code__.replace(**place), module), instruction, line)
    return made


def _raise() -> None:
    raise StopAsyncIteration


def _make_frame(code: CodeType, module: str) -> FrameType:
    namespace = vars(sys.modules[module]) if module in sys.modules else {"__name__": module}
    try:
        FunctionType(code, {**_names, **_special(namespace)})()
    except StopAsyncIteration as error:
        return error.__traceback__.tb_next.tb_frame  # type: ignore[union-attr]
    raise AssertionError  # it always raises


_names = {"StopAsyncIteration": StopAsyncIteration}


def _special(namespace: dict[str, Any]) -> dict[str, Any]:
    """What shows a line's text: where its module came from."""
    return {name: namespace[name] for name in ("__name__", "__file__", "__loader__", "__spec__") if name in namespace}
