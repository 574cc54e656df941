"""The steps of a run as somebody watches them: state and time from Prefect, cells from the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nb2ops.model import Json, StepState
from nb2ops.orchestration.details import StepRun
from nb2ops.orchestration.states import CACHED

Computed = Callable[[str], Json]
"""Tells id and name in Prefect of a run by our id of it."""


def steps_of(known: tuple[StepRun, ...], record: Json | None, computed: Computed) -> tuple[Json, ...]:
    """Return the steps with Prefect's state and time and our cells; of a step that was begun again the last time.

    Args:
        known: Prefect's task runs, none where it has forgotten the run.
        record: the run's record as far as it is there.
        computed: finds the run whose result stands in for a step.
    """
    told = {each.name: each for each in known}
    if record is None:
        return tuple(_step(each.name, each, None, None) for each in told.values())
    return tuple(_step(each["name"], told.get(each["name"]), each, computed) for each in record["steps"])


def _step(name: str, told: StepRun | None, ours: Json | None, computed: Computed | None) -> Json:
    cells = ours["cells"] if ours else []
    running = next((each for each in cells if each["state"] == StepState.RUNNING), None)
    times = told or ours or {}
    earlier = ours["cache"].get("run") if ours else None
    failure = (ours or {}).get("failure") or {}
    start, end, seconds = (_of(times, each) for each in ("start", "end", "seconds"))
    return {
        "name": name,
        "state": str(_of(times, "state")) if told or not earlier else CACHED,
        "start": start,
        "end": end,
        "seconds": seconds if start else None,
        "message": told.message if told else failure.get("message"),
        "attempts": ours["attempts"] if ours else 1,
        "done": sum(each["end"] is not None for each in cells),
        "total": len(cells) if ours else None,
        "cell": _place(running),
        "first": _place(cells[0] if cells else None),
        "computed_by": computed(earlier) if computed and earlier else None,
        "joined": ours["joined"]["steps"] if ours else [],
        "warnings": ours["warnings"] if ours else [],
    }


def _place(cell: Json | None) -> Json | None:
    return {each: cell[each] for each in ("cell", "index", "id")} if cell else None


def _of(source: StepRun | Json, name: str) -> Any:
    return source[name] if isinstance(source, dict) else getattr(source, name)
