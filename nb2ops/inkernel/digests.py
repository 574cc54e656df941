"""Keyed digests of files: made while a file is written, checked before it is read.

The content is cut into chunks; the digest is that of the chunks' digests, keyed. BLAKE3 digests the chunks where
this process has it (see `borrowed`), SHA-256 of the standard library elsewhere, at a third of the speed.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b, sha256
from os import preadv
from queue import SimpleQueue
from threading import Thread
from typing import Any

from .borrowed import blake3

SIZE = 32
"""Bytes of a digest."""

CHUNK = 1 << 22
"""Bytes of a chunk."""

ALGORITHMS: dict[str, Callable[[], Any]] = {**({"blake3": blake3} if blake3 else {}), "sha256": sha256}
"""What digests chunks here, the fastest first."""

FASTEST = next(iter(ALGORITHMS))


class Digester:
    """Digests what it is fed; from the first large piece on in a thread of its own, which ends with the context.

    What is fed must stay as it is until `digest` has returned.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._hash, self._room = ALGORITHMS[FASTEST](), CHUNK
        self._queue: SimpleQueue[bytes | memoryview | None] = SimpleQueue()
        self._thread: Thread | None = None

    def __enter__(self) -> Digester:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def feed(self, data: bytes | memoryview) -> None:
        """Digest the bytes that come next in the file."""
        if self._thread is None and len(data) >= CHUNK:
            self._thread = Thread(target=self._work, name="nb2ops-digest")
            self._thread.start()
        if self._thread is None:
            self._take(data)
        else:
            self._queue.put(data)

    def digest(self, key: bytes) -> bytes:
        """Return the digest of all that was fed; call it once."""
        self._end()
        if self._room < CHUNK:
            self._parts.append(self._hash.digest())
        return joined(self._parts, key)

    def _end(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (data := self._queue.get()) is not None:
            self._take(data)

    def _take(self, data: bytes | memoryview) -> None:
        with memoryview(data) as view:
            at = 0
            while at < len(view):
                part = view[at : at + self._room]
                self._hash.update(part)
                at, self._room = at + len(part), self._room - len(part)
                if not self._room:
                    self._parts.append(self._hash.digest())
                    self._hash, self._room = ALGORITHMS[FASTEST](), CHUNK


def digest_of(descriptor: int, start: int, end: int, algorithm: str, key: bytes) -> bytes:
    """Return the digest of a file's bytes from `start` to `end`, made by two threads, in little memory.

    Raises:
        KeyError: the algorithm is not one of `ALGORITHMS`.
    """
    make = ALGORITHMS[algorithm]
    starts = range(start, end, CHUNK)
    parts = [b""] * len(starts)

    def work(first: int) -> None:
        with memoryview(bytearray(min(CHUNK, end - start))) as room:
            for index in range(first, len(starts), 2):
                size = preadv(descriptor, [room[: end - starts[index]]], starts[index])
                hashed = make()
                hashed.update(room[:size])
                parts[index] = hashed.digest()

    other = Thread(target=work, args=(1,), name="nb2ops-digest")
    if len(starts) > 1:
        other.start()
    work(0)
    if len(starts) > 1:
        other.join()
    return joined(parts, key)


def joined(parts: list[bytes], key: bytes) -> bytes:
    """Return the keyed digest of digests."""
    return blake2b(b"".join(parts), key=key, digest_size=SIZE).digest()
