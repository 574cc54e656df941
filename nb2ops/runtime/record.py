"""The run record `record/1`: the fold of a run's events. `record.schema.json` beside this file is its schema.

The fold is a pure function, so that the record of a crashed run can be made by whoever finds its events.
Prefect owns state and time, the record owns content; they are joined by the flow run's id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from nb2ops.model import Failure, Json, RunResult, StepResult, StepState
from nb2ops.runtime import files, stitching
from nb2ops.runtime.events import read_events
from nb2ops.wire import decode, encode, read_pipeline

SCHEMA = "record/1"
RECORD = "record.json"
_UNFINISHED = {StepState.RUNNING, StepState.PENDING}


def fold(events: Iterable[Json]) -> Json:
    """Return the record that a run's events add up to; without a last event the run has crashed.

    Example:
        >>> record = fold(read_events(folder))
        >>> record["run"]["state"]
        'Completed'
    """
    record: Json = {}
    last = None
    for event in events:
        advance(record, event)
        last = event["time"]
    if record["run"]["state"] == StepState.RUNNING:
        _close(record, {"time": last, "state": StepState.CRASHED, "failure": _vanished(record)})
    return record


def advance(record: Json, event: Json) -> None:
    """Add one event to the record of a run that is going; the first event makes it."""
    _FOLDS.get(event["event"], _ignore)(record, event)


def _run_started(record: Json, event: Json) -> None:
    record |= {
        "schema": SCHEMA,
        "nb2ops": event["nb2ops"],
        "run": {**event["run"], "state": StepState.RUNNING, "start": event["time"]},
        "environment": event["environment"],
        "parameters": event["parameters"],
        "inputs": [],
        "outputs": [],
        "effects": [],
        "steps": [_new_step(step) for step in event["steps"]],
        "metrics": [],
        "gates": [],
        "notebook": None,
        "warnings": [],
    }


def _new_step(step: Json) -> Json:
    return {
        "name": step["name"],
        "state": StepState.PENDING,
        "attempts": 0,
        "start": None,
        "end": None,
        "seconds": 0.0,
        "cells_done": 0,
        "failure": None,
        "warnings": [],
        "kernel": {"kind": None, "why": None, "pid": None, "exit_code": None, "cpu_seconds": None, "peak_bytes": None},
        "memory": None,
        "joined": {"steps": [], "why": []},
        "cache": {"hit": False, "key": None, "run": None, "why": []},
        "cells": [_new_cell(cell) for cell in step["cells"]],
        "variables": [],
        "uncrossable": [],
    }


def _new_cell(cell: Json) -> Json:
    missing = dict.fromkeys(("start", "end", "seconds", "execution_count", "source"))
    return {**cell, "state": StepState.PENDING, **missing, "outputs": [], "cut": None}


def _step_started(record: Json, event: Json) -> None:
    step = _step(record, event)
    fresh = _new_step({"name": step["name"], "cells": [_names(cell) for cell in step["cells"]]})
    step |= {**fresh, "state": StepState.RUNNING, "attempts": event["attempt"], "start": event["time"]}
    _forget(record, step["name"])


def _forget(record: Json, name: str) -> None:
    """Drop what an earlier try of the step reported."""
    for part in ("inputs", "outputs", "effects", "metrics", "gates"):
        record[part] = [each for each in record[part] if each["step"] != name]


def _cell_started(record: Json, event: Json) -> None:
    _cell(record, event).update(state=StepState.RUNNING, start=event["time"])


def _cell_finished(record: Json, event: Json) -> None:
    known = {"state": event["state"], "end": event["time"], "seconds": event["seconds"]}
    shown = {"execution_count": event["count"], "source": event["source"], "outputs": event["outputs"]}
    _cell(record, event).update(**known, **shown)


def _cell_shown(record: Json, event: Json) -> None:
    """What threads printed after the cell's end, and what was cut at the end of the step."""
    _cell(record, event).update(outputs=event["outputs"], cut=event["cut"])


def _kernel_started(record: Json, event: Json) -> None:
    _step(record, event)["kernel"] |= {name: event[name] for name in ("kind", "why", "pid")}
    record["environment"]["language_version"] = event["language_version"]


def _memory_limited(record: Json, event: Json) -> None:
    _step(record, event)["memory"] = {"limit": event["limit"], "by": event["by"]} if event["limit"] else None


