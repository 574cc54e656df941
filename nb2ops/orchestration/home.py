"""The folder in which nb2ops keeps what belongs to a user and not to a project: services, secrets, logs."""

from __future__ import annotations

import fcntl
import os
import secrets
import sys
from pathlib import Path

from nb2ops.errors import UsageError

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
SIGNING_KEY_VARIABLE = "NB2OPS_SIGNING_KEY"


def home() -> Path:
    """Return the home folder, made for its owner alone where it was missing.

    It is `NB2OPS_HOME`, else the platform's folder for user data (`~/.local/share/nb2ops` on Linux).
    """
    return private_folder(_location())


def private_folder(path: Path) -> Path:
    """Return `path`, a folder that only its owner may enter; made where it was missing.

    Raises:
        UsageError: the folder was there and others may enter it; it may serve another purpose, so it is left alone.
    """
    path.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    if path.stat().st_mode & 0o077:
        raise UsageError(
            f"Folder {path} is open to others, and nb2ops keeps secrets in it. "
            f"Type `chmod 700 {path}`, or set NB2OPS_HOME to a folder of its own."
        )
    return path


def signing_key() -> str | None:
    """Return the secret that signs what steps hand over, so that it can be read after the run as well.

    It is `NB2OPS_SIGNING_KEY`, else one kept in the home folder, made at first use; None where that folder cannot be
    written, and then each run has a secret of its own.
    """
    try:
        return os.environ.get(SIGNING_KEY_VARIABLE) or _kept_secret(home() / "signing.key")
    except OSError:
        return None


def _kept_secret(path: Path) -> str:
    with open(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE), "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two runs may be the first at once
        secret = file.read()
        if not secret:
            secret = secrets.token_hex(32)
            file.write(secret)
        return secret


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
