"""The events of a run: appended to `events.jsonl` while it runs, read back to make the record."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nb2ops.inkernel.masking import Mask
from nb2ops.model import Json
from nb2ops.runtime.files import PRIVATE

EVENTS = "events.jsonl"
TEXT_LIMIT = 1 << 16
"""Characters of one output event; the notebook holds the rest."""
OUTPUT_DELAY = 0.1
"""Seconds for which output waits for more of its stream, so that 200,000 flushed lines are not as many events."""

OnEvent = Callable[[Json], None]


class EventLog:
    """Appends events to the run's file and passes each on; any thread may call it.

    Args:
        folder: the run's folder.
        on_event: gets the same objects, in the same order.
        mask: hides secrets in them.

    Attributes:
        entries: the events so far, output left out.
        problem: why the file is not complete, None where it is.
    """

    def __init__(self, folder: Path, on_event: OnEvent, mask: Mask | None = None) -> None:
        self._mask = mask or Mask(())
        self.entries: list[Json] = []
        self.problem: OSError | None = None
        descriptor = os.open(folder / EVENTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="replace")
        self._lock = threading.RLock()
        self._on_event = on_event
        self._printed: tuple[str, int | None, str] | None = None
        self._pieces: list[str] = []
        self._size = 0

    def emit(self, event: str, **fields: Any) -> None:
        """Append an event with the time of now; after `close` nothing happens."""
        with self._lock:
            self._tell_printed()
            entry: Json = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields}
            entry = self._mask.data(entry)
            if self._file.closed:
                return
            if event != "output":
                self.entries.append(entry)
            self._write(entry)
            self._on_event(entry)

    def output(self, step: str, cell: int | None, stream: str, text: str) -> None:
        """Append what a cell wrote, cut to `TEXT_LIMIT` characters, soon: with more of it, or before another event."""
        with self._lock:
            if self._printed != (step, cell, stream) or self._size + len(text) > TEXT_LIMIT:
                self._tell_printed()
            if self._printed is None:
                self._printed = (step, cell, stream)
                timer = threading.Timer(OUTPUT_DELAY, self._tell_printed)
                timer.daemon = True
                timer.start()
            self._pieces.append(text)
            self._size += len(text)

    def _tell_printed(self) -> None:
        with self._lock:
            if self._printed is None:
                return
            (step, cell, stream), text = self._printed, "".join(self._pieces)
            self._printed, self._pieces, self._size = None, [], 0
            cut = max(0, len(text) - TEXT_LIMIT)
            self.emit("output", step=step, cell=cell, stream=stream, text=text[:TEXT_LIMIT], cut=cut)

    def close(self) -> None:
        """Close the file."""
        with self._lock, suppress(OSError):
            self._tell_printed()
            self._file.close()

    def _write(self, entry: Json) -> None:
        """Write a line; a full disk ends the file, not the run."""
        if self.problem is None:
            try:
                self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                self._file.flush()
            except OSError as error:
                self.problem = error


def is_being_written(folder: Path) -> bool:
    """Whether the process that writes a run's events lives: it holds their lock."""
    try:
        with (folder / EVENTS).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def read_events(folder: Path) -> Iterator[Json]:
    """Yield a run's events; a last line that its writer did not finish is left out."""
    with (folder / EVENTS).open(encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            yield json.loads(line)
