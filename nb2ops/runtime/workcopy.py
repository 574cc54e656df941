"""A copy of a working folder, so that several runs begin with the same files and none changes the author's.

The copy keeps its surroundings: each folder above it is stood for by one with links to what is beside, so that
`../data/x.csv` is found as ever. A run that writes there, or by an absolute path, writes to the real place.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from nb2ops.errors import UsageError

MOST_BYTES = 2 << 30
MOST_FILES = 20_000
_LEFT_OUT = frozenset({".nb2ops", ".ipynb_checkpoints", "__pycache__"})
_ENVIRONMENT = "pyvenv.cfg"


class WorkCopy:
    """A place that holds a copy of a folder, made anew whenever a run begins.

    Folders that no notebook works in (hidden ones, virtual environments, `node_modules`) are links.

    Args:
        folder: the folder to copy.
        place: where; it must not exist.

    Attributes:
        directory: the copy; the same path every time.

    Raises:
        UsageError: the folder holds too much to be copied again and again.
    """

    def __init__(self, folder: Path, place: Path) -> None:
        self._folder, self._place = folder.resolve(), place
        _check_size(self._folder)
        self.directory = place / self._folder.relative_to(self._folder.anchor)

    def refresh(self) -> None:
        """Make the copy anew from the folder."""
        self.remove()
        self._place.mkdir(parents=True)
        there = self._place
        for above, inner in zip(
            reversed(self._folder.parents), self.directory.relative_to(self._place).parts, strict=True
        ):
            _link_entries(above, there, without=inner)
            there /= inner
            there.mkdir()
        _fill(self._folder, self.directory)

    def remove(self) -> None:
        """Remove the copy; what its links lead to stays."""
        shutil.rmtree(self._place, ignore_errors=True)


def _check_size(folder: Path) -> None:
    size = count = 0
    for entry in _files(folder):
        size, count = size + entry.stat().st_size, count + 1
        if size > MOST_BYTES or count > MOST_FILES:
            raise UsageError(
                f"Folder {folder} holds more than {MOST_BYTES >> 30} GB or {MOST_FILES} files: too much to give each "
                "run a copy of its own. Give --in-place, and all runs work in the folder itself, one after the other."
            )


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    for entry in _entries(folder):
        if _is_copied_folder(entry):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield entry


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder holds; nothing where it cannot be listed."""
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if entry.name not in _LEFT_OUT]
    except OSError:
        return []


def _is_copied_folder(entry: os.DirEntry[str]) -> bool:
    if not entry.is_dir(follow_symlinks=False) or entry.name.startswith(".") or entry.name == "node_modules":
        return False
    return not os.path.exists(os.path.join(entry.path, _ENVIRONMENT))


def _link_entries(folder: Path, target: Path, without: str) -> None:
    for entry in _entries(folder):
        if entry.name != without:
            os.symlink(entry.path, target / entry.name)


def _fill(folder: Path, target: Path) -> None:
    for entry in _entries(folder):
        new = target / entry.name
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), new)
        elif _is_copied_folder(entry):
            new.mkdir()
            _fill(Path(entry.path), new)
        elif entry.is_dir():
            os.symlink(entry.path, new)
        elif entry.is_file():
            _copy(entry.path, new)
    shutil.copystat(folder, target)


def _copy(source: str, target: Path) -> None:
    if os.access(source, os.R_OK):
        shutil.copy2(source, target)
    else:
        os.symlink(source, target)
