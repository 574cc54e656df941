"""Folders that nb2ops left on this machine and that may be in nobody's way: what they are, and how large."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import psutil

from nb2ops.orchestration.home import home
from nb2ops.orchestration.options import STORE
from nb2ops.orchestration.store import SHOWN_DIGITS, places_of
from nb2ops.runtime.events import EVENTS
from nb2ops.runtime.record import RECORD

Kind = Literal["run", "bundle", "pins", "built", "verification", "scratch"]
QUIET_SECONDS = 86400.0
"""What has no record of its end and was not written to for so long is over."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can go.

    Attributes:
        kind: a run with its folder; a deployed bundle or its pins; a bundle that a run by hand was built into; the
            notebooks that `verify` compared; scratch of a run whose processes were killed.
        what: its place, or the notebook of a run of which only Prefect's rows are left.
        bytes: on this machine.
    """

    kind: Kind
    what: str
    bytes: int
    path: Path | None = field(default=None, repr=False)
    run: str | None = None
    in_prefect: bool = False


def stored(
    kind: Literal["bundle", "pins"], needed: Collection[str | None], api: str, before: datetime
) -> Iterator[Item]:
    """Yield what was deployed, or fetched for a deployment, and none has any more.

    Args:
        kind: which store.
        needed: the versions that deployments and waiting or running runs have.
        api: the Prefect that was asked; what was deployed to another one too is left alone.
        before: only what was not touched since.
    """
    kept = {version[:SHOWN_DIGITS] for version in needed if version}
    for path in _folders(home() / ("bundles" if kind == "bundle" else "pins")):
        if path.name not in kept and _is_older(path, before) and not set(places_of(path)) - {api}:
            yield Item(kind, str(path), size_of(path), path)


def beside(stores: Iterable[Path], staying: Iterable[Path], before: datetime) -> Iterator[Item]:
    """Yield what runs by hand and `verify` left beside notebooks, and no run that stays was made of.

    Args:
        stores: the `.nb2ops` folders.
        staying: the folders of runs that stay.
        before: only what was not touched since.
    """
    used = {bundle for folder in staying for bundle in _bundle_of(folder)}
    for store in sorted(stores):
        if store.name == STORE:
            for path in _folders(store / "bundles"):
                if path not in used and _is_older(path, before):
                    yield Item("built", str(path), size_of(path), path)
            for path in _folders(store / "verify"):
                if _is_older(path, before):
                    yield Item("verification", str(path), size_of(path), path)


def scratch() -> Iterator[Item]:
    """Yield folders for temporary files of runs that no process belongs to any more."""
    used = [each for each in map(_temporary, psutil.process_iter()) if each]
    for path in _folders(Path(tempfile.gettempdir())):
        is_ours = path.name.startswith("nb2ops-") and path.stat().st_uid == os.getuid() and (path / "tmp").is_dir()
        if is_ours and is_quiet(path) and not any(Path(each).is_relative_to(path) for each in used):
            yield Item("scratch", str(path), size_of(path), path)


def is_run_folder(path: Path) -> bool:
    """Return whether a folder is what a run of ours left."""
    return (
        path.parent.name == "runs"
        and not path.is_symlink()
        and any((path / each).is_file() for each in (RECORD, EVENTS))
    )


def is_quiet(folder: Path) -> bool:
    """Return whether a run or its scratch is over: there is a record, or nothing happened for a day."""
    newest = max((path.stat().st_mtime for path in (folder, folder / EVENTS) if path.exists()), default=0.0)
    return (folder / RECORD).is_file() or time.time() - newest > QUIET_SECONDS


def own_places() -> set[Path]:
    """Return where runs are kept whose notebooks' folders cannot be written to."""
    return {home() / "notebooks" / "runs"}


def size_of(folder: Path) -> int:
    """Return the bytes of the files below a folder."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def make_removable(folder: Path) -> None:
    """Let the folders below one be emptied, whatever a notebook has made of them."""
    for parent, _, _ in os.walk(folder):
        with suppress(OSError):
            os.chmod(parent, 0o700)


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def _is_older(path: Path, before: datetime) -> bool:
    return path.stat().st_mtime < before.timestamp()


def _bundle_of(folder: Path) -> Iterator[Path]:
    """Yield the bundle that a run was made of, as its first event says."""
    with suppress(OSError, ValueError, KeyError), (folder / EVENTS).open(encoding="utf-8") as file:
        yield Path(json.loads(file.readline())["run"]["bundle"]["path"])


def _temporary(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("TMPDIR")
    except psutil.Error:
        return None
