"""What cells do to the outside world, as the interpreter's audit events tell it.

An audit hook cannot be removed, and is called for every event of the process: it is installed once, listens only
while a cell runs, and never raises. Readers written in C that open files by themselves are not seen.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from os import stat
from os.path import abspath
from typing import Any

from .places import is_machinery

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LONGEST = 200


class Observations:
    """What was seen, each thing once per cell.

    Attributes:
        cell_id: the cell that runs; None while none does, and nothing is noted.
        own: paths that belong to nb2ops.
    """

    def __init__(self, own: tuple[str, ...] = ()) -> None:
        self.cell_id: str | None = None
        self.own = own
        self._files: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._effects: dict[tuple[str, str, str], dict[str, Any]] = {}

    @property
    def files(self) -> list[dict[str, Any]]:
        """Files in the order in which they were first opened."""
        return list(self._files.values())

    @property
    def effects(self) -> list[dict[str, Any]]:
        """Network, subprocesses and databases in the order in which they were first used."""
        return list(self._effects.values())

    def settle(self) -> None:
        """Look at the files that the cell wrote, now that it is done."""
        for file in self._files.values():
            if file["mode"] == "write" and file["cell_id"] == self.cell_id:
                file.update(_status(file["resolved"]))

    def file(self, path: Any, writing: bool) -> None:
        """Note a file that is being opened; for one that is read, as it is now."""
        if not isinstance(path, (str, bytes)) or self.cell_id is None:
            return
        written = os.fsdecode(path)
        resolved = abspath(written)
        if is_machinery(resolved) or resolved.startswith(self.own):
            return
        mode = "write" if writing else "read"
        if (resolved, mode, self.cell_id) not in self._files:
            known = {"path": written, "resolved": resolved, "mode": mode, "cell_id": self.cell_id}
            self._files[resolved, mode, self.cell_id] = {**known, **_status(resolved)}

    def effect(self, kind: str, what: str) -> None:
        """Note an effect on something that is not a file."""
        if self.cell_id is not None:
            known = {"kind": kind, "what": what[:_LONGEST], "cell_id": self.cell_id}
            self._effects.setdefault((kind, what, self.cell_id), known)


def _status(path: str) -> dict[str, Any]:
    try:
        status = stat(path)
    except OSError:
        return {"size": None, "mtime": None}
    return {"size": status.st_size, "mtime": status.st_mtime}


def _open(seen: Observations, path: Any, _: Any, flags: Any) -> None:
    seen.file(path, isinstance(flags, int) and bool(flags & _WRITING))


def _rename(seen: Observations, _: Any, target: Any, *__: Any) -> None:
    seen.file(target, writing=True)


def _connect(seen: Observations, connection: Any, address: Any) -> None:
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        seen.effect("network", ":".join(str(part) for part in address[:2]))


def _popen(seen: Observations, executable: Any, arguments: Any, *_: Any) -> None:
    words = os.fsdecode(arguments).split() if isinstance(arguments, (str, bytes)) else list(arguments)
    seen.effect("subprocess", os.fsdecode(executable or words[0]))  # never the arguments: they may hold passwords


def _system(seen: Observations, command: Any) -> None:
    seen.effect("subprocess", (os.fsdecode(command).split() or [""])[0])


def _terminal(seen: Observations) -> None:
    seen.effect("subprocess", "(in a terminal of its own)")


def _sqlite(seen: Observations, database: Any) -> None:
    seen.effect("database", os.fsdecode(database))


_LISTENERS: dict[str, Callable[..., None]] = {
    "open": _open,
    "os.rename": _rename,
    "socket.connect": _connect,
    "subprocess.Popen": _popen,
    "os.system": _system,
    "os.forkpty": _terminal,
    "sqlite3.connect": _sqlite,
}

_current: Observations | None = None
_installed = False


def observe(seen: Observations | None) -> None:
    """Send what is seen from now on there; the hook is installed at the first call."""
    global _current, _installed
    _current = seen
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    listener = _LISTENERS.get(event)
    if listener is None or _current is None or _current.cell_id is None:
        return
    try:
        listener(_current, *arguments)
    except Exception:  # what raises here would break the notebook's own call
        return
