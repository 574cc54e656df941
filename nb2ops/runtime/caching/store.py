"""Where results of steps are kept: files by their content, and entries that say which files belong to which key.

Layout of the folder::

    entries/KEY/NAME.json   an entry, digested with the store's secret
    files/AA/DIGEST         a file, named by the keyed digest of its content
    latest/TOPIC.json       a note, overwritten each time

Everything is written under another name and renamed, so that any number of processes may write at once: who writes
the same, writes the same bytes. What is damaged, cut off, missing or written with another secret does not exist.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from nb2ops.model import Json
from nb2ops.runtime import files
from nb2ops.runtime.caching.team import Team

GRACE = 600.0
"""Seconds for which a file stays that no entry names: its entry may be on its way."""
LIMIT = 10 << 30
"""Bytes that a store may take."""


class Damaged(Exception):
    """A file of an entry is gone, or is not what was written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept result.

    Attributes:
        body: what `Store.put` was given.
        files: name -> digest of the files that belong to it.
        path: the entry's own file; its time of change is the time of last use.
    """

    body: Json
    files: Mapping[str, str]
    path: Path


class Store:
    """A store in a folder, which is made when something is put into it.

    Args:
        folder: the place.
        key: the secret of the digests, hexadecimal.
        limit: bytes that all files together may take.
        team: a store that others use too; what is kept here is sent there, and what is not here is looked for there.
    """

    def __init__(self, folder: Path, key: str, limit: int = LIMIT, team: Team | None = None) -> None:
        self.folder, self._limit, self._team = folder, limit, team
        self._key = bytes.fromhex(key)

    @property
    def trouble(self) -> str | None:
        """Why the team's store was not used to the end."""
        return self._team.trouble if self._team else None

    def put(self, key: str, body: Json, named: Mapping[str, Path], linked: Collection[str] = ()) -> None:
        """Keep a result.

        Args:
            key: what it is looked for by; letters and digits.
            body: what is to be known of it, JSON.
            named: its files.
            linked: names of those that nobody will write to: they need not be copied.

        Raises:
            OSError: it could not be written; nothing of it can be found.
        """
        kept = {name: self._keep(path, linked=name in linked) for name, path in named.items()}
        text = json.dumps({"body": body, "files": kept}, sort_keys=True)
        digest = self._digest(text)
        path = self.folder / "entries" / key / f"{digest[:32]}.json"
        files.write_json(path, {"digest": digest, "text": text}, files.PRIVATE)
        if self._team:
            for each in (*map(self._place, kept.values()), path):
                self._team.send(each, self._name(each))

    def find(self, key: str) -> Iterator[Entry]:
        """Yield what is kept under a key, the one used last first; then what the team has, brought here."""
        folder = self.folder / "entries" / key
        found = [entry for path in _listed(folder) if (entry := self._read(path))]
        here = {entry.path.name for entry in found}
        yield from sorted(found, key=lambda entry: -_changed(entry.path))
        for name in self._team.names(self._name(folder)) if self._team else ():
            if name not in here and self._bring(folder / name) and (entry := self._read(folder / name)):
                yield entry

    def fetch(self, entry: Entry, name: str, target: Path, *, linked: bool = False) -> None:
        """Put a file of an entry where it is wanted, and note that the entry was used.

        Args:
            entry: what was found.
            name: which of its files.
            target: the place; what is there is replaced.
            linked: the file will not be written to: it need not be a copy.

        Raises:
            Damaged: the file is gone or not what was written; then the entry is dropped.
            OSError: the target cannot be written.
        """
        source = self._place(entry.files[name])
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        target.parent.mkdir(parents=True, exist_ok=True, mode=files.PRIVATE_FOLDER)
        if not source.exists():
            self._bring(source)
        try:
            _transfer(source, draft, linked=linked)
            if self._file_digest(draft) != entry.files[name]:
                source.unlink(missing_ok=True)
                raise Damaged(f"{source} is damaged")
            os.replace(draft, target)
            os.utime(entry.path)
        except FileNotFoundError as error:
            entry.path.unlink(missing_ok=True)
            raise Damaged(f"{source} is gone") from error
        finally:
            draft.unlink(missing_ok=True)

    def note(self, topic: str, value: Json) -> None:
        """Keep a note, in place of an earlier one on the same topic.

        Raises:
            OSError: it could not be written.
        """
        files.write_json(_note(self.folder, topic), value, files.PRIVATE)

    def prune(self, grace: float = GRACE) -> None:
        """Drop what was not used for longest until the rest fits the limit; where another process prunes, do nothing.

        Args:
            grace: seconds for which a file stays that no entry names.
        """
        with suppress(OSError), (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._drop_entries()
            self._drop_files(grace)

    def _drop_entries(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: -_changed(entry.path))
        counted: set[str] = set()
        total = 0
        for entry in entries:
            total += sum(_size(self._place(digest)) for digest in {*entry.files.values()} - counted)
            counted.update(entry.files.values())
            if total > self._limit:
                entry.path.unlink(missing_ok=True)
                with suppress(OSError):
                    entry.path.parent.rmdir()

    def _drop_files(self, grace: float) -> None:
        named = {digest for entry in self._entries() for digest in entry.files.values()}
        before = time.time() - grace
        for folder in _listed(self.folder / "files"):
            for path in _listed(folder):
                if path.name not in named and _changed(path) < before:
                    path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[Entry]:
        for folder in _listed(self.folder / "entries"):
            for path in _listed(folder):
                entry = self._read(path)
                if entry:
                    yield entry

    def _read(self, path: Path) -> Entry | None:
        try:
            signed = json.loads(path.read_text(encoding="utf-8"))
            if signed["digest"] != self._digest(signed["text"]):
                return None
            found = json.loads(signed["text"])
            return Entry(found["body"], found["files"], path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _keep(self, path: Path, *, linked: bool) -> str:
        digest = self._file_digest(path)
        place = self._place(digest)
        place.parent.mkdir(parents=True, exist_ok=True, mode=files.PRIVATE_FOLDER)
        if _size(place) == path.stat().st_size:
            with suppress(FileNotFoundError):
                os.utime(place)
                return digest
        draft = place.with_name(f".{place.name[:16]}.{secrets.token_hex(4)}")
        try:
            _transfer(path, draft, linked=linked)
            os.replace(draft, place)
        finally:
            draft.unlink(missing_ok=True)
        return digest

    def _bring(self, path: Path) -> bool:
        """Copy a file of the team's store to its place in this one; return whether that was possible."""
        if self._team is None:
            return False
        path.parent.mkdir(parents=True, exist_ok=True, mode=files.PRIVATE_FOLDER)
        draft = path.with_name(f".{path.name[:16]}.{secrets.token_hex(4)}")
        try:
            self._team.bring(self._name(path), draft)
            draft.chmod(files.PRIVATE)
            os.replace(draft, path)
        except FileNotFoundError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _place(self, digest: str) -> Path:
        return self.folder / "files" / digest[:2] / digest

    def _digest(self, text: str) -> str:
        return blake3(text.encode("utf-8", "surrogatepass"), key=self._key).hexdigest()

    def _file_digest(self, path: Path) -> str:
        return blake3(key=self._key, max_threads=blake3.AUTO).update_mmap(path).hexdigest()


def _transfer(source: Path, target: Path, *, linked: bool) -> None:
    """Link or copy a file."""
    if linked:
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or a file system without links
            pass
        else:
            return
    shutil.copyfile(source, target)
    target.chmod(files.PRIVATE)


def _listed(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def noted(folder: Path, topic: str) -> Json | None:
    """Return the last note on a topic in a store's folder, None where there is none that can be read."""
    try:
        found = json.loads(_note(folder, topic).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _note(folder: Path, topic: str) -> Path:
    return folder / "latest" / f"{blake3(topic.encode()).hexdigest()[:32]}.json"
