"""What a cell prints: whole up to a limit, beyond it head and tail, with the full text in a file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from nb2ops.model import Json
from nb2ops.runtime.files import PRIVATE, PRIVATE_FOLDER

HEAD = 3 << 20
"""Characters of a cell's streams that are shown as they come."""
TAIL = 1 << 20
"""Characters that are shown of the end of what is longer than `HEAD`."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the notebook does not show of a cell's streams.

    Attributes:
        bytes: how much, in UTF-8.
        file: holds the full text, None where it could not be written.
        problem: why not.
    """

    bytes: int
    file: Path | None
    problem: str | None = None

    def __str__(self) -> str:
        where = f"the full text is in {self.file}" if self.file else f"the full text could not be kept: {self.problem}"
        return f"nb2ops: {self.bytes:,} bytes are cut here; {where}"


class Printed:
    r"""The streams of one cell, of which little is held in memory however much there is.

    Args:
        file: gets the full text as soon as something has to be cut.

    Example:
        >>> printed = Printed(Path("outputs/cell-3.txt"))
        >>> printed.take("stdout", "done\n")
        'done\n'
        >>> printed.rest(), printed.cut
        ([], None)
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._file: BinaryIO | None = None
        self._problem: OSError | None = None
        self._begin()

    def _begin(self) -> None:
        self._room = HEAD
        self._unsaved: list[str] = []
        self._tail: deque[tuple[str, str]] = deque()
        self._tail_size = 0
        self._hidden = 0

    def take(self, stream: str, text: str) -> str:
        """Note what was printed and return the part that is shown at once."""
        head = text[: self._room]
        self._room -= len(head)
        self._save(text)
        if len(text) > len(head):
            self._keep(stream, text, len(head))
        return head

    def clear(self) -> None:
        """The notebook has cleared what the cell showed."""
        self.close()
        if self._file:
            with suppress(OSError):
                self._path.unlink()
        self._file = self._problem = None
        self._begin()

    def rest(self) -> list[Json]:
        """Return the outputs that stand behind the head: what is cut, and the tail."""
        tail = [
            {"output_type": "stream", "name": name, "text": "".join(text for _, text in pieces)}
            for name, pieces in groupby(self._tail, lambda piece: piece[0])
        ]
        note = {"output_type": "stream", "name": "stderr", "text": f"\n{self.cut}\n"}
        return [note, *tail] if self._hidden else tail

    @property
    def is_full(self) -> bool:
        """Whether the head is complete, and what comes now stands behind it."""
        return self._room == 0

    @property
    def cut(self) -> Cut | None:
        """What is not shown, None where everything is."""
        if not self._hidden:
            return None
        if self._problem:
            return Cut(self._hidden, None, str(self._problem))
        return Cut(self._hidden, self._path)

    def close(self) -> None:
        """Close the file."""
        if self._file:
            with suppress(OSError):
                self._file.close()

    def _save(self, text: str) -> None:
        """Hold the text for the file, or write it there if there is one."""
        if self._file is None:
            self._unsaved.append(text)
        else:
            self._write([text])

    def _keep(self, stream: str, text: str, start: int) -> None:
        """Let the tail end with the text from `start` on, and cut what is then in front of it."""
        surplus = self._tail_size + len(text) - start - TAIL
        if surplus > 0 and self._file is None and self._problem is None:
            self._spill()
        while surplus > 0 and self._tail:
            name, oldest = self._tail.popleft()
            if len(oldest) > surplus:
                self._tail.appendleft((name, oldest[surplus:]))
            gone = min(surplus, len(oldest))
            self._hidden += sum(map(len, _pieces(oldest, 0, gone)))
            self._tail_size -= gone
            surplus -= gone
        begin = start + max(surplus, 0)
        self._hidden += sum(map(len, _pieces(text, start, begin)))
        self._tail.append((stream, text[begin:]))
        self._tail_size += len(text) - begin

    def _spill(self) -> None:
        """Begin the file with everything so far."""
        try:
            self._path.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
            self._file = os.fdopen(descriptor, "wb")
        except OSError as error:
            self._problem = error
            return
        self._write(self._unsaved)
        self._unsaved = []

    def _write(self, texts: list[str]) -> None:
        if self._file is None or self._problem:
            return
        try:
            for text in texts:
                self._file.writelines(_pieces(text, 0, len(text)))
            self._file.flush()
        except OSError as error:
            self._problem = error


class Stream:
    """An output of a cell that may go on: many small pieces become one text in the end.

    Args:
        output: of type "stream", as it is in the notebook.
    """

    def __init__(self, output: Json) -> None:
        self.output = output
        self._pieces: list[str] = [output["text"]]

    def add(self, text: str) -> None:
        """Note what the stream goes on with."""
        self._pieces.append(text)

    def complete(self) -> None:
        """Let the output show everything so far."""
        self._pieces = ["".join(self._pieces)]
        self.output["text"] = self._pieces[0]


def _pieces(text: str, start: int, end: int) -> Iterator[bytes]:
    """Yield a part of a text in UTF-8, little by little, so that it takes little memory."""
    for at in range(start, end, TAIL):
        yield text[at : min(at + TAIL, end)].encode("utf-8", errors="replace")
