"""Telling a kernel the secrets that its step reads: through a pipe, so that no file ever holds them.

The pipe has a name in the run's private folder, because kernels are forked before it is known which step they run.
It has gone when the step ends.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nb2ops.inkernel.masking import Mask
from nb2ops.runtime import files

ROOM = 1 << 16
"""Bytes that a pipe holds."""


@contextmanager
def told(pipe: Path, secrets: Mapping[str, Any]) -> Iterator[Path | None]:
    """Hold secrets ready in a pipe for one reader; there is none where there are no secrets.

    Args:
        pipe: its path, free and in a folder that nobody else may enter.
        secrets: parameter -> value, in JSON less than `ROOM` bytes.
    """
    if not secrets:
        yield None
        return
    os.mkfifo(pipe, files.PRIVATE)
    descriptor = os.open(pipe, os.O_RDWR)  # for reading too, so that nobody waits for anybody
    try:
        os.write(descriptor, json.dumps(dict(secrets)).encode() + b"\n")
        yield pipe
    finally:
        os.close(descriptor)
        os.unlink(pipe)


def hide_in_file(path: Path, mask: Mask) -> None:
    """Replace secrets in a text file that somebody else has written, if it is there."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8", errors="surrogateescape")
        hidden = mask.text(text).encode("utf-8", errors="surrogateescape")
        if hidden != data:
            files.write_bytes(path, hidden, files.PRIVATE)
    except OSError:
        return
