"""One run with its steps, parameters and files, and its log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nb2ops.errors import UsageError
from nb2ops.model import Json, Run
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.finding import find_run
from nb2ops.orchestration.history import describe_one

FINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
"""Types of state in which a run is over."""
INTERVAL = 1.0
LAST_LINES = 3.0
"""Seconds after a run's end in which the last lines of its log may arrive: Prefect's client sends them in batches."""
CURSOR_DIGITS = 12
LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step of a run, as Prefect's task run says.

    Attributes:
        id: Prefect's id of the task run.
        name: the step's.
        state: Prefect's state name.
        start, end: ISO 8601 with offset, None where not there yet.
        seconds: wall time so far.
        message: Prefect's message of the state.
    """

    id: str
    name: str
    state: str
    start: str | None = None
    end: str | None = None
    seconds: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RunDetails:
    """One run.

    Attributes:
        run: as in the history.
        parameters: what it was given.
        version: the bundle's digest, None where nb2ops did not run it.
        attempts: how often it was begun.
        steps: in the order in which they began.
        folder: where our record of it is, None where there is none.
        notebook: path of the executed notebook, None where it is not on this machine.
        record: path of the record, None where it is not on this machine.
        notified: what became of the message about its end, None where nobody was to be told.
        changed: the files whose content started it, in words, None where no data did.
    """

    run: Run
    parameters: Json = field(default_factory=dict)
    version: str | None = None
    attempts: int = 0
    steps: tuple[StepRun, ...] = ()
    folder: str | None = None
    notebook: str | None = None
    record: str | None = None
    notified: str | None = None
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a run's log. `step` is None for what belongs to no step."""

    time: str
    level: str
    step: str | None
    text: str


def read_details(connection: Connection, text: str) -> RunDetails:
    """Return a run by its id or name.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is no such run, or several have that name.
    """
    row = find_run(connection, text)
    run = describe_one(connection, row)
    folder = labels.text(row["labels"], labels.FOLDER)
    return RunDetails(
        run=run,
        parameters=row["parameters"],
        version=labels.text(row["labels"], labels.VERSION) or row["deployment_version"],
        attempts=row["run_count"],
        steps=read_steps(connection, run.id),
        folder=folder,
        notebook=_there(folder, Path(run.notebook).name if run.notebook else None),
        record=_there(folder, "record.json"),
        notified=(labels.text(row["labels"], labels.NOTIFIED) or "").partition(" ")[2] or None,
        changed=labels.text(row["labels"], labels.CHANGED),
    )


def _there(folder: str | None, name: str | None) -> str | None:
    path = Path(folder) / name if folder and name else None
    return str(path) if path and path.is_file() else None


def read_steps(connection: Connection, run: str) -> tuple[StepRun, ...]:
    """Return the steps of a run in the order in which they began; those that did not begin come last."""
    query: Json = {"flow_runs": {"id": {"any_": [run]}}, "limit": PAGE}
    rows: list[Json] = request(connection, "POST", "/task_runs/filter", query)
    return tuple(map(_step, sorted(rows, key=lambda row: (row["start_time"] is None, row["start_time"] or ""))))


def _step(row: Json) -> StepRun:
    return StepRun(
        id=row["id"],
        name=labels.step_of(row),
        state=row["state_name"],
        start=row["start_time"],
        end=row["end_time"],
        seconds=row["estimated_run_time"] if row["start_time"] else None,
        message=(row["state"] or {}).get("message"),
    )


def read_log(connection: Connection, run: str, step: str | None = None, seen: int = 0) -> Iterator[LogLine]:
    """Yield a run's log from line `seen` on, in order.

    Args:
        connection: Prefect's API.
        run: Prefect's id of the run.
        step: only this step's lines.
        seen: lines that are left out at the beginning.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: the run has no such step.
    """
    names = {each.id: each.name for each in read_steps(connection, run)}
    logs: Json = {"flow_run_id": {"any_": [run]}}
    if step:
        logs["task_run_id"] = {"any_": _ids(names, step)}
    while True:
        query = {"logs": logs, "sort": "TIMESTAMP_ASC", "limit": PAGE, "offset": seen}
        rows: list[Json] = request(connection, "POST", "/logs/filter", query)
        yield from (_line(row, names) for row in rows)
        seen += len(rows)
        if len(rows) < PAGE:
            return


