"""Steps that run in one kernel because a variable cannot leave it: what they see, how they end, what they leave."""

from __future__ import annotations

import signal
from dataclasses import replace

import jsonschema
import pytest

from nb2ops.model import Json, Modifiers
from nb2ops.runtime.supervision import Supervisor

from .laboratory import Lab, Part, Ran, carrying
from .test_run import MEET, SCHEMA

pytestmark = pytest.mark.slow

HELD = Part("a", "import atexit, threading\nlock = threading.Lock(); rows = [1]; same = rows; name = 'a'")
LEAVES = Part(
    "a", "import atexit, threading; lock = threading.Lock()\natexit.register(lambda: open('left', 'w').close())"
)
NEEDS = {"lock": "a"}


def joined(ran: Ran) -> dict[str, list[str]]:
    return {step["name"]: step["joined"]["steps"] for step in ran.record["steps"]}


def order(ran: Ran) -> list[str]:
    """Starts and ends of steps: `+a`, `-a`."""
    signs = {"step-started": "+", "step-finished": "-"}
    return [signs[event["event"]] + event["step"] for event in ran.events if event["event"] in signs]


def test_a_joined_step_sees_what_one_kernel_would_show(lab: Lab) -> None:
    parts = [
        HELD,
        Part("b", "rows.append(2); name = 'b'\nrows", loads={"rows": "a"}),
        Part("c", "lock.acquire(), rows, same is rows, name", loads={**NEEDS, "rows": "b", "same": "b", "name": "a"}),
        Part("c", "print(len(In), In[1], In[2] == '')"),
        Part("d", "lock.locked(), name", loads={"lock": "c", "name": "b"}),
    ]
    parts[1] = replace(parts[1], source="same = rows; rows.append(2); name = 'b'\nrows")
    ran = lab.at_once(parts)
    assert [ran.text(index) for index in range(1, 5)] == [
        "[1, 2]",
        "(True, [1, 2], True, 'a')",
        "5 import atexit, threading\nlock = threading.Lock(); rows = [1]; same = rows; name = 'a' True\n",
        "(True, 'b')",
    ]
    assert [cell.execution_count for cell in ran.notebook.cells] == [1, 2, 3, 4, 5]
    assert joined(ran) == {"a": [], "b": [], "c": ["a"], "d": ["a", "c"]}
    [why] = ran.record["steps"][2]["joined"]["why"]
    assert why == '"lock" of step "a" holds an object of type _thread.lock, which lives only in its kernel'
    pids = [step["kernel"]["pid"] for step in ran.record["steps"]]
    assert pids[0] == pids[2] == pids[3] != pids[1]
    assert {step["kernel"]["exit_code"] for step in ran.record["steps"]} == {0}
    assert ran.steps["d"].joined == ("a", "c")
    jsonschema.validate(ran.record, SCHEMA)
    assert carrying(ran.result.run) == []


def test_steps_of_one_kernel_take_turns_and_others_run_beside_them(lab: Lab) -> None:
    parts = [
        HELD,
        Part("b", f"lock; here, there = 'b', 'x'\n{MEET}", loads=NEEDS),
        Part("c", "lock", loads=NEEDS),
        Part("x", f"here, there = 'x', 'b'\n{MEET}"),
    ]
    plan = replace(lab.bundle(parts), cell_timeout=30)
    ran = lab.run(plan, ["a"], ["c", "x", "b"])
    assert ran.states() == dict.fromkeys("abcx", "Completed")
    assert [each for each in order(ran) if each[1] in "abc"] == ["+a", "-a", "+b", "-b", "+c", "-c"]
    assert joined(ran)["c"] == ["a", "b"]


def test_a_joined_step_that_fails_is_not_tried_again_and_says_so(lab: Lab) -> None:
    parts = [HELD, Part("b", "1 / 0", loads=NEEDS, modifiers=Modifiers(retries=2)), Part("c", "lock", loads=NEEDS)]
    ran = lab.run(lab.bundle(parts), ["a"], ["b"], ["b"], ["c"])
    assert ran.states() == {"a": "Completed", "b": "Failed", "c": "NotRun"}
    assert not ran.steps["b"].repeatable
    assert ran.result.failure.message == "ZeroDivisionError: division by zero"
    assert ran.steps["b"].warnings == (
        'Step "b" is not tried again: it ran in the kernel of step "a" and has changed it. '
        "Give both steps one name to have them tried again together.",
    )
    assert [step["attempts"] for step in ran.record["steps"]] == [1, 1, 0]


