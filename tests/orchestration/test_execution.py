from __future__ import annotations

import gc
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import pytest
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from nb2ops.errors import ServiceError, UsageError
from nb2ops.inkernel.pack import Pack
from nb2ops.model import Json, Modifiers, Parameter, Role, RunResult, StepState
from nb2ops.orchestration.api import request
from nb2ops.orchestration.bundle import load_flow
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.execution import ROUNDS, execute, server
from nb2ops.orchestration.history import RunFilter, list_runs
from nb2ops.orchestration.home import signing_key
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.planning import origins
from nb2ops.runtime.handover import pack_key
from nb2ops.runtime.processes import wait_until
from nb2ops.wire import read_pipeline

from .bundles import Part, write_bundle

AT_ONCE = 10.0  # seconds on a machine that is busy
DEPTH = Parameter("depth", "int", "3", 3)
BUSY = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('busy', flush=True); time.sleep(600)"


@pytest.fixture
def run(prefect: Connection, tmp_path: Path):
    def run(*parts: Part, parameters: Json | None = None, **options) -> RunResult:
        bundle = write_bundle(tmp_path / "bundle", *parts, parameters=[DEPTH])
        chosen = RunOptions(notebook=tmp_path / "tiny.ipynb", folder=tmp_path / "run", directory=tmp_path, **options)
        return execute(bundle, parameters or {}, chosen, lambda event: None)

    return run


def flow_run(prefect: Connection, identifier: str) -> Json:
    found: Json = request(prefect, "GET", f"/flow_runs/{identifier}")
    return found


def state(prefect: Connection, identifier: str) -> str:
    return str(flow_run(prefect, identifier)["state_name"])


def rows(prefect: Connection, kind: str, run: str) -> list[Json]:
    found: list[Json] = request(prefect, "POST", f"/{kind}/filter", {"flow_runs": {"id": {"any_": [run]}}})
    return found


def states_of_tasks(prefect: Connection, flow_run: str) -> dict[str, str]:
    return {each["name"]: each["state_name"] for each in rows(prefect, "task_runs", flow_run)}


