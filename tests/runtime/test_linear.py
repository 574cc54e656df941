"""Plain papermill from top to bottom: what it leaves, how it fails, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from nb2ops.errors import KernelDied, UsageError
from nb2ops.model import Parameter, StepState
from nb2ops.runtime.linear import LinearRun
from nb2ops.runtime.supervision import RunPlan

from .laboratory import Lab, Part, carrying, wait_for


def outputs(path: str) -> list[tuple[int | None, str]]:
    cells = [cell for cell in json.loads(Path(path).read_text())["cells"] if cell["cell_type"] == "code"]
    return [(cell["execution_count"], "".join(_text(output) for output in cell["outputs"])) for cell in cells]


def _text(output: dict) -> str:
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") or output.get("ename", ""))


def test_the_notebook_runs_in_one_kernel_with_the_environment_of_a_run(lab: Lab) -> None:
    show = "import os, tempfile\nprint(os.environ['PYTHONHASHSEED'], tempfile.gettempdir(), os.getcwd(), n)"
    plan = lab.bundle([Part("a", "n = 1", tags=("parameters",)), Part("b", show)], Parameter("n", "int", "1", 1))
    temporary = lab.folder / "tmp"
    temporary.mkdir()
    given = {"parameters": {"n": 5}, "origins": {"n": "given"}, "hash_seed": "7", "temporary": temporary}
    result = LinearRun.start(replace(plan, **given)).wait()
    assert (result.state, result.failure) == (StepState.COMPLETED, None)
    assert outputs(result.notebook) == [(1, ""), (2, ""), (3, f"7 {temporary} {lab.folder} 5\n")]


def test_what_takes_no_part_only_counts(lab: Lab) -> None:
    plan = lab.bundle([Part("a", "1"), Part("b", "1 / 0"), Part("c", "3")])
    pipeline = plan.bundle / "pipeline.json"
    data = json.loads(pipeline.read_text())
    pipeline.write_text(json.dumps({**data, "steps": [data["steps"][0], data["steps"][2]]}))
    assert outputs(LinearRun.start(plan).wait().notebook) == [(1, "1"), (2, ""), (3, "3")]


@pytest.mark.parametrize(
    ("source", "state", "message", "line"),
    [
        ("x = 1\nx / 0", StepState.FAILED, "ZeroDivisionError: division by zero", 2),
        ("%%nosuch\nx", StepState.FAILED, "UsageError: Cell magic `%%nosuch` not found.", None),
        ("import sys\nsys.exit(3)", StepState.FAILED, "SystemExit: 3", None),
        ("import os\nos.kill(os.getpid(), 9)", StepState.CRASHED, "the kernel died", None),
        ("import time\ntime.sleep(600)", StepState.TIMED_OUT, "cell 2 took longer than 2 s", None),
    ],
)
def test_where_and_why_the_notebook_itself_fails(
    lab: Lab, source: str, state: StepState, message: str, line: int | None
):
    plan = replace(lab.bundle([Part("a", "print(1)"), Part("b", source), Part("c", "3")]), cell_timeout=2)
    result = LinearRun.start(plan).wait()
    failure = result.failure
    assert (result.state, failure.kind, failure.step, failure.cell, failure.message) == (state, state, "b", 2, message)
    assert line is None or failure.line == line
    shown = outputs(result.notebook)
    assert shown[0] == (1, "1\n")
    assert shown[2] == (None, "")


@pytest.mark.parametrize(
    ("source", "tags"), [("import sys\nsys.exit(0)", ()), ("1 / 0", ("raises-exception",)), ("raise SystemExit", ())]
)
def test_what_is_no_failure(lab: Lab, source: str, tags: tuple[str, ...]) -> None:
    result = LinearRun.start(lab.bundle([Part("a", source, tags=tags)])).wait()
    assert (result.state, result.failure) == (StepState.COMPLETED, None)


def test_a_missing_kernel_is_refused(lab: Lab) -> None:
    with pytest.raises(UsageError, match="nosuch"):
        LinearRun.start(replace(lab.bundle([Part("a", "1")]), kernel="nosuch")).wait()


def test_braces_in_a_path_are_no_parameters(tmp_path: Path) -> None:
    folder = tmp_path / "a{b}"
    folder.mkdir()
    assert LinearRun.start(Lab(folder).bundle([Part("a", "1")])).wait().state is StepState.COMPLETED


BUSY = "import subprocess, time\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\ntime.sleep(600)"


def sleeping(plan: RunPlan) -> list[psutil.Process]:
    return [process for process in carrying(plan.run) if process.cmdline() == ["sleep", "600"]]


@pytest.fixture
def busy(lab: Lab) -> RunPlan:
    return lab.bundle([Part("a", "print(1)"), Part("b", BUSY)])


def test_a_cancel_ends_everything_and_keeps_the_notebook(busy: RunPlan) -> None:
    run = LinearRun.start(busy)
    threading.Thread(target=lambda: (wait_for(lambda: sleeping(busy), 30), run.cancel(130)), daemon=True).start()
    result = run.wait()
    assert (result.state, result.failure.message, result.failure.cell) == (
        StepState.CANCELLED,
        "interrupted by SIGINT",
        2,
    )
    assert outputs(result.notebook)[0] == (1, "1\n")
    assert carrying(busy.run) == []


def test_the_runs_time_limit_ends_everything(busy: RunPlan) -> None:
    result = LinearRun.start(replace(busy, timeout=6)).wait()
    assert (result.state, result.failure.message) == (StepState.TIMED_OUT, "the run took longer than 6 s")
    assert carrying(busy.run) == []


def test_when_the_process_of_the_run_is_killed_nothing_stays(busy: RunPlan) -> None:
    run = LinearRun.start(busy)
    threading.Thread(target=lambda: (wait_for(lambda: sleeping(busy), 30), os.kill(run.pid, 9)), daemon=True).start()
    with pytest.raises(KernelDied, match="died"):
        run.wait()
    assert carrying(busy.run) == []


def test_when_whoever_waits_is_killed_nothing_stays(busy: RunPlan, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(busy.to_json()))
    code = (
        "import json, sys; from nb2ops.wire import decode; from nb2ops.runtime.supervision import RunPlan\n"
        "from nb2ops.runtime.linear import LinearRun\n"
        "LinearRun.start(decode(RunPlan, json.load(open(sys.argv[1])))).wait()"
    )
    waiting = subprocess.Popen([sys.executable, "-c", code, plan])
    wait_for(lambda: sleeping(busy), 30)
    waiting.kill()
    waiting.wait()
    wait_for(lambda: carrying(busy.run) == [])


def test_what_the_notebook_leaves_running_ends_with_it(lab: Lab) -> None:
    plan = lab.bundle([Part("a", BUSY.replace("\ntime.sleep(600)", ""))])
    assert LinearRun.start(plan).wait().state is StepState.COMPLETED
    assert carrying(plan.run) == []
