"""Telling a kernel the secrets that its step reads: through a pipe, so that no file ever holds them.

The pipe has a name in the run's private folder, because kernels are forked before it is known which step they run.
It has gone when the step ends.
"""

from __future__ import annotations

import ast
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


def with_secrets(source: str, pipe: Path) -> str:
    r"""Return a parameters cell that takes the secrets from a pipe at its end, before an expression that it shows.

    Example:
        >>> with_secrets("token = ''", Path("/p"))
        "token = ''\nglobals().update(__import__('json').loads(open('/p').readline()))"
    """
    lines = source.split("\n")
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic
        body = []
    at = body[-1].lineno - 1 if body and isinstance(body[-1], ast.Expr) else len(lines)
    take = f"globals().update(__import__('json').loads(open({str(pipe)!r}).readline()))"
    return "\n".join([*lines[:at], take, *lines[at:]])


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
