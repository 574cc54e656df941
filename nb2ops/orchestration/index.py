"""The index of run records: runs stay listed after Prefect has forgotten them.

A SQLite file in nb2ops's home, a row per run that ended. It holds nothing that the records do not: `rebuild` makes
it anew from them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from nb2ops.errors import Nb2opsError
from nb2ops.model import Json, Run, StepState
from nb2ops.orchestration.connection import LOCAL, Connection
from nb2ops.orchestration.home import home
from nb2ops.orchestration.options import STORE
from nb2ops.orchestration.server import Server
from nb2ops.runtime.events import read_events
from nb2ops.runtime.record import RECORD, fold

FIELDS = (
    "id",
    "name",
    "flow",
    "state",
    "notebook",
    "deployment",
    "cause",
    "start",
    "end",
    "expected",
    "seconds",
    "message",
)
SCHEMA = f"""
create table if not exists runs ({", ".join(f'"{each}"' for each in FIELDS)}, api, folder, primary key (id));
create index if not exists by_time on runs (api, expected);
"""
WAITING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A run in the index, with the Prefect that knew it and the folder of its record."""

    run: Run
    api: str
    folder: str


def api_of(connection: Connection) -> str:
    """Return the name of a Prefect in the index; the local server keeps its own when its port changes."""
    local = Server(home()).connection()
    is_local = connection.origin == LOCAL or (local is not None and local.url == connection.url)
    return LOCAL if is_local else connection.url


def remember(entries: Iterable[Entry]) -> int:
    """Put runs into the index and return how many were given; those that are there already stay as they are.

    Raises:
        sqlite3.Error: the index cannot be written.
        Nb2opsError: there is no home to write it to.
    """
    rows = [(*(getattr(each.run, name) for name in FIELDS), each.api, each.folder) for each in entries]
    with _opened() as database:
        marks = ", ".join("?" * (len(FIELDS) + 2))
        database.executemany(f"insert or ignore into runs values ({marks})", rows)
    return len(rows)


def remembered(
    api: str,
    before: str,
    after: str | None,
    limit: int,
    notebook: str | None = None,
    deployment: str | None = None,
    states: Collection[str] = (),
    shown: Collection[str] = (),
    text: str | None = None,
) -> tuple[Run, ...]:
    """Return runs that ended, newest first.

    Args:
        api: which Prefect knew them, see `api_of`.
        before: no slot later than this, ISO 8601 with offset.
        after: no slot earlier than this; None for any.
        limit: how many.
        notebook: the file name, or the path.
        deployment: its name.
        states: Prefect's names of the states; empty for all.
        shown: ids that are left out.
        text: a part of the run's name or of the flow's, in any case.
    """
    if not _file().exists():
        return ()
    conditions = ["api = ?", "expected <= ?"]
    values: list[Any] = [api, _utc(before)]
    if deployment:
        conditions.append("deployment = ?")
        values.append(deployment)
    if states:
        conditions.append(f"state in ({', '.join('?' * len(states))})")
        values += states
    if text:
        conditions.append("(name like ? escape '\\' or flow like ? escape '\\')")
        values += [f"%{_literal(text)}%"] * 2
    if after:
        conditions.append("expected >= ?")
        values.append(_utc(after))
    if notebook:
        whole = PurePath(notebook).name != notebook
        conditions.append("notebook = ?" if whole else "notebook like ? escape '\\'")
        values.append(notebook if whole else f"%/{_literal(notebook)}")
    conditions.append(f"id not in ({', '.join('?' * len(shown))})")
    values += shown
    columns = ", ".join(f'"{each}"' for each in FIELDS)
    query = f"select {columns} from runs where {' and '.join(conditions)} order by expected desc limit ?"
    with _opened() as database:
        return tuple(Run(**dict(zip(FIELDS, row, strict=True))) for row in database.execute(query, [*values, limit]))


def recall(api: str, identifier: str) -> Entry | None:
    """Return a run that ended by Prefect's id of it, None where it is not in the index."""
    if not _file().exists():
        return None
    columns = ", ".join(f'"{each}"' for each in FIELDS)
    with _opened() as database:
        query = f"select {columns}, folder from runs where api = ? and id = ?"
        row = database.execute(query, [api, identifier]).fetchone()
    return Entry(Run(**dict(zip(FIELDS, row[:-1], strict=True))), api, row[-1]) if row else None


def entry_of(record: Json, folder: Path, api: str, expected: str | None = None) -> Entry:
    """Return the entry of a run's record; Prefect's own name of the run is not in there.

    Args:
        record: the record, or the fold of the events of a run that crashed.
        folder: where it is.
        api: which Prefect knew it, see `api_of`.
        expected: when it was to begin; else when it began.
    """
    run = record["run"]
    failure = run["failure"] or {}
    found = Run(
        id=run["flow_run"] or run["id"],
        name=run["id"],
        flow=run["name"],
        state=str(StepState(run["state"])),
        notebook=str(folder.parents[2] / run["bundle"]["notebook"]) if folder.parent.parent.name == STORE else None,
        deployment=run["deployment"],
        cause=run["cause"],
        start=run["start"],
        end=run["end"],
        expected=_utc(expected or run["start"]),
        seconds=run["seconds"],
        message=failure.get("message"),
    )
    return Entry(found, api, str(folder))


def rebuild(folders: Iterable[Path], api: str) -> int:
    """Read the records below these folders into the index and return how many there were.

    Args:
        folders: searched for `.nb2ops/runs` and for nb2ops's own store of runs.
        api: which Prefect the runs are listed with.
    """
    places = {place for folder in folders for place in _run_folders(folder)}
    return remember(entry_of(record, place, api) for place in sorted(places) if (record := _record(place)))


def _run_folders(folder: Path) -> Iterator[Path]:
    for pattern in (f"**/{STORE}/runs/*", "notebooks/runs/*"):
        yield from (path for path in folder.absolute().glob(pattern) if path.is_dir())


def _record(folder: Path) -> Json | None:
    """Return a run's record; of one that crashed, what its events add up to."""
    try:
        found: Json = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        try:
            found = fold(read_events(folder))
        except (OSError, ValueError, KeyError, Nb2opsError):
            return None
    return found if isinstance(found.get("run"), Mapping) else None


def _file() -> Path:
    return home() / "runs.sqlite"


@contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(_file(), timeout=WAITING_SECONDS)) as database, database:
        database.executescript(SCHEMA)
        yield database


def _utc(time: str) -> str:
    """Return a time in the one form that sorts as text."""
    return datetime.fromisoformat(time).astimezone(UTC).isoformat(timespec="microseconds")


def _literal(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in text)
