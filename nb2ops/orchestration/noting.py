"""Putting a run that has ended into the index of runs."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from nb2ops.errors import Nb2opsError
from nb2ops.model import RunResult
from nb2ops.orchestration.current import CurrentFlow
from nb2ops.orchestration.index import api_of, entry_of, remember
from nb2ops.orchestration.planning import flow_connection


def note(current: CurrentFlow, notebook: Path | None, result: RunResult) -> None:
    """Put a run into the index; a run is none the worse where that cannot be done, the index can be made anew."""
    connection = flow_connection()
    if result.record is None or connection is None or current.run.expected_start_time is None:
        return
    try:
        path = Path(result.record)
        record = json.loads(path.read_text(encoding="utf-8"))
        entry = entry_of(record, path.parent, api_of(connection), current.run.expected_start_time.isoformat())
        named = replace(entry.run, name=current.run.name, notebook=str(notebook) if notebook else entry.run.notebook)
        remember([replace(entry, run=named)])
    except (OSError, ValueError, KeyError, sqlite3.Error, Nb2opsError):
        return
