"""The catalogue of faults: whatever a cell does to its kernel, its machine or its run, nothing is left or lost.

Each row runs a cell that prints, a cell that does it, and a later step, on real processes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jsonschema
import nbformat
import pytest

from nb2ops.model import Json, Modifiers
from nb2ops.runtime.supervision import RunPlan, Supervisor

from .laboratory import Lab, Part, Ran, carrying, wait_for
from .test_run import SCHEMA

MIB = 1 << 20
CHILDREN = (
    "import subprocess\n"
    "subprocess.Popen(['sleep', '600'])\n"
    "subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    "subprocess.Popen(['bash', '-c', 'trap \"\" TERM INT HUP; sleep 600'])\n"
)
DEAF = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
SHORT = {"cell_timeout": 1.0}


@dataclass(frozen=True)
class Fault:
    """A cell, the state of its run, how the message begins, and what the cell still shows."""

    source: str
    state: str
    message: str = ""
    shows: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    modifiers: Modifiers = field(default_factory=Modifiers)


FAULTS = {
    "killed": Fault("import os; os.kill(os.getpid(), 9)", "Crashed", "the kernel died: ended by signal 9 (SIGKILL)"),
    "segfault": Fault("import ctypes; ctypes.string_at(0)", "Crashed", "the kernel died: ended by signal 11 (SIGSEGV)"),
    "os._exit(3)": Fault("import os; os._exit(3)", "Crashed", "the kernel died: it ended itself with exit code 3"),
    "sys.exit(0)": Fault("import sys; print('bye'); sys.exit(0)", "Completed", shows="bye\n"),
    "sys.exit(3)": Fault("import sys; print('bye'); sys.exit(3)", "Failed", "SystemExit: 3", "bye\n"),
    "killed with children": Fault(f"{CHILDREN}import os; os.kill(os.getpid(), 9)", "Crashed", "the kernel died: "),
    "failed with children": Fault(f"{CHILDREN}1 / 0", "Failed", "ZeroDivisionError"),
    "hung": Fault(
        "import time; time.sleep(600)", "TimedOut", "cell 2 took longer than 1 s", plan={"cell_timeout": 1.0}
    ),
    "hung with children": Fault(
        f"{CHILDREN}import time; time.sleep(600)", "TimedOut", "cell 2 took longer", plan=SHORT
    ),
    "SIGINT ignored": Fault(
        f"{DEAF}print('deaf', flush=True)\ntime.sleep(600)",
        "TimedOut",
        "cell 2 took longer than 3 s",
        "deaf\n",
        plan={"cell_timeout": 3.0},
    ),
    "input": Fault("input('who?')", "Failed", "StdinNotImplementedError"),
    "asyncio.run": Fault("import asyncio\nasyncio.run(asyncio.sleep(0))", "Failed", "RuntimeError: asyncio.run()"),
    "fork": Fault(
        "import os, time\nif not os.fork():\n    time.sleep(600)\n    os._exit(0)\nprint('parent')",
        "Completed",
        shows="parent\n",
    ),
    "a fork that returns": Fault(
        "import os\npid = os.fork()\nif pid == 0:\n    os._exit(5)\nprint(os.waitpid(pid, 0)[1] >> 8)",
        "Completed",
        shows="5\n",
    ),
    "another directory": Fault("import os\nos.chdir('/')\nprint(os.getcwd())", "Completed", shows="/\n"),
    "memory": Fault("x = bytearray(2 << 30)", "Failed", "MemoryError", modifiers=Modifiers(memory=600 * MIB)),
}


def check(lab: Lab, ran: Ran, plan: RunPlan) -> None:
    """What holds after every run: true files, no process."""
    wait_for(lambda: not carrying(plan.run), 10)
    record = ran.record
    jsonschema.validate(record, SCHEMA)
    states = {cell["state"] for step in record["steps"] for cell in step["cells"]}
    assert not states & {"Running", "Pending"}
    for path in lab.folder.rglob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    for path in lab.folder.rglob("*.json"):
        json.loads(path.read_text())
    assert not [path for path in (lab.folder / "run").rglob("*") if path.name.endswith(".tmp")]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_cell_does_what_it_should_not(lab: Lab, fault: Fault) -> None:
    parts = [
        Part("a", "print('before')", modifiers=fault.modifiers),
        Part("a", fault.source),
        Part("b", "print('after')"),
    ]
    plan = replace(lab.bundle(parts), **fault.plan)
    ran = lab.run(plan, ["a"], ["b"])
    check(lab, ran, plan)
    assert ran.result.state.value == fault.state
    assert (ran.result.failure.message if ran.result.failure else "").startswith(fault.message)
    assert ran.text(0) == "before\n"
    assert fault.shows in ran.text(1)
    goes_on = fault.state == "Completed" and "exit(0)" not in fault.source.splitlines()[-1]
    assert ran.states()["b"] == ("Completed" if goes_on else "NotRun")
    cells = [cell["state"] for step in ran.record["steps"] for cell in step["cells"]]
    assert cells == ["Completed", fault.state, "Completed" if goes_on else "NotRun"]
    assert ran.seconds < 30


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A folder on a disk of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def whole_notebooks(folder: Path) -> list[Path]:
    """The notebooks of a folder; none is cut off."""
    found = list(folder.rglob("*.ipynb"))
    for path in found:
        json.loads(path.read_text())
    return found


def test_the_run_s_disk_is_full(lab: Lab, small_disk: Path) -> None:
    """Also the record finds no room: the result says so."""
    plan = replace(lab.bundle([Part("a", "print('x' * 600000)"), Part("b", "1")]), folder=small_disk / "run")
    ran = lab.run(plan, ["a"], ["b"])
    assert ran.result.state.value in ("Crashed", "Failed")
    assert "No space left on device" in ran.result.failure.message
    assert ran.states()["b"] == "NotRun"
    whole_notebooks(small_disk)
    for path in small_disk.rglob("record.json"):
        json.loads(path.read_text())
    wait_for(lambda: not carrying(plan.run), 10)


def test_the_output_folder_s_disk_is_full(lab: Lab, small_disk: Path) -> None:
    """The run's own folder keeps what has no room there."""
    plan = replace(lab.bundle([Part("a", "print('x' * 600000)")]), output=small_disk / "out")
    ran = lab.run(plan, ["a"])
    assert ran.result.state.value == "Completed"
    (warning,) = ran.result.warnings
    assert "nb.ipynb could not be copied" in warning
    assert "No space left on device" in warning
    assert whole_notebooks(small_disk) == []
    assert len(ran.text(0)) == 600001


