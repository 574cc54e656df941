"""Files that are there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


def write_bytes(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file through a temporary name beside it; the folder is made where it is missing.

    Raises:
        OSError: the file could not be written; what stood there before still does.
    """
    _replace(path, lambda temporary: temporary.write_bytes(data), mode)


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """Write JSON as `write_bytes` does, indented by one space as notebooks are."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode("utf-8", errors="replace"), mode)


def copy(source: Path, target: Path) -> None:
    """Copy a file as `write_bytes` does; what is private stays so."""
    _replace(target, lambda temporary: shutil.copyfile(source, temporary), stat.S_IMODE(source.stat().st_mode))


def _replace(path: Path, fill: Callable[[Path], object], mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        fill(Path(name))
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
