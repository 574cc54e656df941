"""The files whose content starts a deployment's runs: which they are, what is in them, what has become of them.

What was seen last is a file in nb2ops's home, one per deployment; `deploy` begins it, the sensor carries it on.
"""

from __future__ import annotations

import glob
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from blake3 import blake3

from nb2ops.model import Json
from nb2ops.orchestration.home import home, private_folder, write_private

DATA_VARIABLE = "NB2OPS_DATA"
SETTLE_SECONDS = 120.0
SHOWN = 3

Status = tuple[int, int, int]
"""Size in bytes, time of the last change in ns, inode."""


@dataclass(frozen=True, slots=True)
class DataTrigger:
    """What is watched for a deployment; carried in its environment.

    Attributes:
        patterns: globs, relative to the directory or absolute; `**` is any depth.
        directory: where the deployment's runs work.
        settle: seconds for which nothing may change before a change counts.
        host, home: whose keeper watches: the files are those of this machine.
    """

    patterns: tuple[str, ...]
    directory: str
    settle: float = SETTLE_SECONDS
    host: str = field(default_factory=platform.node)
    home: str = field(default_factory=lambda: str(home()))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> DataTrigger | None:
        """Return what a deployment carries, None where no data starts it."""
        if DATA_VARIABLE not in environment:
            return None
        said: Json = json.loads(environment[DATA_VARIABLE])
        return cls(**{**said, "patterns": tuple(said["patterns"])})

    @property
    def environment(self) -> dict[str, str]:
        """What `from_environment` reads."""
        return {DATA_VARIABLE: json.dumps(asdict(self))}

    @property
    def is_watched_here(self) -> bool:
        """Whether the keeper of this home is to watch."""
        return (self.host, self.home) == (platform.node(), str(home()))

    def look(self) -> dict[str, Status]:
        """Return the files that are there, by path."""
        found = {}
        for pattern in self.patterns:
            for path in glob.glob(os.path.join(self.directory, pattern), recursive=True, include_hidden=True):
                try:
                    status = os.stat(path)
                except OSError:
                    continue
                if os.path.isfile(path):
                    found[path] = (status.st_size, status.st_mtime_ns, status.st_ino)
        return found


@dataclass(slots=True)
class Seen:
    """What was seen last of a deployment's files.

    Attributes:
        watched: the directory and the patterns that were watched then.
        digests: path -> digest of the content.
        statuses: path -> status when it was digested.
        starts: how many runs were started.
        run: Prefect's id of the last of them.
    """

    watched: tuple[str, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    starts: int = 0
    run: str | None = None

    def digested(self, files: Mapping[str, Status]) -> dict[str, str]:
        """Return path -> digest; only what has changed since is read. A file that vanishes meanwhile is left out."""
        found = {}
        for path, status in files.items():
            known = self.digests.get(path) if self.statuses.get(path) == status else None
            digest = known or _digest(path)
            if digest:
                found[path] = digest
        return found

    def changed(self, digests: Mapping[str, str]) -> list[str]:
        """Return the files that are new or hold something else; what is gone is no news."""
        return sorted(path for path, digest in digests.items() if self.digests.get(path) != digest)

    def note(self, files: Mapping[str, Status], digests: Mapping[str, str]) -> None:
        """Take what was found for what was seen."""
        self.digests = dict(digests)
        self.statuses = {path: files[path] for path in digests}


def read_seen(deployment: str) -> Seen:
    """Return what was seen of a deployment's files, nothing where nobody has looked."""
    try:
        said: dict[str, Any] = json.loads(_file(deployment).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Seen()
    statuses = {path: (status[0], status[1], status[2]) for path, status in said.pop("statuses").items()}
    return Seen(**{**said, "watched": tuple(said["watched"]), "statuses": statuses})


def write_seen(deployment: str, seen: Seen) -> None:
    """Keep what was seen."""
    write_private(_file(deployment), json.dumps(asdict(seen)))


def begin_watching(deployment: str, trigger: DataTrigger) -> Seen:
    """Take the files as they are for what was seen, unless the same are watched already.

    Returns:
        What was seen.
    """
    seen = read_seen(deployment)
    watched = (trigger.directory, *trigger.patterns)
    if seen.watched != watched:
        seen.watched = watched
        files = trigger.look()
        seen.note(files, seen.digested(files))
        write_seen(deployment, seen)
    return seen


def chosen(
    before: Mapping[str, str], patterns: tuple[str, ...] | None, settle: float | None, directory: str
) -> DataTrigger | None:
    """Return what data starts runs: what is said, else what the deployment had, in the place where runs work now.

    Args:
        before: the deployment's environment so far.
        patterns: globs; the empty tuple: none starts any more; None: as before.
        settle: see `DataTrigger`; None: as before.
        directory: where runs work.
    """
    known = DataTrigger.from_environment(before)
    wanted = patterns if patterns is not None else known.patterns if known else ()
    kept = known.settle if known else SETTLE_SECONDS
    return DataTrigger(wanted, directory, kept if settle is None else settle) if wanted else None


def watching(deployment: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Take the files of a deployment as they are now, and return what there is to say of it."""
    trigger = DataTrigger.from_environment(environment)
    if trigger is None:
        return ()
    count = len(begin_watching(deployment, trigger).digests)
    now = f"{count} file{'' if count == 1 else 's'} now"
    text = f"a run starts when the content of {', '.join(trigger.patterns)} changes and has settled for"
    return (f"Data: {text} {trigger.settle:g} s ({now}). `nb2ops up` on this machine watches.",)


def forget_others(deployments: Iterable[str]) -> None:
    """Remove what was seen for deployments that are not watched any more."""
    kept = set(deployments)
    for path in _folder().glob("*.json"):
        if path.stem not in kept:
            path.unlink(missing_ok=True)


def combined(digests: Mapping[str, str]) -> str:
    """Return one digest of files with their content."""
    return blake3(json.dumps(sorted(digests.items())).encode()).hexdigest()


def words(paths: list[str], directory: str) -> str:
    """Return files in words, as they stand in a directory.

    Example:
        >>> words(["/d/a.csv", "/d/b.csv", "/d/c.csv", "/d/d.csv"], "/d")
        'a.csv, b.csv, c.csv and 1 more'
    """
    names = [os.path.relpath(path, directory) for path in paths]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _digest(path: str) -> str | None:
    try:
        return blake3().update_mmap(path).hexdigest()
    except OSError:
        return None


def _folder() -> Path:
    return private_folder(home() / "data")


def _file(deployment: str) -> Path:
    return _folder() / f"{deployment}.json"
