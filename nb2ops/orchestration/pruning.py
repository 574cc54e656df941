"""Removing what is no longer needed: old runs with all they left, bundles and pins that no deployment has, scratch.

First everything is looked at and a list is made; `remove` works through the list. Only what nb2ops made is on it, of
Prefect's rows only the user's own, and nothing that a deployment, a waiting or a running run needs.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nb2ops.model import Json
from nb2ops.orchestration import labels, leftovers
from nb2ops.orchestration.api import PAGE, RequestRefused, request
from nb2ops.orchestration.connection import LOCAL, Connection
from nb2ops.orchestration.details import FINAL
from nb2ops.orchestration.index import Entry, api_of, entries, forget, found_in
from nb2ops.orchestration.leftovers import Item, size_of
from nb2ops.orchestration.ownership import current_owner, read_origin
from nb2ops.orchestration.retention import Retention

RUNS = "runs"
BULK = 50  # Prefect's limit of runs deleted at once
MISSING = 404
RECENT = timedelta(hours=1)
"""What was built or deployed since may be on its way to a run that nobody lists yet."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is removed, or would be.

    Attributes:
        items: each with its kind, place and size.
        bytes: all of them together.
    """

    items: tuple[Item, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class _Known:
    """A run: as Prefect knows it, as the index does, or as its folder tells."""

    id: str
    notebook: str
    time: datetime
    folder: Path | None
    is_over: bool
    is_in_prefect: bool


def survey(connection: Connection, kept: Retention) -> Pruning:
    """Return what is no longer needed; nothing is changed.

    Raises:
        ServiceError: Prefect does not answer.
    """
    api = api_of(connection)
    deployments = _all(connection, "deployments", {})
    rows = _all(connection, "flow_runs", {"flow_runs": {"expected_start_time": {"before_": _now().isoformat()}}})
    remembered = entries(api)
    ours = [row for row in rows if _is_ours(row, {each["id"]: each for each in deployments}, remembered, api)]
    known = _together(ours, remembered)
    known += _strays(known, api)
    before = _now() - timedelta(days=kept.days)
    gone = _expired(known, kept, before)
    staying = [each.folder for each in known if each.folder and each not in gone]
    settled = min(before, _now() - RECENT)
    going = [row for row in rows if row["state_type"] not in FINAL]
    versions = {each["version"] for each in deployments} | {labels.text(row["labels"], labels.VERSION) for row in going}
    pins = {labels.environment_of(each).get(labels.PINS_VARIABLE) for each in deployments}
    items = (
        *_run_items(gone),
        *leftovers.stored("bundle", versions, api, settled),
        *leftovers.stored("pins", pins, api, settled),
        *leftovers.beside({each.folder.parent.parent for each in known if each.folder}, staying, settled),
        *leftovers.scratch(),
    )
    return Pruning(items, sum(item.bytes for item in items))


def remove(connection: Connection, pruning: Pruning) -> None:
    """Remove what `survey` has found. What cannot be removed is left for the next time.

    Raises:
        ServiceError: Prefect does not answer.
    """
    runs = [item.run for item in pruning.items if item.run]
    in_prefect = [item.run for item in pruning.items if item.run and item.in_prefect]
    for start in range(0, len(in_prefect), BULK):
        _forget_in_prefect(connection, in_prefect[start : start + BULK])
    for item in pruning.items:
        if item.path:
            leftovers.make_removable(item.path)
            shutil.rmtree(item.path, ignore_errors=True)
    forget(runs)


def _forget_in_prefect(connection: Connection, runs: list[str]) -> None:
    """Delete runs with their steps, logs and artifacts."""
    wanted = {"id": {"any_": runs}}
    query = {"artifacts": {"flow_run_id": {"any_": runs}}, "limit": PAGE}
    for artifact in request(connection, "POST", "/artifacts/filter", query):
        try:
            request(connection, "DELETE", f"/artifacts/{artifact['id']}")
        except RequestRefused as error:
            if error.status != MISSING:
                raise
    request(connection, "POST", "/flow_runs/bulk_delete", {"flow_runs": wanted, "limit": BULK})


def _all(connection: Connection, kind: str, query: Json) -> list[Json]:
    found: list[Json] = []
    sort = "ID_DESC" if kind == "flow_runs" else "NAME_ASC"
    while True:
        page = {**query, "sort": sort, "limit": PAGE, "offset": len(found)}
        rows: list[Json] = request(connection, "POST", f"/{kind}/filter", page)
        found += rows
        if len(rows) < PAGE:
            return found


def _is_ours(row: Json, deployments: dict[str, Json], remembered: Collection[Entry], api: str) -> bool:
    """Whether nb2ops made a run, for this user."""
    origin = read_origin(labels.environment_of(deployments.get(row["deployment_id"] or "")))
    if origin:
        return api == LOCAL or origin.owner == current_owner()
    made = labels.text(row["labels"], labels.FOLDER) is not None
    return made and (api == LOCAL or row["id"] in {each.run.id for each in remembered})


def _together(rows: Iterable[Json], remembered: Iterable[Entry]) -> list[_Known]:
    found = {each.id: each for each in map(_of_row, rows)}
    for entry in remembered:
        row = found.get(entry.run.id)
        if row is None:
            found[entry.run.id] = _of_entry(entry, is_over=True)
    return list(found.values())


def _of_row(row: Json) -> _Known:
    folder = labels.text(row["labels"], labels.FOLDER)
    notebook = labels.text(row["labels"], labels.NOTEBOOK) or row["deployment_id"] or row["flow_id"]
    is_over = row["state_type"] in FINAL
    time = datetime.fromisoformat(row["expected_start_time"] or row["created"])
    return _Known(row["id"], notebook, time, Path(folder) if folder else None, is_over, is_in_prefect=True)


def _of_entry(entry: Entry, *, is_over: bool) -> _Known:
    run = entry.run
    time = datetime.fromisoformat(run.expected or run.start or "1970-01-01T00:00:00+00:00")
    return _Known(run.id, run.notebook or run.flow, time, Path(entry.folder), is_over, is_in_prefect=False)


def _strays(known: Collection[_Known], api: str) -> list[_Known]:
    """Return the runs whose folders stand beside those that are known, and that nobody lists any more."""
    folders = {each.folder for each in known}
    places = {folder.parent for folder in folders if folder and folder.parent.name == RUNS} | leftovers.own_places()
    found = [entry for entry in found_in(places, api) if Path(entry.folder) not in folders]
    ids = {each.id for each in known}
    return [
        _of_entry(entry, is_over=leftovers.is_quiet(Path(entry.folder))) for entry in found if entry.run.id not in ids
    ]


def _expired(known: Iterable[_Known], kept: Retention, before: datetime) -> list[_Known]:
    """Return the runs that are old and not among the newest of their notebook."""
    newer: Counter[str] = Counter()
    gone = []
    for run in sorted(known, key=lambda each: each.time, reverse=True):
        newer[run.notebook] += 1
        if run.is_over and run.time < before and newer[run.notebook] > kept.runs:
            gone.append(run)
    return gone


def _run_items(gone: Iterable[_Known]) -> Iterator[Item]:
    for run in gone:
        folder = run.folder if run.folder and leftovers.is_run_folder(run.folder) else None
        what = str(folder or run.notebook)
        yield Item("run", what, size_of(folder) if folder else 0, folder, run.id, run.is_in_prefect)


def _now() -> datetime:
    return datetime.now(UTC)
