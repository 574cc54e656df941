"""The folder in which nb2ops keeps what belongs to a user and not to a project: services, secrets, logs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def home() -> Path:
    """Return the home folder, made for its owner alone where it was missing.

    It is `NB2OPS_HOME`, else the platform's folder for user data (`~/.local/share/nb2ops` on Linux).
    """
    return private_folder(_location())


def private_folder(path: Path) -> Path:
    """Return `path`, a folder that only its owner may enter; made where it was missing."""
    path.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    if path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FOLDER)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _location() -> Path:
    chosen = os.environ.get("NB2OPS_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "nb2ops"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "nb2ops"
