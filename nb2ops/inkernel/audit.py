"""What cells do to the outside world, as the interpreter's audit events tell it.

An audit hook cannot be removed, and is called for every event of the process: it is installed once, listens only
while a cell runs, and never raises. Readers written in C that open files by themselves are not seen.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from hashlib import sha256
from os import listdir, stat
from os.path import abspath, dirname, isdir, join, lexists
from typing import Any

from .places import is_machinery

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LONGEST = 200
_MODULES = (".py", ".so", ".pyd", ".zip", ".dist-info", ".egg-info", ".egg-link")
_SEEKERS = ("<frozen importlib", join(dirname(os.__file__), "importlib", "metadata"))
"""Code that lists folders for modules and packages, beginnings of file names."""
_WILDCARDS = "*?["
_HARMLESS = ("lscpu", "fc-list")
"""Programs that libraries ask about the machine, whatever the notebook does: its processors, its fonts."""


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
        self._listed: dict[tuple[str, str], str | None] = {}
        self._touched: dict[str, tuple[bool, str] | None] = {}
        self._effects: dict[tuple[str, str, str], dict[str, Any]] = {}

    @property
    def files(self) -> list[dict[str, Any]]:
        """Files in the order in which they were first opened."""
        return list(self._files.values())

    @property
    def effects(self) -> list[dict[str, Any]]:
        """Network, subprocesses, databases and the like in the order in which they were first used."""
        return list(self._effects.values())

    @property
    def once(self) -> list[dict[str, Any]]:
        """What was made and was not there before, or removed and was there: doing it again is something else."""
        changed = [(path, *found) for path, found in self._touched.items() if found and found[0] != lexists(path)]
        return [
            {"what": f"{'removes' if there else 'makes'} {path}"[:_LONGEST], "cell_id": cell}
            for path, there, cell in changed
        ]

    @property
    def places(self) -> list[dict[str, Any]]:
        """Folders that were listed, made or removed, and files that are gone.

        Each has `path` and `kind`: "listed" or, for a search of modules, "modules" (both with a `digest` of the
        names that were there), "folder" or "absent".
        """
        listed = [{"path": path, "kind": kind, "digest": names} for (path, kind), names in self._listed.items()]
        gone = [{"path": path, "kind": "absent", "digest": None} for path in self._touched if not lexists(path)]
        folders = [{"path": path, "kind": "folder", "digest": None} for path in self._touched if isdir(path)]
        return [*listed, *gone, *folders]

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
        if self._is_ours(resolved):
            return
        mode = "write" if writing else "read"
        if (resolved, mode, self.cell_id) not in self._files:
            known = {"path": written, "resolved": resolved, "mode": mode, "cell_id": self.cell_id}
            self._files[resolved, mode, self.cell_id] = {**known, **_status(resolved)}

    def listing(self, path: str, kind: str = "listed") -> None:
        """Note that a folder is being listed, with the names that are in it now."""
        resolved = abspath(path)
        if self.cell_id is not None and not self._is_ours(resolved) and (resolved, kind) not in self._listed:
            self._listed[resolved, kind] = names_digest(resolved, kind)

    def touch(self, path: str) -> None:
        """Note that something is being made or removed there, which is or is not there now."""
        resolved = abspath(path)
        if self.cell_id is None or self._is_ours(resolved) or resolved in self._touched:
            return
        made = any(file == resolved and mode == "write" for file, mode, _ in self._files)
        self._touched[resolved] = None if made else (lexists(resolved), self.cell_id)

    def _is_ours(self, resolved: str) -> bool:
        return is_machinery(resolved) or resolved.startswith(self.own) or "__pycache__" in resolved

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


def names_digest(folder: str, kind: str = "listed") -> str | None:
    """Return a digest of the names in a folder, None where it cannot be listed.

    Args:
        folder: the folder.
        kind: "listed" for all names, "modules" for those of modules and packages.
    """
    try:
        names = sorted(listdir(folder))
    except OSError:
        return None
    if kind == "modules":
        names = [name for name in names if name.endswith(_MODULES) or lexists(join(folder, name, "__init__.py"))]
    return sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def _open(seen: Observations, path: Any, _: Any, flags: Any) -> None:
    flags = flags if isinstance(flags, int) else 0
    writing = bool(flags & _WRITING)
    if writing and not flags & os.O_TRUNC:  # what stands there counts: it is added to, or must be missing
        seen.file(path, writing=False)
    seen.file(path, writing)


def _rename(seen: Observations, source: Any, target: Any, *_: Any) -> None:
    _touch(seen, source)
    seen.file(target, writing=True)


def _touch(seen: Observations, path: Any, *rest: Any) -> None:
    if any(isinstance(each, int) and each >= 0 for each in rest[-1:]):
        seen.effect("file", "a path relative to an open folder")
    else:
        seen.touch(os.fsdecode(path))


def _link(seen: Observations, *_: Any) -> None:
    seen.effect("file", "a link, or a file's times, owner or rights")


def _list(seen: Observations, path: Any = None, *_: Any) -> None:
    if isinstance(path, int):
        seen.effect("file", "a path relative to an open folder")
    else:
        importing = sys._getframe(2).f_code.co_filename.startswith(_SEEKERS)
        seen.listing(os.fsdecode(path or "."), "modules" if importing else "listed")


def _glob(seen: Observations, pattern: Any, *_: Any) -> None:
    """A part without a wildcard, below one that has some, is looked for without listing its folder."""
    parts = os.fsdecode(pattern).split(os.sep)
    wild = [any(map(part.__contains__, _WILDCARDS)) for part in parts]
    if not wild[-1] or not all(wild[wild.index(True) :]):
        seen.effect("search", "files by name, unseen")


def _path_glob(seen: Observations, _: Any, pattern: Any) -> None:
    _glob(seen, pattern)


def _connect(seen: Observations, connection: Any, address: Any) -> None:
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        seen.effect("network", ":".join(str(part) for part in address[:2]))
    else:
        seen.effect("network", str(address))


def _address(seen: Observations, host: Any, *_: Any) -> None:
    seen.effect("network", host.decode(errors="replace") if isinstance(host, bytes) else str(host))


def _popen(seen: Observations, executable: Any, arguments: Any, *_: Any) -> None:
    words = os.fsdecode(arguments).split() if isinstance(arguments, (str, bytes)) else list(arguments)
    program = os.fsdecode(executable or words[0])  # never the arguments: they may hold passwords
    if program not in _HARMLESS:
        seen.effect("subprocess", program)


def _system(seen: Observations, command: Any) -> None:
    seen.effect("subprocess", (os.fsdecode(command).split() or [""])[0])


def _terminal(seen: Observations) -> None:
    seen.effect("subprocess", "(in a terminal of its own)")


def _fork(seen: Observations, *_: Any) -> None:
    seen.effect("subprocess", "(a fork)")


def _sqlite(seen: Observations, database: Any) -> None:
    seen.effect("database", os.fsdecode(database))


_LISTENERS: dict[str, Callable[..., None]] = {
    "open": _open,
    "os.rename": _rename,
    "os.mkdir": _touch,
    "os.remove": _touch,
    "os.rmdir": _touch,
    **dict.fromkeys(("os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime", "shutil.move"), _link),
    "os.listdir": _list,
    "os.scandir": _list,
    "glob.glob": _glob,
    "pathlib.Path.glob": _path_glob,
    "pathlib.Path.rglob": _path_glob,
    "socket.connect": _connect,
    "socket.getaddrinfo": _address,
    "socket.gethostbyname": _address,
    "subprocess.Popen": _popen,
    "os.system": _system,
    **dict.fromkeys(("os.fork", "os.exec", "os.posix_spawn", "os.spawn"), _fork),
    "os.forkpty": _terminal,
    "sqlite3.connect": _sqlite,
}

_current: Observations | None = None
_installed = False
_noting = False


def observe(seen: Observations | None) -> None:
    """Send what is seen from now on there; the hook is installed at the first call."""
    global _current, _installed
    _current = seen
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    global _noting
    listener = _LISTENERS.get(event)
    if listener is None or _noting or _current is None or _current.cell_id is None:
        return
    _noting = True  # what noting does itself is no matter of the cell
    try:
        listener(_current, *arguments)
    except Exception:  # what raises here would break the notebook's own call
        _current.effect("file", event)
    finally:
        _noting = False
