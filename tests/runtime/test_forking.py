"""Kernels by fork: which kind a step gets and why, what is loaded ahead, and who dies with whom."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from nb2ops.inkernel import forkserver
from nb2ops.model import Json, Preload, StepState
from nb2ops.runtime.forking import obstacle
from nb2ops.runtime.handover import lent_packages
from nb2ops.runtime.kernels import KernelSpec, connect, find_kernel
from nb2ops.runtime.supervision import Supervisor

from .laboratory import Lab, Part, Ran, carrying, logged, wait_for

PYTHON = ("/env/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}")
FOREIGN = "its command is not `python -m ipykernel_launcher -f {connection_file}`"

# command, environment -> why its kernels are not forked
OBSTACLES = [
    (PYTHON, {}, None),
    ((PYTHON[0], "-Xfrozen_modules=off", *PYTHON[1:]), {}, None),
    ((*PYTHON, "--quiet"), {}, FOREIGN),
    (("wrapper", *PYTHON), {}, FOREIGN),
    (("R", "-e", "IRkernel::main()", "{connection_file}"), {}, FOREIGN),
    (PYTHON, {"NB2OPS_KERNELS": "ordinary"}, "NB2OPS_KERNELS is ordinary"),
]


@pytest.mark.parametrize(("argv", "environment", "why"), OBSTACLES)
def test_which_kernels_are_forked(argv: tuple[str, ...], environment: dict[str, str], why: str | None) -> None:
    assert obstacle(KernelSpec("k", "python", argv), environment) == why


def kernels(ran: Ran) -> list[Json]:
    return [step["kernel"] for step in ran.record["steps"]]


def run(lab: Lab, parts: Sequence[Part], *preloads: Preload) -> Ran:
    return lab.run(lab.bundle(parts, preloads=preloads), *[[name] for name in dict.fromkeys(p.step for p in parts)])


def test_steps_get_forked_kernels_and_their_usage_is_known(lab: Lab) -> None:
    ran = run(lab, [Part("a", "x = bytearray(1 << 27)"), Part("b", "1"), Part("c", "2")])
    for kernel in kernels(ran):
        assert kernel["kind"] in ("forked", "spare")
        assert (kernel["why"], kernel["exit_code"]) == (None, 0)
        assert kernel["cpu_seconds"] > 0
    assert kernels(ran)[0]["peak_bytes"] > 1 << 27


def test_ordinary_kernels_on_demand(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NB2OPS_KERNELS", "ordinary")
    [kernel] = kernels(run(lab, [Part("a", "1")]))
    assert (kernel["kind"], kernel["why"]) == ("ordinary", "NB2OPS_KERNELS is ordinary")


SEEN = "import sys\nprint('colorsys' in sys.modules)"


def test_a_module_is_loaded_ahead_for_steps_after_its_import_only(lab: Lab) -> None:
    parts = [Part("a", SEEN), Part("b", SEEN), Part("b", "import colorsys"), Part("c", SEEN)]
    plan = lab.bundle(parts, preloads=(Preload("import colorsys", 2),))
    ran = lab.run(plan, ["a"], ["b"], ["c"])
    assert [ran.text(index) for index in (0, 1, 3)] == ["False\n", "False\n", "True\n"]
    assert {kernel["kind"] for kernel in kernels(ran)} <= {"forked", "spare"}


def test_a_step_that_is_tried_again_does_not_see_what_was_loaded_since(lab: Lab) -> None:
    parts = [Part("a", SEEN), Part("a", "import colorsys"), Part("b", "1")]
    ran = lab.run(lab.bundle(parts, preloads=(Preload("import colorsys", 1),)), ["a"], ["b"], ["a"])
    assert ran.text(0) == "False\n"
    kernel = kernels(ran)[0]
    assert kernel["kind"] == "ordinary"
    assert kernel["why"] == 'the fork server has loaded what the notebook imports after step "a" begins'


def test_pyarrow_works_where_it_was_loaded_ahead_although_it_starts_a_thread(lab: Lab) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow, as pandas does for text")
    source = (
        "import pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset as ds, pyarrow.parquet as pq\n"
        "pq.write_table(pa.table({'x': range(100_000)}), 'x.parquet', row_group_size=1000)\n"
        "print(pc.sum(ds.dataset('x.parquet').to_table(use_threads=True)['x']))"
    )
    plan = lab.bundle([Part("a", "import pyarrow"), Part("b", source)], preloads=(Preload("import pyarrow", 0),))
    ran = lab.run(plan, ["a"], ["b"])
    assert ran.text(1) == "4999950000\n"
    assert (kernels(ran)[1]["kind"] in ("forked", "spare"), kernels(ran)[1]["why"]) == (True, None)


# a module beside the notebook or an import -> why it is not loaded ahead
REFUSED = [
    ("import this", "importing prints or warns"),
    ("import warnings; warnings.warn('old')", "importing prints or warns"),
    ("import os; os.write(2, b'x')", "importing prints or warns"),
    ("import mine", "mine is not an installed module"),
    ("import no_such_module", '"import no_such_module" raises ModuleNotFoundError: No module named'),
    ("import threading, time; threading.Thread(target=time.sleep, args=[60]).start()", "importing starts threads"),
    ("import sys; sys.path.append('x')", "importing changes paths, signals, streams, hooks, open files or the locale"),
    ("file = open('nb')", None),
    ("import sys; sys.file = open('mine.py')", "importing changes paths, signals,"),
    ("import os; os.environ['PATH'] = ''", "importing changes environment variables"),
    ("from IPython import get_ipython; get_ipython()", "__main__ looks for IPython's shell while it is imported"),
]


@pytest.mark.parametrize(("statement", "why"), REFUSED)
def test_what_cannot_be_loaded_ahead_is_not(tmp_path: Path, statement: str, why: str | None) -> None:
    (tmp_path / "mine.py").write_text("open('executed', 'w').close()\n")
    (tmp_path / "nb").touch()
    with fork_server(tmp_path) as control:
        control.sendall(json.dumps({"op": "preload", "statements": [statement]}).encode() + b"\n")
        found = json.loads(control.makefile().readline())["preloaded"]
    assert (found is None) if why is None else (why in found), found
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("when", ["at once", "later"])
def test_at_the_end_of_its_input_it_ends_its_kernels_and_tells_of_it(tmp_path: Path, when: str) -> None:
    """The supervisor waits for the ends of kernels: one that nobody told of held a run up for 15 s."""
    connection, _ = connect(find_kernel("python3"), tmp_path / "k")
    with fork_server(tmp_path) as control:  # on one processor: it goes on while what it forked waits for its turn
        request = {"op": "fork", "id": 1, "argv": ["-f", str(connection)], "log": str(tmp_path / "kernel.log")}
        control.sendall(json.dumps(request).encode() + b"\n")
        told = control.makefile()
        if when == "at once":
            control.shutdown(socket.SHUT_WR)
        pid = json.loads(told.readline())["pid"]
        if when == "later":
            control.shutdown(socket.SHUT_WR)
        (ended,) = map(json.loads, told)
    assert (ended["ended"], os.waitstatus_to_exitcode(ended["status"])) == (pid, -signal.SIGKILL)


@contextmanager
def fork_server(folder: Path) -> Iterator[socket.socket]:
    """A fork server in a folder, on one processor and without kernels, and the channel to it."""
    ours, theirs = socket.socketpair()

    def prepare() -> None:
        os.dup2(theirs.fileno(), forkserver.CONTROL)
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

    with ours:
        with theirs:
            server = subprocess.Popen(
                [sys.executable, forkserver.__file__, *lent_packages().values()],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                pass_fds=[forkserver.CONTROL],
                preexec_fn=prepare,
            )
        yield ours
    assert server.wait(30) == 0


def test_steps_go_on_where_something_cannot_be_loaded_ahead(lab: Lab) -> None:
    ran = run(lab, [Part("a", "1"), Part("b", "print('on')"), Part("c", "print('on')")], Preload("import this", 0))
    assert ran.states() == dict.fromkeys("abc", "Completed")
    first, *later = (kernel["why"] for kernel in kernels(ran))
    assert first is None
    assert all("importing prints or warns" in found for found in later)


def test_nothing_is_loaded_ahead_of_a_startup_file_of_the_user_s(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    startup = lab.folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("import sys; early = 'colorsys' in sys.modules")
    monkeypatch.setenv("IPYTHONDIR", str(lab.folder / "ipython"))
    ran = run(lab, [Part("a", "1"), Part("b", "early")], Preload("import colorsys", 0))
    assert ran.text(1) == "False"
    assert "IPython runs startup files" in kernels(ran)[1]["why"]


ENVIRONMENT = "import os, warnings\nprint(os.environ.get('SET'), warnings.filters[0][0])"


def test_what_imports_set_is_there_when_the_step_begins_and_belongs_to_no_step(lab: Lab) -> None:
    statement = "import os, warnings\nos.environ['SET'] = '1'\nwarnings.simplefilter('error')"
    ran = run(lab, [Part("a", ENVIRONMENT), Part("b", ENVIRONMENT)], Preload(statement, 0))
    assert ran.text(0).startswith("None ")
    assert ran.text(1) == "1 error\n"
    assert kernels(ran)[1]["why"] is None


DRAW = "import numpy, random, uuid\nprint(numpy.random.rand(), random.random(), uuid.uuid4().hex)"


def test_kernels_draw_different_numbers_and_share_a_hash_seed(lab: Lab) -> None:
    parts = [Part("a", "1"), Part("b", DRAW), Part("b", "hash('x')"), Part("c", DRAW), Part("c", "hash('x')")]
    plan = lab.bundle(parts, preloads=(Preload("import numpy.random, random, uuid", 0),))
    ran = lab.run(plan, ["a"], ["b", "c"])
    assert not set(ran.text(1).split()) & set(ran.text(3).split())
    assert ran.text(2) == ran.text(4)


def fork_servers(supervisor: Supervisor) -> list[psutil.Process]:
    children = psutil.Process(supervisor.pid).children()
    return [each for each in children if any("forkserver" in part for part in each.cmdline())]


def test_when_the_fork_server_dies_kernels_end_and_nothing_is_left(lab: Lab) -> None:
    busy = "import subprocess, time; subprocess.Popen(['sleep', '600']); open('busy', 'w').close(); time.sleep(600)"
    plan = lab.bundle([Part("a", "1"), Part("b", busy)])

    def kill() -> None:
        wait_for(lambda: (lab.folder / "busy").exists())
        for server in fork_servers(lab.supervisor):
            server.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    ran = lab.run(plan, ["a"], ["b"])
    killer.join()
    assert ran.states() == {"a": "Completed", "b": "Crashed"}
    assert ran.result.failure.message.startswith("the kernel died: ended by signal 9")
    assert carrying(plan.run) == []


def test_after_the_fork_server_s_death_steps_get_ordinary_kernels(lab: Lab) -> None:
    def kill(supervisor: Supervisor, event: Json) -> None:
        if event["event"] == "step-finished" and event["step"] == "a":
            for server in fork_servers(supervisor):
                server.kill()
                wait_for(lambda server=server: not server.is_running() or server.status() == "zombie")
                time.sleep(0.2)  # until the supervisor has read the end of its channel

    ran = lab.run(lab.bundle([Part("a", "1"), Part("b", "2"), Part("c", "3")]), ["a"], ["b"], ["c"], act=kill)
    assert ran.states() == dict.fromkeys("abc", "Completed")
    assert [(each["kind"], each["why"]) for each in kernels(ran)[1:]] == [("ordinary", "the fork server has ended")] * 2


def test_a_forked_kernel_that_kills_itself_is_noticed_at_once(lab: Lab) -> None:
    ran = run(lab, [Part("a", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")])
    assert ran.result.state is StepState.CRASHED
    assert kernels(ran)[0]["exit_code"] == -signal.SIGKILL
    started, ended = (logged(lab.folder / "run", name)[0]["time"] for name in ("cell-started", "kernel-ended"))
    assert ended[:16] >= started[:16]


def test_spares_of_a_run_that_never_begins_end(lab: Lab) -> None:
    plan = lab.bundle([Part("a", "1")])
    supervisor = Supervisor.start(plan.preparation)
    wait_for(lambda: len(carrying(plan.run)) >= 2)
    supervisor.close()
    wait_for(lambda: not carrying(plan.run))


def test_a_run_takes_up_what_was_prepared_for_it_and_drops_what_was_not(lab: Lab) -> None:
    plan = lab.bundle([Part("a", "print('on')")])
    for prepared in (plan.preparation, replace(plan.preparation, marker="another")):
        supervisor = lab.supervisor = Supervisor.start(prepared)
        supervisor.begin(plan, lambda event: None)
        assert supervisor.run_step("a").state is StepState.COMPLETED
        assert carrying("another") == []
        assert supervisor.finish().state is StepState.COMPLETED
        assert carrying(plan.run) == []


@pytest.mark.parametrize(("jobs", "most"), [(1, 1), (3, 3)])
def test_so_many_steps_run_at_once_as_jobs_says(lab: Lab, jobs: int, most: int) -> None:
    names = ["a", "b", "c"]
    plan = replace(lab.bundle([Part(name, "import time; time.sleep(0.5)") for name in names]), jobs=jobs)
    ran = lab.run(plan, names)
    at_once = running = 0
    for event in ran.events:
        running += {"step-started": 1, "step-finished": -1}.get(event["event"], 0)
        at_once = max(at_once, running)
    assert at_once == most


def test_a_kernel_outlives_no_supervisor(lab: Lab) -> None:
    plan = lab.bundle([Part("a", "open('on', 'w').close(); import time; time.sleep(600)")])

    def kill(supervisor: Supervisor, event: Json) -> None:
        if event["event"] == "cell-started":
            wait_for(lambda: (lab.folder / "on").exists())
            os.kill(supervisor.pid, signal.SIGKILL)

    ran = lab.run(plan, ["a"], act=kill)
    assert ran.states() == {"a": "Crashed"}
    assert carrying(plan.run) == []
