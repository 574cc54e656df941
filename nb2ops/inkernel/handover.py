"""Writing packs: the variables that one step hands to later ones, in one file (see `pack` for its layout).

All values are pickled in one stream, in as many passes as it takes: a first one finds out what cannot cross, which
arrays share memory, and whether there is a set or a NaN; a second one, where needed, acts on that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from json import dumps
from os import getpid, replace, unlink
from os import open as open_descriptor
from pickle import PickleBuffer
from typing import Any, BinaryIO
from warnings import catch_warnings, simplefilter

from . import confidential
from .definitions import sources, tracker_of
from .digests import FASTEST, Digester, digest_of, joined
from .pack import FOOTER, MAGIC, Entry, status_of
from .pickling import CarefulPickler, Loss, Pickler, Sink, without_collection
from .places import open_file
from .sameness import Sameness

_ALIGN = 64

STATE = "~"
"""Prefix of a pseudo-variable among what cannot cross."""


@dataclass(frozen=True)
class Uncrossable:
    """A value that cannot leave its kernel, and why."""

    name: str
    type: str
    why: str


@dataclass(frozen=True)
class Written:
    """What `write` did: the file and its status (see `pack`), its keyed digest as hex, its values, secrets by name."""

    path: str
    status: tuple[int, ...]
    digest: str
    entries: tuple[Entry, ...]
    uncrossable: tuple[Uncrossable, ...]
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Value:
    kind: str
    name: str
    value: Any


def write(
    path: str,
    variables: Mapping[str, Any],
    key: bytes,
    states: Mapping[str, Any] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> Written:
    """Write a pack; what cannot cross is left out and reported.

    Args:
        path: the file; it appears when it is complete.
        variables: name -> value.
        key: the secret of the digest, at most 64 bytes.
        states: pseudo-variable -> what `states.capture` returned.
        notes: JSON for the reader (`Pack.notes`).
    """
    values = [_Value("state", *item) for item in (states or {}).items()]
    values += [_Value("variable", *item) for item in variables.items()]
    temporary = f"{path}.{getpid()}.tmp"
    descriptor = open_descriptor(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open_file(descriptor, "w+b") as file, without_collection(), catch_warnings():
            simplefilter("ignore")
            stream, uncrossable = _write_stream(file, values, path)
            digest = _finish(file, stream, dict(notes or {}), key)
        replace(temporary, path)
    except BaseException:
        unlink(temporary)
        raise
    with open_file(path, "rb") as file:
        status = status_of(file.fileno())
    secrets = tuple(sorted(stream.secrets))
    return Written(path, status, digest.hex(), tuple(stream.entries), tuple(uncrossable), secrets)


class _Stream:
    """One pass over all values."""

    def __init__(self, file: BinaryIO, path: str, careful: bool, shared: dict[int, Any]) -> None:
        file.seek(len(MAGIC))
        file.truncate()
        self._confidences = confidential.Confidences() if confidential.is_told() else None
        self.sink = Sink(file, self._confidences)
        self.pickler = _pickler(self.sink, careful, shared, self._confidences)
        self.entries: list[Entry] = []
        self._sameness = Sameness(path)

    def add(self, value: _Value) -> None:
        size, beside = self.sink.size, len(self.pickler.buffers)
        self.pickler.dump(value.value)
        raw = sum(self._checked(buffer) for buffer in self.pickler.buffers[beside:])
        taken = self.sink.size - size + raw
        same = self._sameness.name(value.name, value.value) if value.kind == "variable" else None
        kind, tracker = type_name(value.value), tracker_of(value.value)
        self.entries.append(Entry(value.kind, value.name, kind, taken, tracker, same))

    def _checked(self, buffer: PickleBuffer) -> int:
        with buffer.raw() as raw:
            if self._confidences is not None:
                self._confidences.check(raw)
            return raw.nbytes

    @property
    def secrets(self) -> set[str]:
        """The secrets that something stands for."""
        return self._confidences.named if self._confidences is not None else set()


def _pickler(
    sink: Sink, careful: bool, shared: dict[int, Any], confidences: confidential.Confidences | None
) -> Pickler:
    return CarefulPickler(sink, shared, confidences) if careful else Pickler(sink, shared)


def _write_stream(file: BinaryIO, values: list[_Value], path: str) -> tuple[_Stream, list[Uncrossable]]:
    """Write all values that can cross, in as many passes as it takes."""
    uncrossable: list[Uncrossable] = []
    careful = confidential.is_told()
    shared: dict[int, Any] = {}
    while True:
        stream = _Stream(file, path, careful, shared)
        at = 0
        try:
            for at, value in enumerate(values):  # noqa: B007 - where it failed
                stream.add(value)
        except Exception as error:  # a class of the notebook may raise anything while it is pickled
            refused = {at: _refusal(values[at], error)}
            refused.update({at + 1 + i: found for i, found in _refusals(values[at + 1 :])})
            uncrossable += refused.values()
            values = [value for i, value in enumerate(values) if i not in refused]
            continue
        delicate, now_shared = stream.pickler.is_delicate(), stream.pickler.arrays.found_shared()
        if (careful or not delicate) and (shared or not now_shared):
            return stream, uncrossable
        careful, shared = careful or delicate, now_shared


def _refusals(values: list[_Value]) -> Iterator[tuple[int, Uncrossable]]:
    confidences = confidential.Confidences() if confidential.is_told() else None
    for index, value in enumerate(values):
        try:
            _pickler(Sink(None, confidences), confidences is not None, {}, confidences).dump(value.value)
        except Exception as error:  # as above
            yield index, _refusal(value, error)


def _refusal(value: _Value, error: Exception) -> Uncrossable:
    name = value.name if value.kind == "variable" else STATE + value.name
    return Uncrossable(name, type_name(value.value), _why(error))


def _why(error: Exception) -> str:
    text = str(error) or type(error).__name__
    found = re.search(r"cannot pickle '([^']+)' object", text)
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return f"holds an object of type {found[1]}, which lives only in its kernel" if found else text


def missed(state: str, loss: Loss) -> Uncrossable:
    """Return what a captured state lacks as what cannot leave its kernel."""
    kind = type_name(loss.value)
    return Uncrossable(STATE + state, kind, f"{loss.holder} has an object of type {kind}, which {_why(loss.error)}")


def type_name(value: Any) -> str:
    """Return the name of a value's class, with its module where that is not `builtins`."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _finish(file: BinaryIO, stream: _Stream, notes: dict[str, Any], key: bytes) -> bytes:
    """Write what stands behind the stream; return the digest."""
    file.flush()
    stream_end = file.tell()
    with Digester() as digester, ExitStack() as held:
        index = {**_write_buffers(file, stream, digester, held), "notes": notes}
        buffers_end, digest = file.tell(), digester.digest(key)
    file.write(dumps(index).encode() + FOOTER.pack(stream_end, buffers_end, FASTEST.encode(), digest))
    end = file.tell()
    file.seek(0)
    file.write(MAGIC)
    file.flush()
    parts = [digest_of(file.fileno(), *part, FASTEST, key) for part in ((0, stream_end), (buffers_end, end))]
    file.seek(end)
    file.write(joined(parts, key))
    return joined(parts, key)


def _write_buffers(file: BinaryIO, stream: _Stream, digester: Digester, held: ExitStack) -> dict[str, Any]:
    """Write the buffers, which are held until they are digested too; return the index of the pack."""
    places = []
    for buffer in stream.pickler.buffers:
        padding = b"\0" * (-file.tell() % _ALIGN)
        raw = held.enter_context(buffer.raw())
        for data in (padding, raw):
            digester.feed(data)
            file.write(data)
        places.append((file.tell() - raw.nbytes, raw.nbytes))
    entries = [asdict(entry) for entry in stream.entries]
    return {"entries": entries, "buffers": places, "sources": sources(stream.pickler.definitions.filenames)}
