"""The sensor: starts runs of deployments when the content of their files has changed. A duty of the worker's keeper."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from nb2ops.errors import ServiceError
from nb2ops.model import Json
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, RequestRefused, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.datafiles import (
    DataTrigger,
    Seen,
    Status,
    begin_watching,
    combined,
    forget_others,
    words,
    write_seen,
)
from nb2ops.orchestration.details import FINAL
from nb2ops.runtime.record import RECORD

EVENT = "nb2ops.data.changed"
GOING = ["PENDING", "RUNNING", "PAUSED", "CANCELLING"]


def begin(connection: Connection) -> Callable[[], None]:
    """Return the turn of a keeper's duty: it looks at every deployment that data starts, here."""
    watches: dict[str, _Watch] = {}

    def turn() -> None:
        rows = _deployments(connection)
        troubles = []
        for identifier in [each for each in watches if each not in rows]:
            del watches[identifier]
        for identifier, (row, trigger) in rows.items():
            watch = watches.setdefault(identifier, _Watch(connection, identifier))
            try:
                watch.look(row, trigger)
            except (ServiceError, OSError) as error:
                troubles.append(f"{row['name']}: {error}")
        forget_others(rows)
        if troubles:
            raise ServiceError("; ".join(troubles))

    return turn


def _deployments(connection: Connection) -> dict[str, tuple[Json, DataTrigger]]:
    """Return the deployments that are to be watched from here, by id."""
    found: dict[str, tuple[Json, DataTrigger]] = {}
    seen = 0
    while True:
        query = {"sort": "NAME_ASC", "limit": PAGE, "offset": seen}
        rows: list[Json] = request(connection, "POST", "/deployments/filter", query)
        for row in rows:
            trigger = DataTrigger.from_environment(labels.environment_of(row))
            if trigger and trigger.is_watched_here:
                found[row["id"]] = row, trigger
        seen += len(rows)
        if len(rows) < PAGE:
            return found


@dataclass
class _Watch:
    """One deployment's files: what is there, and since when it is as it is."""

    connection: Connection
    deployment: str
    files: dict[str, Status] | None = None
    since: float = field(default_factory=time.monotonic)

    def look(self, row: Json, trigger: DataTrigger) -> None:
        """Start a run if a change has settled, the deployment is not paused and none of its runs is going."""
        seen = begin_watching(self.deployment, trigger)
        files = trigger.look()
        if files != self.files:
            self.files, self.since = files, time.monotonic()
        settled = time.monotonic() - self.since >= trigger.settle
        if files == seen.statuses or row["paused"] or not settled or self._is_going(seen):
            return
        digests = seen.digested(files)
        if trigger.look() != files:  # changed while it was read
            return
        written = self._written(seen)
        changed = [path for path in seen.changed(digests) if written.get(str(Path(path).resolve())) != digests[path]]
        if changed:
            self._start(row, trigger, seen, changed, digests)
        seen.note(files, digests)
        write_seen(self.deployment, seen)

    def _is_going(self, seen: Seen) -> bool:
        """Whether a run of the deployment is going, or the last one that data started waits: one after the other."""
        runs = {"deployment_id": {"any_": [self.deployment]}, "state": {"type": {"any_": GOING}}}
        if request(self.connection, "POST", "/flow_runs/filter", {"flow_runs": runs, "limit": 1}):
            return True
        last = self._last(seen)
        return last is not None and last["state_type"] not in FINAL

    def _last(self, seen: Seen) -> Json | None:
        """Return the last run that data started, None where there is none any more."""
        if seen.run is None:
            return None
        try:
            found: Json = request(self.connection, "GET", f"/flow_runs/{seen.run}")
        except RequestRefused:
            return None
        return found

    def _written(self, seen: Seen) -> dict[str, str | None]:
        """Return what the last run wrote, by path: files that a notebook writes itself must not start it again."""
        last = self._last(seen)
        folder = labels.text(last["labels"], labels.FOLDER) if last else None
        try:
            record = json.loads((Path(folder or "") / RECORD).read_text(encoding="utf-8"))
            return {file["resolved"]: file["digest"] for file in record["outputs"]}
        except (OSError, ValueError, KeyError):
            return {}

    def _start(self, row: Json, trigger: DataTrigger, seen: Seen, changed: list[str], digests: dict[str, str]) -> None:
        """Start a run; the same change, told again, is the same run for Prefect."""
        said = words(changed, trigger.directory)
        _emit(self.connection, row, trigger, changed, digests)
        body = {
            "idempotency_key": f"nb2ops-data-{self.deployment}-{seen.starts + 1}-{combined(digests)}",
            "labels": {labels.CAUSE: labels.DATA, labels.CHANGED: said},
        }
        run = request(self.connection, "POST", f"/deployments/{self.deployment}/create_flow_run", body)
        seen.starts, seen.run = seen.starts + 1, run["id"]


def _emit(connection: Connection, row: Json, trigger: DataTrigger, changed: list[str], digests: dict[str, str]) -> None:
    """Tell Prefect what has changed, so that automations of its own can act on it."""
    event = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": EVENT,
        "resource": {"prefect.resource.id": f"nb2ops.data.{row['id']}", "prefect.resource.name": row["name"]},
        "related": [{"prefect.resource.id": f"prefect.deployment.{row['id']}", "prefect.resource.role": "deployment"}],
        "payload": {"directory": trigger.directory, "changed": {path: digests[path] for path in changed}},
    }
    request(connection, "POST", "/events", [event])