def _kernel_joined(record: Json, event: Json) -> None:
    step, first = _step(record, event), _step(record, {"step": event["steps"][0]})
    step["kernel"] |= {"kind": first["kernel"]["kind"], "pid": event["pid"]}
    step["joined"] = {"steps": event["steps"], "why": event["why"]}


def _kernel_ended(record: Json, event: Json) -> None:
    """Its use of processor and memory counts for the step that started it, its end for all that ran in it."""
    first = _step(record, event)
    if first["kernel"]["pid"] != event["pid"]:  # an earlier try's kernel may end late
        return
    first["kernel"] |= {name: event[name] for name in ("cpu_seconds", "peak_bytes")}
    for step in record["steps"]:
        if step is first or first["name"] in step["joined"]["steps"]:
            step["kernel"]["exit_code"] = event["exit_code"]


def _step_finished(record: Json, event: Json) -> None:
    step, result, report = _step(record, event), event["result"], event["report"]
    told = ("state", "seconds", "cells_done", "failure", "warnings")
    step |= {"end": event["time"], **{name: result[name] for name in told}}
    pack = report.get("pack") or {}
    step["variables"] = [_variable(each, pack) for each in report.get("variables", ())]
    step["uncrossable"] = report.get("uncrossable", [])
    _settle(step)
    record["metrics"] += result["metrics"]
    record["gates"] += [{**gate, "baseline": None} for gate in result["gates"]]
    numbers = {cell["id"]: cell["cell"] for cell in step["cells"]}
    for file in report.get("files", ()):
        record["inputs" if file["mode"] == "read" else "outputs"].append(_file(file, step["name"], numbers))
    record["effects"] += [_located(effect, step["name"], numbers) for effect in report.get("effects", ())]


def _step_reused(record: Json, event: Json) -> None:
    """An earlier result stands in: its cells are as they were then."""
    for each in event["cells"]:
        _FOLDS[each["event"]](record, each)
    _step(record, event)["cache"] = {"hit": True, "key": event["key"], "run": event["run"], "why": []}


def _step_keyed(record: Json, event: Json) -> None:
    """What an earlier result would have had to be like, and why there was none."""
    _step(record, event)["cache"] = {"hit": False, "key": event["key"], "run": None, "why": event["why"]}


def _step_traced(record: Json, event: Json) -> None:
    digests = {(file["mode"], file["resolved"]): file["digest"] for file in event["files"]}
    for part, mode in (("inputs", "read"), ("outputs", "write")):
        for file in record[part]:
            if file["step"] == event["step"]:
                file["digest"] = digests.get((mode, file["resolved"]), file["digest"])
    known = record["environment"]["distributions"] or {}
    record["environment"]["distributions"] = known | event["distributions"]


def _variable(variable: Json, pack: Json) -> Json:
    """A variable that crossed; its own digest and its profile are later features."""
    stored = {"stored_digest": pack.get("digest"), "location": pack.get("path")}
    known = {name: variable[name] for name in ("name", "type", "bytes")}
    return {**known, "digest": variable.get("digest"), **stored, "profile": None}


def _file(file: Json, step: str, numbers: dict[str, int]) -> Json:
    known = {name: file.get(name) for name in ("path", "resolved", "size", "mtime", "digest")}
    return {**known, "step": step, "cell": numbers.get(file.get("cell_id", ""))}


def _located(effect: Json, step: str, numbers: dict[str, int]) -> Json:
    return {"kind": effect["kind"], "what": effect["what"], "step": step, "cell": numbers.get(effect["cell_id"] or "")}


def _run_finished(record: Json, event: Json) -> None:
    _close(record, event)


def _close(record: Json, event: Json) -> None:
    for step in record["steps"]:
        _settle(step)
    run = record["run"]
    run |= {"state": event["state"], "end": event["time"], "failure": event["failure"]}
    run["seconds"] = _seconds(run["start"], event["time"])
    record["notebook"] = event.get("notebook")
    record["warnings"] = event.get("warnings", [])


def _settle(step: Json) -> None:
    """A step that runs when all is over has crashed, and so has its cell; what waits has not run."""
    if step["state"] in _UNFINISHED:
        step["state"] = _settled(step["state"])
    for cell in step["cells"]:
        if cell["state"] in _UNFINISHED:
            cell["state"] = _settled(cell["state"])


