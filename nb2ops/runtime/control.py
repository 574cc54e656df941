"""The control channel between flow process and supervisor: JSON lines over a socket pair."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

from nb2ops.model import Json

_CHUNK = 1 << 16


class Channel:
    """One end of the channel.

    Sending never blocks, so that it may be called from a signal handler and a slow reader holds nobody up.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._outbox: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="nb2ops-control-writer", daemon=True)
        self._writer.start()

    def send(self, message: Json) -> None:
        """Send a message some time soon, in order; silently not, where the other end is gone."""
        self._outbox.put(message)

    def receive(self) -> Iterator[Json]:
        """Yield messages until the other end closes or its process ends."""
        buffer = b""
        while chunk := self._read():
            *lines, buffer = (buffer + chunk).split(b"\n")
            yield from map(json.loads, lines)

    def close(self, seconds: float = 2.0) -> None:
        """Send what is still to be sent, for at most `seconds`, and close."""
        self._send_rest(seconds, socket.SHUT_RDWR)
        self._socket.close()

    def close_sending(self, seconds: float = 2.0) -> None:
        """As `close`, but what the other end still has to say is received until it closes."""
        self._send_rest(seconds, socket.SHUT_WR)

    def _send_rest(self, seconds: float, direction: int) -> None:
        self._outbox.put(None)
        self._writer.join(seconds)
        with suppress(OSError):
            self._socket.shutdown(direction)

    def _read(self) -> bytes:
        try:
            return self._socket.recv(_CHUNK)
        except OSError:
            return b""

    def _write(self) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                self._socket.sendall(json.dumps(message).encode() + b"\n")
            except OSError:
                return
