"""Packs: the variables that one step hands to later ones, in one file.

Layout::

    MAGIC | stream | buffers, each aligned | index (JSON) | footer | keyed digest of all but the buffers

The stream is one pickle per variable, with one memory: what two variables share is written once and is one
object again when it is read. States come before variables, so that they can be applied first. Memory of large
arrays lies beside the stream; the reader maps it copy-on-write. The index says name, type and size of each
variable without unpickling. Nothing is unpickled before the digest was found right. The footer holds a digest of the
buffers; it is checked too, unless the file is the very one that its writer left, untouched since.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from json import loads
from mmap import ACCESS_COPY, mmap
from os import fstat
from typing import Any

from . import digests
from .definitions import receiving, remember_sources
from .pickling import Unpickler, made_old
from .places import open_file
from .sameness import arrive, place

MAGIC = b"nb2ops1\n"
FOOTER = struct.Struct("<QQ8s32s")
"""Ends of the stream and of the buffers in bytes, name of the digests' algorithm, keyed digest of the buffers."""

Status = Sequence[int]
"""Inode, size in bytes, times of the last change and of the last change of status in ns."""


class PackError(Exception):
    """A pack that cannot be read: damaged, or written with another key."""


@dataclass(frozen=True)
class Entry:
    """One value of a pack.

    Attributes:
        kind: "variable" or "state".
        type: its class, with the module where that is not `builtins`.
        bytes: what it added to the pack; what it shares with an earlier value counts there.
        tracker: the id of a class of the notebook.
        same: what a number or text is known as, where another variable or pack had it first (see `sameness`).
    """

    kind: str
    name: str
    type: str
    bytes: int
    tracker: str | None = None
    same: str | None = None


def status_of(descriptor: int) -> tuple[int, ...]:
    """Return the status of a file; nobody but the system's administrator can change the file and not this."""
    found = fstat(descriptor)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class Pack:
    """A pack to read from: its digest is right, nothing is unpickled yet.

    Args:
        path: the file.
        key: the secret of the digests.
        left: its status as the writer left it, None where that is not known.

    Attributes:
        entries: what it holds, states first.
        notes: what the writer added for the reader.

    Raises:
        PackError: damaged, or written with another key.
    """

    def __init__(self, path: str, key: bytes, left: Status | None = None) -> None:
        self._path = path
        self._file = open_file(path, "rb")
        try:
            index = self._open(path, key, left)
        except BaseException:
            self._file.close()
            raise
        self.notes: dict[str, Any] = index["notes"]
        self.entries = tuple(Entry(**entry) for entry in index["entries"])
        self._sources = index["sources"]
        self._left = list(self.entries)
        self._states: dict[str, Any] = {}
        buffers = (self._view[at : at + size] for at, size in index["buffers"])
        self._file.seek(len(MAGIC))
        self._unpickler = Unpickler(self._file, buffers=buffers)

    def _open(self, path: str, key: bytes, left: Status | None) -> dict[str, Any]:
        end = fstat(self._file.fileno()).st_size - digests.SIZE
        if end < len(MAGIC) + FOOTER.size or self._file.read(len(MAGIC)) != MAGIC:
            raise PackError(f"{path}: not a pack of this version of nb2ops, or cut off")
        self._view = memoryview(mmap(self._file.fileno(), 0, access=ACCESS_COPY))
        stream, buffers, algorithm, _ = FOOTER.unpack(self._view[end - FOOTER.size : end])
        name = algorithm.rstrip(b"\0").decode(errors="replace")
        if name not in digests.ALGORITHMS:
            raise PackError(f"{path}: damaged, or digested by {name!r}, which this interpreter does not have")
        if not self._is_right(stream, buffers, name, key, left):
            raise PackError(f"{path}: the digest does not fit: damaged, or written with another key")
        index: dict[str, Any] = loads(bytes(self._view[buffers : end - FOOTER.size]))
        return index

    def _is_right(self, stream: int, buffers: int, name: str, key: bytes, left: Status | None) -> bool:
        descriptor, end = self._file.fileno(), len(self._view) - digests.SIZE
        parts = [digests.digest_of(descriptor, *part, name, key) for part in ((0, stream), (buffers, end))]
        if not compare_digest(digests.joined(parts, key), self._view[end:]):
            return False
        *_, wanted = FOOTER.unpack(self._view[end - FOOTER.size : end])
        untouched = left is not None and tuple(left) == status_of(descriptor)
        return untouched or compare_digest(digests.digest_of(descriptor, stream, buffers, name, key), wanted)

    def __enter__(self) -> Pack:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file, and of the values: an array is resized only where nothing else refers to it."""
        self._file.close()
        del self._unpickler

    def states(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Return the captured states that were read so far: at least up to the last of `names`, all without them."""
        written = [entry.name for entry in self.entries if entry.kind == "state"]
        wanted = frozenset(written if names is None else names)
        end = max((at for at, name in enumerate(written, 1) if name in wanted), default=0)
        self._states.update(self._read("state", [name for name in written[:end] if name not in self._states]))
        return self._states

    def variables(
        self, names: list[str] | None = None, beside: Iterable[str] = (), but: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return variables, all of them where no names are given; names that the pack lacks are left out.

        Args:
            names: what is asked for: classes among them take over what the pack says.
            beside: what is returned as well, and leaves classes that are here already as they are.
            but: what is left out where no names are given.
        """
        self.states()
        remember_sources(self._sources)
        found = [entry.name for entry in self.entries if entry.kind == "variable"]
        asked = [name for name in found if (name not in set(but) if names is None else name in set(names))]
        return self._read("variable", asked, [name for name in found if name in set(beside)])

    def _read(self, kind: str, names: list[str], beside: Iterable[str] = ()) -> dict[str, Any]:
        wanted = {*names, *beside}
        found: dict[str, Any] = {}
        owned = [entry.tracker for entry in self._left if entry.name in names and entry.tracker]
        with receiving(owned) as arrivals, made_old():
            while len(found) < len(wanted) and self._left and self._left[0].kind == kind:
                entry = self._left[0]
                arrivals.asked = entry.name in names
                value = self._load(entry)
                self._left.pop(0)
                if kind == "variable":
                    value = arrive(value, entry.same or place(self._path, entry.name))
                if entry.name in wanted:
                    found[entry.name] = value
        return found

    def _load(self, entry: Entry) -> Any:
        try:
            return self._unpickler.load()
        except Exception as error:  # a class of the notebook may raise anything while it is rebuilt
            raise PackError(
                f'{entry.kind} "{entry.name}" ({entry.type}) cannot be rebuilt: {type(error).__name__}: {error}'
            ) from error


def read_variable(path: str, name: str, key: bytes) -> Any:
    """Return one variable of a pack.

    Raises:
        KeyError: the pack does not hold it.
        PackError: the pack cannot be read.
    """
    with Pack(path, key) as pack:
        return pack.variables([name])[name]
