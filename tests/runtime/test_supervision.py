"""A supervisor that lasts: runs one after another, kernels from one fork server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from nb2ops.model import Parameter, Preload, RunResult, StepState
from nb2ops.runtime.processes import is_alive
from nb2ops.runtime.supervision import RunPlan, Supervisor

from .laboratory import Lab, Part, carrying, logged, wait_for

SEEN = "import sys, os, tempfile\nprint('colorsys' in sys.modules, os.listdir(tempfile.gettempdir()))"
LEAVES = "import tempfile, subprocess\n_ = tempfile.mkstemp(), subprocess.Popen(['sleep', '60'])"


@pytest.fixture
def supervisor(lab: Lab) -> Iterator[Supervisor]:
    lab.supervisor = Supervisor.start(lasting=True)
    return lab.supervisor


def runs(lab: Lab, parts: Sequence[Part], *parameters: Parameter, **options: Any) -> list[RunPlan]:
    """The plans of three runs of one notebook, whose processes carry one mark."""
    plan = lab.bundle(parts, *parameters, **options)
    return [replace(plan, run=f"run{i}", folder=lab.folder / f"run{i}", marker=plan.run) for i in range(3)]


def run(supervisor: Supervisor, plan: RunPlan, steps: str) -> RunResult:
    supervisor.begin(plan, lambda event: None)
    for step in steps:
        supervisor.run_step(step)
    return supervisor.finish()


def shown(result: RunResult, index: int) -> str:
    return "".join(each.text for each in nbformat.read(str(result.notebook), as_version=4).cells[index].outputs)


def fork_servers(supervisor: Supervisor) -> list[psutil.Process]:
    return [each for each in psutil.Process(supervisor.pid).children() if "forkserver.py" in " ".join(each.cmdline())]


def test_runs_share_fork_servers_and_nothing_else(lab: Lab, supervisor: Supervisor) -> None:
    parts = [Part("a", SEEN), Part("b", "import colorsys"), Part("c", LEAVES)]
    plans = runs(lab, parts, preloads=(Preload("import colorsys", 1),))
    for plan in plans:
        result = run(supervisor, plan, "abc")
        assert (result.state, shown(result, 0)) == (StepState.COMPLETED, "False []\n")
        assert supervisor.is_ready
        assert {*carrying(plans[0].marker)} == {*fork_servers(supervisor)}
    kernels = [logged(plan.folder, "kernel-started") for plan in plans]
    assert len({each["pid"] for found in kernels for each in found}) == 9
    assert [found[2]["kind"] in ("forked", "spare") for found in kernels] == [True] * 3
    assert [found[0]["kind"] in ("forked", "spare") for found in kernels] == [True] * 3, "from one that loads nothing"
    assert len(fork_servers(supervisor)) == 2
    supervisor.close()
    assert carrying(plans[0].marker) == []


def test_secrets_of_a_run_stay_hidden_in_its_answers(lab: Lab, supervisor: Supervisor) -> None:
    parts = [Part("a", "token = ''"), Part("a", "assert False, token")]
    plans = runs(lab, parts, Parameter("token", "str", "", secret="token", cell=1))
    for plan in plans[:1]:
        result = run(supervisor, replace(plan, secrets={"token": "hush-hush"}), "a")
        assert "hush-hush" not in repr(result)


@pytest.mark.parametrize(
    ("source", "state"), [("1 / 0", StepState.FAILED), ("import os; os._exit(3)", StepState.CRASHED)]
)
def test_after_a_run_that_did_not_complete_nothing_stays(
    lab: Lab, supervisor: Supervisor, source: str, state: StepState
) -> None:
    plan, *_ = runs(lab, [Part("a", source)])
    assert run(supervisor, plan, "a").state is state
    assert not supervisor.is_ready
    assert carrying(plan.marker) == []
    assert not lives(supervisor.pid)


def test_a_cancelled_run_is_the_last(lab: Lab, supervisor: Supervisor) -> None:
    first, second, _ = runs(lab, [Part("a", "1"), Part("b", "import time; time.sleep(60)")])
    assert run(supervisor, replace(first, selection=("a",)), "a").state is StepState.COMPLETED

    def cancel(event: dict[str, Any]) -> None:
        if event["event"] == "cell-started" and event["step"] == "b":
            supervisor.cancel(130)

    supervisor.begin(second, cancel)
    assert supervisor.run_step("a").state is StepState.COMPLETED
    assert supervisor.run_step("b").state is StepState.CANCELLED
    assert supervisor.finish().state is StepState.CANCELLED
    assert (supervisor.is_ready, carrying(first.marker)) == (False, [])


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and is_alive(psutil.Process(pid))


ABANDONED = """
import json, os, signal, sys
from pathlib import Path
from nb2ops.runtime.processes import is_alive
from nb2ops.runtime.supervision import RunPlan, Supervisor
bundle, folder = map(Path, sys.argv[1:])
supervisor = Supervisor.start(lasting=True)
supervisor.begin(RunPlan("run", bundle, folder / "run", folder, marker="abandoned"), lambda event: None)
supervisor.run_step("a")
supervisor.finish()
print(supervisor.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_between_two_runs_it_ends_with_the_flow_process(lab: Lab) -> None:
    bundle: Path = lab.bundle([Part("a", "1")]).bundle
    command = [sys.executable, "-c", ABANDONED, str(bundle), str(lab.folder)]
    pid = int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)
    wait_for(lambda: not carrying("abandoned") and not lives(pid))
