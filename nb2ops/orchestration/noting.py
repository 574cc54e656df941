"""Putting a run that has ended into the index of runs."""

from __future__ import annotations

from pathlib import Path

from nb2ops.model import RunResult
from nb2ops.orchestration.current import CurrentFlow
from nb2ops.orchestration.index import api_of, enter
from nb2ops.orchestration.planning import flow_connection


def note(current: CurrentFlow, notebook: Path | None, result: RunResult) -> None:
    """Put a run into the index; a run is none the worse where that cannot be done, the index can be made anew."""
    connection = flow_connection()
    if result.record is None or connection is None or current.run.expected_start_time is None:
        return
    named = str(notebook) if notebook else None
    enter(result, api_of(connection), current.run.expected_start_time.isoformat(), current.run.name, named)
