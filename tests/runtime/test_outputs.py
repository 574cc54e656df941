"""What cells print reaches the executed notebook, however much, however late and in whatever bytes."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import jsonschema
import pytest

from nb2ops.model import Json
from nb2ops.runtime.printed import HEAD, TAIL
from nb2ops.runtime.supervision import Supervisor

from .laboratory import Lab, Part
from .test_run import SCHEMA

MIB = 1 << 20
HUNDRED_MB = {
    "one print": "print('x' * (100 << 20))",
    "many prints": "for _ in range(100 << 10):\n    print('x' * 1023)",
}
# what is printed -> source, and what the cell shows
TEXTS = {
    "past the streams": ("import os, time; os.write(1, b'\\xff\\xfe on\\n'); time.sleep(0.3)", "\ufffd\ufffd on\n"),
    "by a shell": ("!printf '\\377 on\\n'", "\ufffd on\r\n"),
    "half a character": ("print('\\udcff on')", "\ufffd on\n"),
    "200,000 lines": ("for i in range(200000): print(i)", "".join(f"{i}\n" for i in range(200000))),
    "drawn again": ("print('a\\rb\\rc')", "a\rb\rc\n"),
}


@pytest.mark.parametrize(("source", "text"), TEXTS.values(), ids=TEXTS)
def test_all_that_is_printed_is_kept(lab: Lab, monkeypatch: pytest.MonkeyPatch, source: str, text: str) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it ipykernel does not look at file descriptors
    ran = lab.at_once([Part("a", source), Part("a", "print('next')")])
    assert ran.result.state.value == "Completed"
    assert ran.text(0) == text
    assert ran.text(1) == "next\n"


def test_flushed_lines_are_one_output_and_few_events(lab: Lab) -> None:
    source = (
        "import sys\nfor i in range(3000): print(i, flush=True)\nprint('!', file=sys.stderr, flush=True)\nprint('on')"
    )
    ran = lab.at_once([Part("a", source)])
    outputs = [(output.name, output.text) for output in ran.notebook.cells[0].outputs]
    assert outputs == [("stdout", "".join(f"{i}\n" for i in range(3000))), ("stderr", "!\n"), ("stdout", "on\n")]
    events = [each for each in ran.events if each["event"] == "output"]
    assert [(each["stream"], each["text"]) for each in events[-2:]] == [("stderr", "!\n"), ("stdout", "on\n")]
    assert "".join(each["text"] for each in events[:-2]) == outputs[0][1]
    assert len(events) < 300


def test_nothing_that_is_printed_is_lost_while_nobody_has_time_to_read_it(lab: Lab) -> None:
    def pause(supervisor: Supervisor, event: Json) -> None:
        if event["event"] == "cell-started":
            os.kill(supervisor.pid, signal.SIGSTOP)
            threading.Timer(3.0, os.kill, (supervisor.pid, signal.SIGCONT)).start()

    source = "for i in range(8000): print(i, flush=True)"
    ran = lab.run(lab.bundle([Part("a", source)]), ["a"], act=pause)
    assert ran.text(0).split() == [str(i) for i in range(8000)]


@pytest.mark.parametrize("source", HUNDRED_MB.values(), ids=HUNDRED_MB)
def test_a_hundred_megabytes_neither_fail_the_run_nor_fill_memory(lab: Lab, source: str) -> None:
    peak = []

    def measure(supervisor: Supervisor, event: Json) -> None:
        if event["event"] == "step-finished":
            status = Path(f"/proc/{supervisor.pid}/status").read_text()
            peak.append(int(status.split("VmHWM:")[1].split()[0]) * 1024)

    ran = lab.run(lab.bundle([Part("a", source), Part("a", "print('next')")]), ["a"], act=measure)
    assert ran.result.state.value == "Completed"
    assert peak[0] < 500 * MIB
    full = lab.folder / "run" / "outputs" / "cell-1.txt"
    assert full.stat().st_size >= 100 * MIB
    cut = ran.record["steps"][0]["cells"][0]["cut"]
    assert cut == {"bytes": full.stat().st_size - HEAD - TAIL, "file": str(full)}
    assert f"nb2ops: {cut['bytes']:,} bytes are cut here; the full text is in {full}" in ran.text(0)
    assert HEAD + TAIL < len(ran.text(0)) < HEAD + TAIL + 1000
    assert ran.text(1) == "next\n"
    assert sum(path.stat().st_size for path in (lab.folder / "run").glob("*.json*")) < 5 * MIB
    jsonschema.validate(ran.record, SCHEMA)


def test_pictures_and_errors_stand_behind_what_was_cut_before_them(lab: Lab) -> None:
    ran = lab.at_once([Part("a", f"print('x' * {6 * MIB}, flush=True)\ndisplay('shown')\n1 / 0")])
    kinds = [output.output_type for output in ran.notebook.cells[0].outputs]
    assert kinds == ["stream", "stream", "stream", "display_data", "error"]


def test_what_is_cleared_does_not_count(lab: Lab) -> None:
    loop = f"for i in range(4):\n    clear_output(wait=True)\n    print('x' * {2 * MIB}, i)"
    source = f"from IPython.display import clear_output\n{loop}"
    ran = lab.at_once([Part("a", source)])
    assert len(ran.text(0)) == 2 * MIB + 3
    assert ran.text(0).endswith("x 3\n")


LATE = """
import threading, time
def work():
    for i in range(5):
        print('late', i)
        time.sleep(0.2)
thread = threading.Thread(target=work)
thread.start()
del thread
"""


def test_threads_are_heard_out_after_the_last_cell(lab: Lab) -> None:
    ran = lab.at_once([Part("a", LATE), Part("a", "print('next')"), Part("b", "print('b')")])
    printed = ran.text(0) + ran.text(1)
    assert sorted(printed.split("\n")) == sorted([*(f"late {i}" for i in range(5)), "next", ""])
    assert ran.result.warnings == ()
    assert ran.steps["a"].warnings == ()
    shown = [each for each in ran.events if each["event"] == "cell-shown"]
    assert shown[-1]["outputs"] == ran.record["steps"][0]["cells"][shown[-1]["cell"] - 1]["outputs"]


def test_a_thread_that_goes_on_for_too_long_is_named(lab: Lab) -> None:
    source = "import threading, time\nthreading.Thread(target=time.sleep, args=[30], name='slow').start()"
    ran = lab.at_once([Part("a", source)])
    (warning,) = ran.steps["a"].warnings
    assert warning.startswith('Step "a": thread "slow" still ran 10 s after the last cell')
    assert ran.result.state.value == "Completed"


def test_idle_workers_of_a_pool_and_daemons_hold_nobody_up(lab: Lab) -> None:
    source = (
        "import threading, time\nfrom concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
        "list(pool.map(abs, range(4)))\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()"
    )
    ran = lab.at_once([Part("a", source)])
    assert ran.steps["a"].seconds < 9
    assert ran.steps["a"].warnings == ()


def test_what_was_sent_before_the_kernel_died_is_kept(lab: Lab) -> None:
    source = "import os, time\nfor i in range(200): print(i, flush=True)\ntime.sleep(0.5)\nos.kill(os.getpid(), 9)"
    ran = lab.at_once([Part("a", source)])
    assert ran.result.state.value == "Crashed"
    assert ran.text(0) == "".join(f"{i}\n" for i in range(200))
