"""Closed files, as `with open(...) as file` leaves them: nothing of the file, only how it was opened.

What is rebuilt was open on the null device for a moment and is closed like the original: name, mode, encoding and the
kinds of line ends that were read are the same.
"""

from __future__ import annotations

import io
import os
from typing import Any

Reduced = tuple[Any, tuple[Any, ...]]

_BUFFERS: tuple[type[Any], ...] = (io.BufferedReader, io.BufferedWriter, io.BufferedRandom)
_MODES = ("rb", "rb+", "wb", "ab", "ab+")


def reduce(stream: Any) -> Reduced | None:
    """Return how to rebuild a closed file, None where that is not possible.

    Args:
        stream: a closed `io.TextIOWrapper`, buffered file or `io.FileIO`.

    Example:
        >>> with open(os.devnull, encoding="utf-8") as file:
        ...     pass
        >>> make, arguments = reduce(file)
        >>> make(*arguments)
        <_io.TextIOWrapper name='/dev/null' mode='r' encoding='utf-8'>
    """
    text = type(stream) is io.TextIOWrapper
    buffer = stream.buffer if text else stream
    raw = buffer.raw if type(buffer) in _BUFFERS else buffer
    if type(raw) is not io.FileIO or raw.mode not in _MODES or (text and buffer is raw):
        return None
    kind = None if buffer is raw else type(buffer).__name__
    if not text:
        return make, (raw.name, raw.mode, kind)
    if stream.newlines is not None and raw.mode != "rb":
        return None
    said = {name: getattr(stream, name) for name in ("encoding", "errors", "line_buffering", "write_through")}
    return make, (raw.name, raw.mode, kind, said, stream.newlines, vars(stream))


def make(
    name: Any,
    mode: str,
    kind: str | None,
    text: dict[str, Any] | None = None,
    newlines: str | tuple[str, ...] | None = None,
    attributes: dict[str, Any] | None = None,
) -> Any:
    """Return a closed file.

    Args:
        name: what was opened.
        mode: the mode of its `io.FileIO`.
        kind: the name of the class that buffers it, None where nothing does.
        text: arguments of its `io.TextIOWrapper`, None where it is one of bytes.
        newlines: line ends that were read.
        attributes: what the wrapper has besides.
    """
    source = _pipe("x".join([newlines] if isinstance(newlines, str) else newlines), text) if text and newlines else None
    raw = io.FileIO(os.devnull if source is None else source, mode)
    raw.name = name
    stream = getattr(io, kind)(raw) if kind else raw
    if text is not None:
        stream = io.TextIOWrapper(stream, **text)
        vars(stream).update(attributes or {})
    if source is not None:
        stream.read()
    stream.close()
    return stream


def _pipe(content: str, text: dict[str, Any]) -> int:
    """Return a descriptor from which a text can be read."""
    source, sink = os.pipe()
    os.write(sink, content.encode(text["encoding"]))
    os.close(sink)
    return source