def test_the_output_folder_vanishes_and_cannot_be_made_again(lab: Lab) -> None:
    """As where it is read-only, which is seen before the run begins (`test_faults.USAGE`)."""
    output = lab.folder / "there" / "out"

    def vanish(_: Supervisor, event: Json) -> None:
        if event["event"] == "cell-started":
            shutil.rmtree(output.parent)
            output.parent.write_text("in the way")

    plan = replace(lab.bundle([Part("a", "print('kept')")]), output=output)
    ran = lab.run(plan, ["a"], act=vanish)
    assert ran.result.state.value == "Completed"
    assert f"nb.ipynb could not be copied to {output}" in ran.result.warnings[0]
    assert ran.text(0) == "kept\n"


def test_the_run_s_folder_vanishes(lab: Lab) -> None:
    plan = lab.bundle([Part("a", "import shutil; shutil.rmtree('run')"), Part("b", "print('on')")])
    ran = lab.run(plan, ["a"], ["b"])
    assert ran.result.state.value in ("Failed", "Crashed")
    assert "run" in ran.result.failure.message
    wait_for(lambda: not carrying(plan.run), 10)


def test_after_sigterm_a_notebook_may_clean_up(lab: Lab) -> None:
    """SIGINT is ignored, SIGTERM handled within its grace."""
    source = (
        f"{DEAF}import os\n"
        "def tidy(*_):\n    time.sleep(0.3)\n    open('tidied', 'w').close()\n    os._exit(0)\n"
        "signal.signal(signal.SIGTERM, tidy)\nopen('waits', 'w').close()\ntime.sleep(600)"
    )
    plan = lab.bundle([Part("a", source)])

    def cancel() -> None:
        wait_for(lambda: (lab.folder / "waits").exists())
        lab.supervisor.cancel(143)

    canceller = threading.Thread(target=cancel)
    canceller.start()
    ran = lab.run(plan, ["a"])
    canceller.join()
    assert (lab.folder / "tidied").exists()
    assert ran.result.state.value == "Cancelled"
    check(lab, ran, plan)


def test_thirty_two_runs_at_once(tmp_path: Path) -> None:
    """No port or socket is taken twice, nobody gets another one's output."""

    def run(number: int) -> Ran:
        folder = tmp_path / str(number)
        folder.mkdir()
        lab = Lab(folder)
        return lab.run(replace(lab.bundle([Part("a", f"print({number})")]), run=f"many-{number}"), ["a"])

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(run, range(32)))
    assert [(ran.result.state.value, ran.text(0)) for ran in found] == [("Completed", f"{i}\n") for i in range(32)]
    wait_for(lambda: not any(carrying(f"many-{i}") for i in range(32)), 10)
