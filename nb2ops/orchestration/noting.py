"""Putting a run that has ended into the index of runs."""

from __future__ import annotations

from nb2ops.model import RunResult
from nb2ops.orchestration.current import CurrentFlow
from nb2ops.orchestration.index import api_of, enter
from nb2ops.orchestration.labels import VERIFY
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.planning import flow_connection


def note(current: CurrentFlow, options: RunOptions, result: RunResult) -> None:
    """Put a run into the index; a run is none the worse where that cannot be done, the index can be made anew.

    What `verify` compares is no part of a notebook's history.
    """
    connection = flow_connection()
    if result.record is None or connection is None or current.run.expected_start_time is None:
        return
    if options.cause == VERIFY:
        return
    named = str(options.notebook) if options.notebook else None
    enter(result, api_of(connection), current.run.expected_start_time.isoformat(), current.run.name, named)