@dataclass(frozen=True, slots=True)
class LogCursor:
    """Where a page of a log ends: how many lines were shown."""

    seen: int

    @classmethod
    def read(cls, text: str) -> LogCursor:
        """Return the cursor whose text is `text`.

        Raises:
            UsageError: it is not one of ours.
        """
        if not text.isdecimal() or len(text) > CURSOR_DIGITS:
            raise UsageError(f"{text!r} is no cursor of a log. Leave it out to start with the first line.")
        return cls(int(text))


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of a run's log.

    Attributes:
        lines: in order.
        next: the cursor that goes on from here.
        more: whether there are more lines already.
        over: whether the run has been over for `LAST_LINES`, so that no others come.
    """

    lines: tuple[LogLine, ...]
    next: str | None
    more: bool
    over: bool


def read_log_page(
    connection: Connection,
    run: str,
    *,
    step: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    tail: bool = False,
) -> LogPage:
    """Return a page of a run's log.

    Args:
        connection: Prefect's API.
        run: Prefect's id of the run.
        step: only this step's lines; none where it has not begun.
        cursor: `next` of the page before.
        limit: lines on the page.
        tail: begin with the last lines, where there is no cursor.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        NotFound: there is no such run.
    """
    over = _is_told(find_run(connection, run))
    names = {each.id: each.name for each in read_steps(connection, run)}
    logs: Json = {"flow_run_id": {"any_": [run]}}
    if step:
        logs["task_run_id"] = {"any_": [each for each, name in names.items() if name == step]}
    seen = LogCursor.read(cursor).seen if cursor else 0
    if tail and not cursor:
        seen = max(0, _count(connection, logs) - limit)
    query = {"logs": logs, "sort": "TIMESTAMP_ASC", "limit": limit, "offset": seen}
    rows: list[Json] = request(connection, "POST", "/logs/filter", query)
    lines = tuple(_line(row, names) for row in rows)
    return LogPage(lines, str(seen + len(lines)), len(lines) == limit, over)


def _count(connection: Connection, logs: Json) -> int:
    """Return how many lines a log has; Prefect does not count them, so that the last one is looked for."""
    low, high = 0, 1
    while _has_line(connection, logs, high - 1):
        low, high = high, high * 4
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _has_line(connection, logs, middle) else (low, middle)
    return low


def _has_line(connection: Connection, logs: Json, number: int) -> bool:
    query = {"logs": logs, "sort": "TIMESTAMP_ASC", "limit": 1, "offset": number}
    return bool(request(connection, "POST", "/logs/filter", query))


def follow_log(connection: Connection, run: str, step: str | None = None) -> Iterator[LogLine]:
    """Yield a run's log as it grows, until the run is over and its last lines have arrived.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    seen = 0
    while True:
        over = _is_told(request(connection, "GET", f"/flow_runs/{run}"))
        if step is None or over or any(each.name == step for each in read_steps(connection, run)):
            for line in read_log(connection, run, step, seen):
                seen += 1
                yield line
        if over:
            return
        time.sleep(INTERVAL)


def _is_told(row: Json) -> bool:
    """Whether a run is over, and was long enough ago for its last lines to be there."""
    if row["state_type"] not in FINAL or row["end_time"] is None:
        return row["state_type"] in FINAL
    return datetime.now(UTC) - datetime.fromisoformat(row["end_time"]) > timedelta(seconds=LAST_LINES)


def _ids(names: dict[str, str], step: str) -> list[str]:
    found = [identifier for identifier, name in names.items() if name == step]
    if not found:
        raise UsageError(
            f'The run has no step "{step}". It has: {", ".join(sorted(set(names.values()))) or "none yet"}.'
        )
    return found


def _line(row: Json, names: dict[str, Any]) -> LogLine:
    level = LEVELS.get(row["level"] // 10 * 10, str(row["level"]))
    return LogLine(row["timestamp"], level, names.get(row["task_run_id"] or ""), row["message"])