def logs(prefect: Connection, run: str) -> list[str]:
    found = request(prefect, "POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run]}}})
    return [each["message"] for each in found]


class TestCompleted:
    def test_prefect_shows_it(self, run, prefect, tmp_path, capfd):
        result = run(
            Part("load", ["x = 1", "print('loaded')"]),
            Part("left", ["print('left')"], after=["load"]),
            Part("right", ["auc = 0.97\nauc"], after=["load"], role=Role.METRICS, metrics=["auc"]),
            parameters={"depth": 5},
        )
        assert (result.state, result.failure) == (StepState.COMPLETED, None)
        assert [(step.step, step.state) for step in result.steps] == [
            ("load", "Completed"),
            ("left", "Completed"),
            ("right", "Completed"),
        ]

        shown = flow_run(prefect, result.flow_run)
        assert (shown["state_name"], shown["parameters"]) == ("Completed", {"depth": 5})
        assert shown["tags"] == ["notebook:tiny.ipynb"]
        assert shown["labels"]["nb2ops.notebook"] == str(tmp_path / "tiny.ipynb")
        assert wait_until(lambda: [*states_of_tasks(prefect, result.flow_run).values()] == ["Completed"] * 3, 10)
        tasks = {each["name"]: each for each in rows(prefect, "task_runs", result.flow_run)}
        assert [each["id"] for each in tasks["left"]["task_inputs"]["wait_for"]] == [tasks["load"]["id"]]
        assert wait_until(lambda: "cell 2: loaded" in logs(prefect, result.flow_run), 10)
        artifacts = {each["key"]: each["data"] for each in rows(prefect, "artifacts", result.flow_run)}
        assert set(artifacts) == {"tiny-metrics", "tiny-notebook"}
        assert "| auc | 0.97 | right | 4 |" in artifacts["tiny-metrics"]
        assert str(result.notebook) in artifacts["tiny-notebook"]
        assert capfd.readouterr() == ("", "")

        (known,) = list_runs(RunFilter(notebook=str(tmp_path / "tiny.ipynb"))).runs
        assert (known.id, known.flow, known.state, known.cause) == (result.flow_run, "tiny", "Completed", "hand")
        assert known.start <= known.end

    def test_runs_of_one_process_share_what_brings_logs_and_states_to_the_server(self, run, prefect):
        def clients() -> int:
            gc.collect()
            return sum(isinstance(each, EventsWorker | APILogWorker) for each in gc.get_objects())

        assert run(Part("load", ["print(1)"])).state is StepState.COMPLETED
        before = clients()
        assert run(Part("load", ["print(2)"])).state is StepState.COMPLETED
        assert clients() == before

    def test_after_a_retry(self, run, prefect, tmp_path):
        flaky = "import pathlib; seen = pathlib.Path('seen'); first = not seen.exists(); seen.touch(); assert not first"
        result = run(Part("flaky", [flaky], modifiers=Modifiers(retries=1)))
        assert result.state is StepState.COMPLETED
        assert flow_run(prefect, result.flow_run)["state_name"] == "Completed"

    def test_selected_steps_only(self, run):
        result = run(Part("load", ["1"]), Part("fit", ["2"], after=["load"]), selection=("fit",))
        assert [step.state for step in result.steps] == [StepState.NOT_RUN, StepState.COMPLETED]
        assert result.state is StepState.COMPLETED


FAILING = [
    pytest.param(
        Part("fit", ["x = 0\n1 / x"]),
        {},
        ("FAILED", "Failed"),
        'tiny.ipynb, cell 2, line 2, step "fit": ZeroDivisionError: division by zero',
        id="a cell fails",
    ),
    pytest.param(
        Part("fit", ["auc = 0.5\nassert auc > 0.9"], role=Role.GATE, modifiers=Modifiers(retries=2)),
        {},
        ("FAILED", "Rejected"),
        'tiny.ipynb, cell 2, line 2, step "fit": ',
        id="a gate is red",
    ),
    pytest.param(
        Part("fit", ["import time; time.sleep(600)"]),
        {"cell_timeout": 0.5},
        ("FAILED", "TimedOut"),
        'tiny.ipynb, cell 2, line 1, step "fit": cell 2 took longer than 0.5 s',
        id="a cell takes too long",
    ),
    pytest.param(
        Part("fit", ["import os; os.kill(os.getpid(), 9)"]),
        {},
        ("CRASHED", "Crashed"),
        'tiny.ipynb, cell 2, step "fit": the kernel died: ended by signal 9 (SIGKILL)',
        id="the kernel dies",
    ),
]


class TestNotCompleted:
    @pytest.mark.parametrize(("part", "options", "state", "message"), FAILING)
    def test_the_state_and_the_sentence_are_the_steps_own(self, run, prefect, part, options, state, message):
        fit = replace(part, after=["load"])
        result = run(Part("load", ["1"]), fit, Part("late", ["2"], ["fit"]), Part("later", ["3"], ["late"]), **options)
        assert [step.state for step in result.steps] == ["Completed", state[1], "NotRun", "NotRun"]
        assert (result.state, result.failure.step) == (state[1], "fit")

        shown = flow_run(prefect, result.flow_run)
        assert (shown["state_type"], shown["state_name"]) == state
        assert shown["state"]["message"].startswith(message)
        ended = {"load": "Completed", "fit": state[1], "late": "NotRun", "later": "NotRun"}
        assert wait_until(lambda: states_of_tasks(prefect, result.flow_run) == ended, 10)
        assert [each["run_count"] for each in rows(prefect, "task_runs", result.flow_run)] == [1, 1, 1, 1]

    def test_a_parameter_that_does_not_fit_begins_nothing(self, run):
        with pytest.raises(UsageError, match="depth"):
            run(Part("load", ["1"]), parameters={"depth": "deep"})

    def test_a_kernel_that_is_not_there_begins_nothing(self, run):
        with pytest.raises(UsageError, match="nowhere"):
            run(Part("load", ["1"]), kernel="nowhere")

    def test_a_folder_without_flow_is_no_bundle(self, prefect, tmp_path):
        with pytest.raises(UsageError, match="Build the bundle again"):
            execute(tmp_path, {}, RunOptions(), lambda event: None)


EXECUTE = """
import sys
import time
from pathlib import Path
from nb2ops.orchestration.execution import ROUNDS, execute, server
from nb2ops.orchestration.options import RunOptions
result = execute(Path(sys.argv[1]).parent, {}, RunOptions(), lambda event: None)
print(result.state.value, result.signal)
"""


class TestPrivate:
    def test_what_a_run_leaves_is_its_owners_and_its_variables_are_readable_afterwards(self, prefect, tmp_path):
        bundle = write_bundle(
            tmp_path / "bundle", Part("load", ["x = 42"]), Part("fit", ["x"], ["load"], {"x": "load"})
        )
        result = execute(bundle, {}, RunOptions(notebook=tmp_path / "tiny.ipynb"), lambda event: None)
        record = Path(result.record)
        assert (mode(tmp_path / ".nb2ops"), mode(record.parent), mode(record)) == (0o700, 0o700, 0o600)
        with Pack(str(record.parent / "packs" / "load.pack"), bytes.fromhex(pack_key(signing_key()))) as pack:
            assert pack.variables(["x"]) == {"x": 42}

    def test_no_run_overwrites_its_notebook(self, run, tmp_path):
        (tmp_path / "tiny.ipynb").write_text("mine")
        with pytest.raises(UsageError, match=r"would overwrite tiny\.ipynb"):
            run(Part("load", ["1"]), output=tmp_path)
        assert (tmp_path / "tiny.ipynb").read_text() == "mine"


@pytest.mark.parametrize(
    ("parameter", "value", "origin"),
    [
        (Parameter("x", "Any", "1", 1), 1, "default"),
        (Parameter("x", "Any", "1", 1), 1.0, "given"),
        (Parameter("x", "Any", "0", 0), False, "given"),
        (Parameter("x", "float", "1", 1), 1.0, "default"),  # Prefect makes every value of x a float
        (Parameter("x", "float", "1", 1), 2.0, "given"),
        (Parameter("x", "Any", "f()", computed=True), 1, "given"),
    ],
)
def test_what_counts_as_given(tmp_path, parameter, value, origin):
    pipeline = read_pipeline(write_bundle(tmp_path, Part("load", ["1"]), parameters=[parameter]))
    assert origins(pipeline, {"x": value}) == {"x": origin}


def test_a_deployment_hands_on_what_was_said_and_nothing_about_the_user():
    assert RunOptions().environment == {}
    said = RunOptions(notebook=Path("/a/nb.ipynb"), kernel="r", timeout=5.0, storage="s3://models/runs", report=True)
    assert RunOptions.from_environment(said.environment) == said


class TestPrefectFails:
    @pytest.mark.parametrize(("status", "asked"), [(404, 1), (500, 1), (503, ROUNDS), (None, 0)])
    def test_after_it_answered_once(self, prefect_home, tmp_path, monkeypatch, status, asked):
        """Where it is only busy it is asked again, beyond what Prefect's client does by itself."""
        bundle = write_bundle(tmp_path / "bundle", Part("load", ["1"]))
        posts: list[str] = []
        with failing_prefect(status, posts) as url, temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
            monkeypatch.setenv("PREFECT_API_URL", url)
            with pytest.raises(ServiceError, match=r"Prefect failed at .*unset PREFECT_API_URL") as error:
                execute(bundle, {}, RunOptions(), lambda event: None)
        assert error.value.exit_code == 3
        assert posts == ["/api/flows/"] * asked

    def test_python_flow_py_says_which_server_and_what_to_do(self, prefect_home, tmp_path, monkeypatch):
        flow = load_flow(write_bundle(tmp_path / "bundle", Part("load", ["1"])))
        with failing_prefect(None, []) as url:
            monkeypatch.setenv("PREFECT_API_URL", url)
            with pytest.raises(ServiceError, match=rf"Prefect failed at {url} .*unset PREFECT_API_URL"), server():
                flow()
        began = time.monotonic()
        with pytest.raises(ServiceError, match=rf"does not answer at {url} .*unset PREFECT_API_URL") as gone, server():
            flow()
        assert time.monotonic() - began < AT_ONCE
        assert gone.value.__suppress_context__  # what httpx went through stays out of the traceback


@contextmanager
def failing_prefect(status: int | None, posts: list[str]) -> Iterator[str]:
    """A server that tells Prefect's version and then fails with `status`; None: it is gone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path.endswith("/version") else 404)  # it wants no CSRF token
            self.end_headers()
            self.wfile.write(json.dumps(version("prefect")).encode())

        def do_POST(self) -> None:
            posts.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    def serve() -> None:
        if status is None:
            server.handle_request()
            server.server_close()
        else:
            server.serve_forever(poll_interval=0.05)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    if status is not None:
        server.shutdown()
    thread.join()
    server.server_close()


class TestInterrupted:
    @pytest.mark.parametrize("command", [["-c", EXECUTE], []], ids=["nb2ops run", "python flow.py"])
    def test_by_prefect_in_a_run_that_was_started_by_hand(self, prefect, tmp_path, command):
        process, run = start_busy(prefect, tmp_path, command)
        cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        request(prefect, "POST", f"/flow_runs/{run['flow_run']}/set_state", cancelling)
        assert wait_until(lambda: survivors(run["id"]) == [] and state(prefect, run["flow_run"]) == "Cancelled", 8)
        out, error = process.communicate(timeout=20)
        if command:
            assert out == "Cancelled None\n"
        else:
            assert process.returncode != 0
            assert "interrupted by Prefect" in error

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
    @pytest.mark.parametrize("command", [["-c", EXECUTE], []], ids=["nb2ops run", "python flow.py"])
    def test_with_two_branches_busy(self, prefect, tmp_path, number, command):
        process, run = start_busy(prefect, tmp_path, command)
        process.send_signal(number)
        assert wait_until(lambda: survivors(run["id"]) == [] and state(prefect, run["flow_run"]) == "Cancelled", 5)
        out, error = process.communicate(timeout=20)
        if command:
            assert out == f"Cancelled {number}\n"
        else:
            assert process.returncode != 0
            assert "Interrupted" in error

    @pytest.mark.parametrize("command", [["-c", EXECUTE], []], ids=["nb2ops run", "python flow.py"])
    def test_by_a_kill_with_two_branches_busy(self, prefect, tmp_path, command):
        process, run = start_busy(prefect, tmp_path, command)
        process.kill()
        process.communicate(timeout=20)
        assert wait_until(lambda: survivors(run["id"]) == [] and state(prefect, run["flow_run"]) == "Crashed", 10)
        (record,) = (json.loads(path.read_text()) for path in tmp_path.glob(".nb2ops/runs/*/record.json"))
        assert [step["state"] for step in record["steps"]] == ["Crashed", "Crashed", "NotRun"]
        executed = json.loads(Path(record["notebook"]).read_text())
        assert [cell["outputs"][0]["text"] for cell in executed["cells"][:2]] == [["busy\n"], ["busy\n"]]


def start_busy(prefect: Connection, folder: Path, command: list[str]) -> tuple[subprocess.Popen, Json]:
    """Start a flow in a process of its own and return it with its run, once two branches are busy."""
    bundle = write_bundle(
        folder / "bundle", Part("left", [BUSY]), Part("right", [BUSY]), Part("late", ["1"], after=["left"])
    )
    process = subprocess.Popen(
        [sys.executable, *command, str(bundle / "flow.py")],
        env={**os.environ, **prefect.environment},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert wait_until(lambda: busy(folder) >= 2, 30)
    return process, started(folder)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def events(folder: Path) -> Iterator[Json]:
    for path in folder.glob(".nb2ops/runs/*/events.jsonl"):
        yield from (json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n"))


def busy(folder: Path) -> int:
    return sum("busy" in event["text"] for event in events(folder) if event["event"] == "output")


def started(folder: Path) -> Json:
    (first,) = [event for event in events(folder) if event["event"] == "run-started"]
    run: Json = first["run"]
    return run


def survivors(run: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"NB2OPS_RUN={run}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


class TestLog:
    def test_lines_are_there_within_two_seconds_with_their_cell_and_redraws_once(self, prefect, tmp_path):
        """The log of a cell that prints, draws a bar and then waits until it is told that its lines were seen."""
        source = (
            "import os, time\nprint('first')\n"
            "for i in range(50): print(f'\\rbar {i}', end='', flush=True)\n"
            "printed = time.time()\n"
            "while not os.path.exists('seen') and time.time() < printed + 20: time.sleep(0.05)\n"
            "print('\\nseen after', time.time() - printed < 20)"
        )
        bundle = write_bundle(tmp_path / "bundle", Part("load", ["1", source]))
        begun: dict[str, Json] = {}
        found: dict[str, float] = {}

        def look() -> None:
            wait_until(lambda: "output" in begun, 30)
            start = time.monotonic()
            wait_until(lambda: {"cell 2: first", "cell 2: bar 49"} <= set(messages()), 15)
            found["seconds"] = time.monotonic() - start
            (tmp_path / "seen").touch()

        def messages() -> list[str]:
            found = request(prefect, "POST", "/logs/filter", {"sort": "TIMESTAMP_DESC"})
            return [each["message"] for each in found]

        looker = Thread(target=look)
        looker.start()
        chosen = RunOptions(notebook=tmp_path / "tiny.ipynb", folder=tmp_path / "run", directory=tmp_path)
        result = execute(bundle, {}, chosen, lambda event: begun.setdefault(event["event"], event))
        looker.join()
        assert result.state is StepState.COMPLETED
        assert found["seconds"] < 4  # 2 and what a busy machine takes
        assert wait_until(lambda: "cell 2: seen after True" in logs(prefect, result.flow_run), 10)
        said = logs(prefect, result.flow_run)
        assert "Cell 2 (2 of 2)" in said
        assert sum(line.startswith("cell 2: bar") for line in said) <= 3
