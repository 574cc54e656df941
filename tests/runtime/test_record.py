"""The record is the fold of the events."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from nb2ops.model import Failure, Json, StepResult, StepState
from nb2ops.runtime import record
from nb2ops.runtime.events import EventLog, read_events
from nb2ops.wire import encode

from .test_run import SCHEMA

DIGEST = "0" * 64
BUNDLE = {"path": "/b", "notebook": "nb.ipynb", "source": "d"}
RUN = {"id": "r", "name": "nb", "flow_run": None, "attempt": 1, "cause": "hand", "parent": None, "deployment": None}
ENVIRONMENT = {
    "interpreter": "python",
    "kernelspec": "python3",
    "language": "python",
    "language_version": None,
    "platform": "x",
    "hash_seed": "1",
    "directory": "/d",
    "distributions": None,
}
CELL = {"cell": 1, "index": 0, "id": "c0"}
STARTED = {
    "event": "run-started",
    "nb2ops": "0.1.0",
    "run": {**RUN, "bundle": BUNDLE, "user": None, "host": "h"},
    "environment": ENVIRONMENT,
    "parameters": [],
    "steps": [{"name": "a", "cells": [CELL]}, {"name": "b", "cells": [{"cell": 2, "index": 1, "id": "c1"}]}],
}
STEP = {"event": "step-started", "step": "a", "attempt": 1}
KERNEL = {"event": "kernel-started", "step": "a", "kind": "ordinary", "why": None, "pid": 7, "language_version": "3.11"}
BEGUN = {"event": "cell-started", "step": "a", **CELL, "i": 1, "n": 1}
SHOWN = {"seconds": 1.0, "count": 1, "source": DIGEST, "outputs": [DIGEST]}
DONE = {"event": "cell-finished", "step": "a", "cell": 1, "state": "Completed", **SHOWN}
REPORT = {
    "variables": [{"name": "x", "type": "int", "bytes": 5}],
    "pack": {"path": "/p", "status": [1, 9, 2, 3], "digest": DIGEST},
    "files": [
        {"path": "in.csv", "resolved": "/in.csv", "mode": "read", "cell_id": "c0", "size": 1, "mtime": 1.0},
        {"path": "out.csv", "resolved": "/out.csv", "mode": "write", "cell_id": "c0", "size": 1, "mtime": 1.0},
    ],
    "effects": [{"kind": "network", "what": "example.org:443", "cell_id": "c0"}],
}
GOOD = {
    "event": "step-finished",
    "step": "a",
    "result": encode(StepResult("a", StepState.COMPLETED, 1.0, 1)),
    "report": REPORT,
}
READ = {"resolved": "/in.csv", "mode": "read", "digest": DIGEST}
TRACED = {"event": "step-traced", "step": "a", "files": [READ], "distributions": {"numpy": "2.4.6"}}
GONE = {"event": "kernel-ended", "step": "a", "pid": 7, "exit_code": 0, "cpu_seconds": 0.5, "peak_bytes": 10}
FINISHED = {"event": "run-finished", "state": "Completed", "failure": None, "notebook": "/nb.ipynb", "warnings": []}
SECOND = {**STEP, "attempt": 2}


def fold(*events: Json) -> Json:
    timed = [{**event, "time": f"2026-01-01T00:00:{n:02}.000+00:00"} for n, event in enumerate(events)]
    found = json.loads(json.dumps(record.fold(timed)))
    jsonschema.validate(found, SCHEMA)
    return found


# events -> state of the run, of its steps, of their cells
STATES = [
    ([STARTED], "Crashed", ["NotRun", "NotRun"], ["NotRun", "NotRun"]),
    ([STARTED, STEP], "Crashed", ["Crashed", "NotRun"], ["NotRun", "NotRun"]),
    ([STARTED, STEP, KERNEL, BEGUN], "Crashed", ["Crashed", "NotRun"], ["Crashed", "NotRun"]),
    ([STARTED, STEP, KERNEL, BEGUN, DONE], "Crashed", ["Crashed", "NotRun"], ["Completed", "NotRun"]),
    ([STARTED, STEP, KERNEL, BEGUN, DONE, GOOD], "Crashed", ["Completed", "NotRun"], ["Completed", "NotRun"]),
    ([STARTED, STEP, BEGUN, DONE, GOOD, FINISHED], "Completed", ["Completed", "NotRun"], ["Completed", "NotRun"]),
    ([STARTED, STEP, BEGUN, DONE, GOOD, SECOND], "Crashed", ["Crashed", "NotRun"], ["NotRun", "NotRun"]),
]


@pytest.mark.parametrize(("events", "run", "steps", "cells"), STATES)
def test_states(events: list[Json], run: str, steps: list[str], cells: list[str]) -> None:
    found = fold(*events)
    assert found["run"]["state"] == run
    assert [step["state"] for step in found["steps"]] == steps
    assert [cell["state"] for step in found["steps"] for cell in step["cells"]] == cells


def test_what_the_kernel_reports() -> None:
    found = fold(STARTED, STEP, KERNEL, BEGUN, DONE, GOOD, GONE, FINISHED)
    [variable] = found["steps"][0]["variables"]
    assert (variable["name"], variable["stored_digest"], variable["location"]) == ("x", DIGEST, "/p")
    assert [(each["path"], each["step"], each["cell"]) for each in found["inputs"]] == [("in.csv", "a", 1)]
    assert [each["path"] for each in found["outputs"]] == ["out.csv"]
    assert found["effects"] == [{"kind": "network", "what": "example.org:443", "step": "a", "cell": 1}]
    assert found["steps"][0]["kernel"]["peak_bytes"] == 10
    assert found["environment"]["language_version"] == "3.11"


def test_what_was_found_out_beside_the_run() -> None:
    found = fold(STARTED, STEP, BEGUN, DONE, GOOD, TRACED, FINISHED)
    assert [each["digest"] for each in (*found["inputs"], *found["outputs"])] == [DIGEST, None]
    assert found["environment"]["distributions"] == {"numpy": "2.4.6"}


def test_another_try_forgets_the_one_before_and_its_kernel() -> None:
    found = fold(STARTED, STEP, KERNEL, GOOD, SECOND, {**KERNEL, "pid": 8}, TRACED, GONE, FINISHED)
    assert found["inputs"] == found["outputs"] == found["effects"] == []
    assert found["steps"][0]["attempts"] == 2
    assert found["steps"][0]["kernel"]["exit_code"] is None


def test_a_crashed_run_says_where_it_was() -> None:
    failure = fold(STARTED, STEP, BEGUN)["run"]["failure"]
    assert (failure["kind"], failure["step"], failure["cell"]) == ("Crashed", "a", 1)


def test_the_result_is_read_from_the_record() -> None:
    failure = Failure(StepState.FAILED, "E: x", "a", 1, 2, "E", "x")
    bad = {**GOOD, "result": encode(StepResult("a", StepState.FAILED, 1.0, 0, failure))}
    found = fold(STARTED, STEP, bad, {**FINISHED, "state": "Failed", "failure": encode(failure), "warnings": ["w"]})
    result = record.result_of(found, Path("/r/record.json"))
    assert (result.state, result.failure, result.warnings) == (StepState.FAILED, failure, ("w",))
    assert [step.state for step in result.steps] == [StepState.FAILED, StepState.NOT_RUN]
    assert result.steps[0].failure == failure
    assert (result.notebook, result.record) == ("/nb.ipynb", "/r/record.json")


def test_events_are_written_passed_on_and_read_back(tmp_path: Path) -> None:
    heard: list[Json] = []
    log = EventLog(tmp_path, heard.append)
    log.emit("step-started", step="a")
    log.output("a", 1, "stdout", "é" * 70_000)
    log.close()
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"event": "half')
    assert list(read_events(tmp_path)) == heard
    assert (len(heard[1]["text"]), heard[1]["cut"]) == (65536, 4464)
    assert log.entries == heard[:1]
