"""The memory that a step may use, and what is said when it is not enough."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from nb2ops.model import Modifiers
from nb2ops.runtime import memory

from .laboratory import Lab, Part
from .test_run import SCHEMA

MIB = 1 << 20
LIMITED = Modifiers(memory=600 * MIB)
OLD_GROUPS = Path("/sys/fs/cgroup/memory")
needs_old_groups = pytest.mark.skipif(
    os.geteuid() != 0 or not (OLD_GROUPS / "memory.limit_in_bytes").exists(),
    reason="only root can make the group (cgroup v1) whose limit the system's log tells of",
)


def test_a_step_that_wants_more_than_it_may_use_fails(lab: Lab) -> None:
    parts = [
        Part("a", "print(len(bytearray(100 << 20)))", modifiers=LIMITED),
        Part("a", "bytearray(2 << 30)"),
    ]
    ran = lab.at_once(parts)
    assert ran.states() == {"a": "Failed"}
    assert (ran.result.failure.cell, ran.result.failure.message) == (2, "MemoryError")
    assert ran.text(0) == f"{100 * MIB}\n"
    held = ran.record["steps"][0]["memory"]
    assert held["limit"] == 600 * MIB
    assert held["by"] in ("cgroup", "rlimit")
    jsonschema.validate(ran.record, SCHEMA)


def test_a_limit_is_its_own_step_s_also_in_one_kernel(lab: Lab) -> None:
    parts = [
        Part("a", "source = iter([1])\nfile = open('/dev/null')", modifiers=LIMITED),
        Part("b", "print(len(bytearray(1 << 30)), file.name)", loads={"file": "a"}),
    ]
    ran = lab.at_once(parts)
    assert ran.states() == {"a": "Completed", "b": "Completed"}
    assert [step["memory"] and step["memory"]["limit"] for step in ran.record["steps"]] == [600 * MIB, None]


def test_a_group_is_used_where_one_can_be_made(tmp_path: Path) -> None:
    assert memory.limit(os.getpid(), 5 * MIB, tmp_path) == memory.Limit("cgroup", 5 * MIB)
    (group,) = tmp_path.iterdir()
    assert (group / "memory.max").read_text() == str(5 * MIB)
    assert (group / "cgroup.procs").read_text() == str(os.getpid())
    (group / "memory.events").write_text("low 0\noom 1\noom_kill 0\n")
    assert not memory.ran_out(os.getpid(), 0, tmp_path)
    (group / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert memory.ran_out(os.getpid(), 0, tmp_path)
    assert memory.limit(os.getpid(), None, tmp_path) is None
    assert (group / "memory.max").read_text() == "max"


def test_without_groups_the_process_is_limited() -> None:
    code = "import sys; sys.stdin.readline(); bytearray(1 << 30)"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert memory.limit(process.pid, 300 * MIB, Path("/proc/none")) == memory.Limit("rlimit", 300 * MIB)
    _, said = process.communicate("\n", timeout=30)
    assert said.rstrip().endswith("MemoryError")


def test_a_signal_is_no_proof(lab: Lab) -> None:
    ran = lab.at_once([Part("a", "import os; os.kill(os.getpid(), 9)", modifiers=LIMITED)])
    assert ran.result.failure.message == "the kernel died: ended by signal 9 (SIGKILL)"


@needs_old_groups
def test_a_kernel_that_the_system_kills_for_memory_says_so(lab: Lab) -> None:
    group = OLD_GROUPS / f"nb2ops-test-{os.getpid()}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(150 * MIB))
    enter = f"import os; open('{group}/cgroup.procs', 'w').write(str(os.getpid())); print('in')"
    ran = lab.at_once([Part("a", enter), Part("a", "b'x' * (400 << 20)")])
    group.rmdir()
    assert ran.result.failure.message == "the kernel died: ended by signal 9 (SIGKILL), likely out of memory"
    assert ran.text(0) == "in\n"