def _settled(state: str) -> StepState:
    return StepState.CRASHED if state == StepState.RUNNING else StepState.NOT_RUN


def _vanished(record: Json) -> Json:
    running = [
        (step["name"], cell["cell"])
        for step in record["steps"]
        for cell in step["cells"]
        if cell["state"] == StepState.RUNNING
    ]
    message = "the run ended without a word: its process was killed or the machine stopped"
    step, cell = running[0] if running else (None, None)
    failure: Json = encode(Failure(StepState.CRASHED, message, step, cell))
    return failure


def _seconds(start: str, end: str) -> float:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 3)


def _step(record: Json, event: Json) -> Json:
    return next(step for step in record["steps"] if step["name"] == event["step"])


def _cell(record: Json, event: Json) -> Json:
    return next(cell for cell in _step(record, event)["cells"] if cell["cell"] == event["cell"])


def _names(cell: Json) -> Json:
    return {name: cell[name] for name in ("cell", "index", "id")}


def _ignore(_record: Json, _event: Json) -> None:
    """Events that leave no trace in the record: output."""


_FOLDS: dict[str, Callable[[Json, Json], None]] = {
    "run-started": _run_started,
    "step-started": _step_started,
    "cell-started": _cell_started,
    "cell-finished": _cell_finished,
    "cell-shown": _cell_shown,
    "kernel-started": _kernel_started,
    "kernel-joined": _kernel_joined,
    "memory-limited": _memory_limited,
    "kernel-ended": _kernel_ended,
    "step-finished": _step_finished,
    "step-reused": _step_reused,
    "step-keyed": _step_keyed,
    "step-traced": _step_traced,
    "run-finished": _run_finished,
}


def crashed_run(bundle: Path, folder: Path) -> RunResult:
    """Make notebook and record of a run whose supervisor died, and return its result.

    Raises:
        OSError: there are no events, or nothing could be written.
    """
    notebook = stitching.write_stitched(bundle, read_pipeline(bundle), folder)
    record = {**fold(read_events(folder)), "notebook": str(notebook)}
    write(record, folder / RECORD)
    return result_of(record, folder / RECORD)


def settled_run(folder: Path) -> RunResult:
    """Return the result of a run that is over; where nobody wrote its record, notebook and record are made now.

    Raises:
        OSError: there are no events, or nothing could be written.
    """
    path = folder / RECORD
    if not path.exists():
        record = fold(read_events(folder))
        bundle = Path(record["run"]["bundle"]["path"])
        if bundle.is_dir():
            return crashed_run(bundle, folder)
        write(record, path)
    return result_of(json.loads(path.read_text(encoding="utf-8")), path)


def write(record: Json, path: Path) -> None:
    """Write a record for its owner alone; numbers that JSON does not know become "NaN", "Infinity" and "-Infinity".

    Raises:
        OSError: it could not be written.
    """
    files.write_json(path, to_jsonable_python(record, inf_nan_mode="strings"), files.PRIVATE)


def result_of(record: Json, path: Path | None) -> RunResult:
    """Return a record as the command line sees a run; `path` is where the record is."""
    run = record["run"]
    return RunResult(
        run=run["id"],
        flow_run=run["flow_run"],
        name=run["name"],
        state=StepState(run["state"]),
        steps=tuple(_step_result(record, step) for step in record["steps"]),
        seconds=run["seconds"],
        notebook=record["notebook"],
        record=str(path) if path else None,
        failure=decode(Failure, run["failure"]) if run["failure"] else None,
        warnings=tuple(record["warnings"]),
    )


def _step_result(record: Json, step: Json) -> StepResult:
    def of_step(part: str) -> list[dict[str, Any]]:
        return [each for each in record[part] if each["step"] == step["name"]]

    told = {name: step[name] for name in ("state", "seconds", "cells_done", "failure", "warnings")}
    gates = [{name: value for name, value in gate.items() if name != "baseline"} for gate in of_step("gates")]
    joined = {"joined": step["joined"]["steps"], "repeatable": not step["joined"]["steps"]}
    cached = step["cache"].get("run")  # records of older versions say nothing of it
    found = {"step": step["name"], "cached": cached, **told, **joined, "metrics": of_step("metrics"), "gates": gates}
    return decode(StepResult, found)