def test_the_first_step_of_a_kernel_is_tried_again_in_a_new_one(lab: Lab) -> None:
    source = "import os, threading; lock = threading.Lock(); first = not os.path.exists('tried'); open('tried', 'w')"
    parts = [Part("a", f"{source}\nassert not first", modifiers=Modifiers(retries=1)), Part("b", "lock", loads=NEEDS)]
    ran = lab.run(lab.bundle(parts), ["a"], ["a"], ["b"])
    assert (ran.states(), joined(ran)["b"]) == ({"a": "Completed", "b": "Completed"}, ["a"])


ENDINGS = [
    ("import os\nos._exit(3)", {}, "Crashed", "the kernel died: it ended itself with exit code 3"),
    ("import time\ntime.sleep(600)", {"cell_timeout": 1.0}, "TimedOut", "cell 2 took longer than 1 s"),
]


@pytest.mark.parametrize(("source", "limits", "state", "message"), ENDINGS)
def test_a_kernel_that_ends_in_a_joined_step(lab: Lab, source: str, limits: Json, state: str, message: str) -> None:
    parts = [HELD, Part("b", source, loads=NEEDS), Part("c", "lock", loads=NEEDS)]
    ran = lab.at_once(parts, **limits)
    assert ran.states() == {"a": "Completed", "b": state, "c": "NotRun"}
    assert (ran.result.failure.step, ran.result.failure.cell, ran.result.failure.message) == ("b", 2, message)
    exits = [step["kernel"]["exit_code"] for step in ran.record["steps"]]
    assert exits[0] == exits[1] is not None
    assert carrying(ran.result.run) == []


def test_a_kernel_that_dies_while_it_waits(lab: Lab) -> None:
    parts = [HELD, Part("b", "import os, time; os.kill(pid, 9); time.sleep(1)"), Part("c", "lock", loads=NEEDS)]
    parts[0] = replace(HELD, source=f"{HELD.source}; import os; pid = os.getpid()")
    parts[1] = replace(parts[1], loads={"pid": "a"})
    ran = lab.at_once(parts)
    assert ran.states() == {"a": "Completed", "b": "Completed", "c": "Crashed"}
    assert ran.result.failure.message == (
        'the kernel of step "a", in which this step has to run, died before it: ended by signal 9 (SIGKILL)'
    )


def test_a_kept_kernel_leaves_by_itself_when_its_steps_do_not_run(lab: Lab) -> None:
    ran = lab.at_once([LEAVES, Part("b", "1 / 0"), Part("c", "lock", loads=NEEDS)])
    assert ran.states() == {"a": "Completed", "b": "Failed", "c": "NotRun"}
    assert (lab.folder / "left").exists()
    assert ran.record["steps"][0]["kernel"]["exit_code"] == 0
    assert carrying(ran.result.run) == []


def test_a_cancel_ends_a_kept_kernel_too(lab: Lab) -> None:
    def act(supervisor: Supervisor, event: Json) -> None:
        if event["event"] == "cell-started" and event["step"] == "b":
            supervisor.cancel(128 + signal.SIGTERM)

    parts = [HELD, Part("b", "import time; time.sleep(600)"), Part("c", "lock", loads=NEEDS)]
    ran = lab.run(lab.bundle(parts), ["a"], ["b"], ["c"], act=act)
    assert ran.states() == {"a": "Completed", "b": "Cancelled", "c": "NotRun"}
    assert carrying(ran.result.run) == []
    assert ran.seconds < 15


def test_two_kernels_that_nobody_foresaw_say_what_to_do(lab: Lab) -> None:
    parts = [
        HELD,
        Part("b", "numbers = (n for n in range(3))"),
        Part("c", "lock, numbers", loads={**NEEDS, "numbers": "b"}),
    ]
    ran = lab.at_once(parts)
    assert ran.states() == {"a": "Completed", "b": "Completed", "c": "Failed"}
    failure = ran.result.failure
    assert (failure.step, failure.cell) == ("c", 3)
    assert 'needs "lock" of step "a" (' in failure.message
    assert 'and "numbers" of step "b" (' in failure.message
    assert failure.message.endswith('Give these steps one name, for example "a", so that they run together.')
    assert carrying(ran.result.run) == []
