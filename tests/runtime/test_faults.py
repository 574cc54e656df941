"""What notebooks and kernels do wrong: the state, the place, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Modifiers, Parameter, Role, StepState
from nb2ops.runtime import files
from nb2ops.runtime.supervision import ENDING, Supervisor

from .laboratory import Lab, Part
from .test_run import SCHEMA

HANG = "import time\nprint('on', flush=True)\ntime.sleep(600)"

# source of the last cell -> state, line, start of the message
FAULTS = [
    ("def f():\n    1 / 0\nf()", "Failed", 3, "ZeroDivisionError: division by zero"),
    ("x = = 1", "Failed", 1, "SyntaxError: invalid syntax"),
    ("import sys\nsys.exit(3)", "Failed", None, "SystemExit: 3"),
    ("import os\nos._exit(3)", "Crashed", None, "the kernel died: it ended itself with exit code 3"),
    ("import os\nos.kill(os.getpid(), 9)", "Crashed", None, "the kernel died: ended by signal 9 (SIGKILL)"),
    ("import ctypes\nctypes.string_at(0)", "Crashed", None, "the kernel died: ended by signal 11 (SIGSEGV)"),
]


@pytest.mark.parametrize(("source", "state", "line", "message"), FAULTS)
def test_a_cell_that_fails(lab: Lab, source: str, state: str, line: int | None, message: str) -> None:
    ran = lab.at_once([Part("a", "print('before')"), Part("a", source), Part("b", "print('after')")])
    failure = ran.result.failure
    assert (ran.result.state.value, failure.step, failure.cell, failure.line) == (state, "a", 2, line)
    assert failure.message.startswith(message)
    assert ran.states() == {"a": state, "b": "NotRun"}
    assert ran.text(0) == "before\n"
    failed, later = ran.notebook.cells[1:]
    assert failed.metadata.papermill.exception
    assert failed.metadata.papermill.status == "failed"
    assert later.outputs == []
    assert "papermill" not in later.metadata
    jsonschema.validate(ran.record, SCHEMA)


def test_a_red_gate_rejects_and_another_exception_in_its_cell_fails(lab: Lab) -> None:
    gate = Part("check", "auc = 0.5\nassert auc >= 0.9, 'too low'", Role.GATE)
    ran = lab.at_once([gate, Part("later", "1")])
    assert ran.states() == {"check": "Rejected", "later": "NotRun"}
    assert ran.result.state is StepState.REJECTED
    assert (ran.result.failure.line, ran.result.failure.message) == (
        2,
        "gate auc >= 0.9 is red (0.5 >= 0.9): too low",
    )
    [red] = ran.result.gates
    assert (red.passed, red.left, red.operator, red.right, red.message) == (False, "0.5", ">=", "0.9", "too low")


def test_an_assertion_inside_a_gate_s_function_is_a_failure(lab: Lab) -> None:
    ran = lab.at_once([Part("check", "def f():\n    assert False\nf()", Role.GATE)])
    assert ran.result.state is StepState.FAILED


def test_a_raises_exception_cell_may_raise(lab: Lab) -> None:
    ran = lab.at_once([Part("a", "1/0", tags=("raises-exception",)), Part("a", "print('on')")])
    assert ran.result.state is StepState.COMPLETED
    assert ran.text(1) == "on\n"


# what is limited -> the message
LIMITS = [
    ({"cell_timeout": 1.0}, Modifiers(), "cell 2 took longer than 1 s"),
    ({"timeout": 10.0}, Modifiers(), "the run took longer than 10 s"),  # a busy machine begins late
    ({}, Modifiers(timeout=10.0), 'step "a" took longer than 10 s'),
]


@pytest.mark.parametrize(("plan", "modifiers", "message"), LIMITS)
def test_a_cell_that_takes_too_long(lab: Lab, plan: dict, modifiers: Modifiers, message: str) -> None:
    ran = lab.at_once([Part("a", "1", modifiers=modifiers), Part("a", HANG), Part("b", "2")], **plan)
    assert ran.states() == {"a": "TimedOut", "b": "NotRun"}
    failure = ran.result.failure
    assert ran.result.state is StepState.TIMED_OUT
    assert failure.message == message
    assert ran.steps["a"].failure.cell == 2
    assert ran.steps["a"].failure.line == 3
    assert ran.text(1).startswith("on\n")
    started, finished = (
        datetime.fromisoformat(each["time"])
        for each in ran.events
        if each["event"] in ("cell-started", "cell-finished") and each["cell"] == 2
    )
    assert (finished - started).total_seconds() < 10 + ENDING


def test_a_kernel_that_does_not_start_says_why(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = lab.folder / "kernels" / "broken" / "kernel.json"
    argv = ["python3", "-c", "import sys; sys.exit('No module named ipykernel_launcher')", "{connection_file}"]
    files.write_json(kernel, {"argv": argv, "display_name": "broken", "language": "python"})
    monkeypatch.setenv("JUPYTER_PATH", str(lab.folder))
    ran = lab.at_once([Part("a", "1")], kernel="broken")
    assert ran.result.state is StepState.CRASHED
    reason = "No module named ipykernel_launcher"
    assert ran.result.failure.message == f"the kernel died: it ended itself with exit code 1 ({reason})"


def test_a_step_is_tried_again_as_often_as_it_says(lab: Lab) -> None:
    source = "import os; n = len(os.listdir()); open(f'try{n}', 'w').close()\nassert len(os.listdir()) > n0 + 1"
    parts = [Part("a", "import os; n0 = len(os.listdir())"), Part("b", source, loads={"n0": "a"})]
    parts[1] = Part("b", source, loads={"n0": "a"}, modifiers=Modifiers(retries=1))
    plan = lab.bundle(parts)
    ran = lab.run(plan, ["a"], ["b"], ["b"])
    assert ran.states() == {"a": "Completed", "b": "Completed"}
    assert ran.result.state is StepState.COMPLETED
    assert [step["attempts"] for step in ran.record["steps"]] == [1, 2]


USAGE = [
    ({"kernel": "no-such-kernel"}, 'No kernel "no-such-kernel"; installed: '),
    ({"directory": Path("/no/such/folder")}, "Working directory /no/such/folder: there is no such folder."),
    ({"output": Path("/proc/none")}, "Folder /proc/none: cannot be written to ("),
    ({"parameters": {"n": "many"}, "origins": {"n": "given"}}, '"n" is int'),
]


@pytest.mark.parametrize(("change", "message"), USAGE)
def test_what_cannot_begin_says_why_and_leaves_nothing(lab: Lab, change: dict, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        lab.at_once([Part("a", "n = 1", Role.PARAMETERS, ("parameters",))], Parameter("n", "int", "1", 1), **change)
    assert str(caught.value).startswith(message)
    assert not (lab.folder / "run").exists()
    with pytest.raises(UsageError):
        lab.supervisor.finish()


def test_a_supervisor_that_never_begins_ends() -> None:
    supervisor = Supervisor.start()
    supervisor.close()
    supervisor.close()


def test_other_branches_start_while_a_step_is_tried_for_the_last_time(lab: Lab) -> None:
    once = "import os, time\nassert os.path.exists('tried') or open('tried', 'w') is None"
    source = f"{once}\nwhile not os.path.exists('there'):\n    time.sleep(0.01)"
    parts = [Part("a", source, modifiers=Modifiers(retries=1)), Part("b", "open('there', 'w').close()")]
    plan = replace(lab.bundle(parts), cell_timeout=20)
    ran = lab.run(plan, ["a"], ["a", "b"])
    assert ran.states() == {"a": "Completed", "b": "Completed"}
