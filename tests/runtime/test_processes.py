"""Nothing is left: cancel, and the sudden death of the flow process and of the supervisor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jsonschema
import pytest

from nb2ops.model import Json, StepState
from nb2ops.runtime.supervision import Supervisor

from .laboratory import Lab, Part, carrying, logged, wait_for
from .test_run import SCHEMA

STUBBORN = """
import subprocess, time
subprocess.Popen(['sleep', '600'])
subprocess.Popen(['sleep', '600'], start_new_session=True)
subprocess.Popen(['bash', '-c', 'trap "" TERM INT HUP; setsid nohup sleep 600 & sleep 600'])
open('stubborn', 'w').close()
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        pass
"""
POLITE = """
import time
open('polite', 'w').close()
try:
    time.sleep(600)
finally:
    open('cleaned', 'w').close()
"""
PARTS = [Part("setup", "print('set up')"), Part("left", STUBBORN), Part("right", POLITE), Part("end", "1")]
WAVES = (["setup"], ["left", "right"], ["end"])


def both_run(folder: Path) -> bool:
    return (folder / "stubborn").exists() and (folder / "polite").exists()


def test_cancel_ends_two_branches_with_all_that_they_started(lab: Lab) -> None:
    plan = lab.bundle(PARTS)
    times = {}

    def cancel() -> None:
        wait_for(lambda: both_run(lab.folder))
        assert len(carrying(plan.run)) >= 6
        times["cancelled"] = time.monotonic()
        lab.supervisor.cancel(130)
        wait_for(lambda: not carrying(plan.run))
        times["gone"] = time.monotonic()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    ran = lab.run(plan, *WAVES)
    canceller.join()

    assert times["gone"] - times["cancelled"] < 5
    assert (lab.folder / "cleaned").exists()
    assert ran.states() == {"setup": "Completed", "left": "Cancelled", "right": "Cancelled", "end": "NotRun"}
    assert ran.result.state is StepState.CANCELLED
    assert ran.result.failure.message == "interrupted by SIGINT"
    assert ran.text(0) == "set up\n"
    jsonschema.validate(ran.record, SCHEMA)


def test_a_cancel_before_the_run_begins_counts_and_a_listener_may_fail(lab: Lab) -> None:
    plan = lab.bundle([Part("a", "1")])

    def listen(event: Json) -> None:
        raise ValueError(event["event"])

    supervisor = lab.supervisor = Supervisor.start()
    supervisor.cancel(143)
    supervisor.begin(plan, listen)
    assert supervisor.run_step("a").state is StepState.NOT_RUN
    assert supervisor.finish().state is StepState.CANCELLED


def test_the_supervisor_is_killed(lab: Lab) -> None:
    plan = lab.bundle(PARTS)

    def kill() -> None:
        wait_for(lambda: both_run(lab.folder))
        os.kill(lab.supervisor.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    ran = lab.run(plan, *WAVES)
    killer.join()

    assert carrying(plan.run) == []
    assert ran.states() == {"setup": "Completed", "left": "Crashed", "right": "Crashed", "end": "Crashed"}
    assert ran.result.state is StepState.CRASHED
    assert [step["state"] for step in ran.record["steps"]] == ["Completed", "Crashed", "Crashed", "NotRun"]
    assert ran.text(0) == "set up\n"
    jsonschema.validate(ran.record, SCHEMA)


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[Json]]]:
    """A server on the loopback address that keeps what is POSTed to it."""
    received: list[Json] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append({"path": self.path, "body": json.loads(body), "secret": self.headers["authorization"]})
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join()


FLOW = """
import json, sys, threading
from nb2ops.runtime.supervision import RunPlan, Supervisor
from nb2ops.wire import decode
supervisor = Supervisor.start()
supervisor.begin(decode(RunPlan, json.loads(sys.argv[1])), lambda event: None)
supervisor.run_step("setup")
for name in ("left", "right"):
    threading.Thread(target=supervisor.run_step, args=[name]).start()
"""


def test_the_flow_process_is_killed(lab: Lab, mailbox: tuple[str, list[Json]]) -> None:
    url, received = mailbox
    death = {"url": f"{url}/flow_runs/1/set_state", "headers": {"authorization": "Basic x"}, "body": {"dead": True}}
    plan = replace(lab.bundle(PARTS), on_death=death)
    flow = subprocess.Popen([sys.executable, "-c", FLOW, json.dumps(plan.to_json())])
    wait_for(lambda: both_run(lab.folder))
    flow.kill()
    flow.wait()
    killed = time.monotonic()
    wait_for(lambda: not carrying(plan.run))
    assert time.monotonic() - killed < 5

    assert wait_for(lambda: received) == [
        {"path": "/flow_runs/1/set_state", "body": {"dead": True}, "secret": "Basic x"}
    ]
    record = json.loads((plan.folder / "record.json").read_text())
    jsonschema.validate(record, SCHEMA)
    assert record["run"]["state"] == "Crashed"
    assert record["run"]["failure"]["message"] == "the flow process ended without a word"
    assert [step["state"] for step in record["steps"]] == ["Completed", "Crashed", "Crashed", "NotRun"]
    notebook = json.loads((plan.folder / "nb.ipynb").read_text())
    assert notebook["cells"][0]["outputs"][0]["text"] == ["set up\n"]


HASTY = """
import json, socket, sys, threading
from nb2ops.runtime.control import Channel
from nb2ops.runtime.supervisor import Desk

class Answering(Channel):
    def send(self, message):
        super().send(message)
        if message.get("reply") == 2:
            closed.wait(10)  # the one who answered goes on only when the flow process has long closed the channel

class Noticing(Desk):
    def _vanished(self):
        super()._vanished()
        closed.set()

def ask():
    flow.send({"op": "begin", "id": 1, "plan": json.loads(sys.argv[1])})
    for message in flow.receive():
        if message.get("reply") == 1:
            flow.send({"op": "finish", "id": 2, "stays": False})
        if message.get("reply") == 2:
            flow.close()

closed = threading.Event()
ours, theirs = socket.socketpair()
flow = Channel(ours)
threading.Thread(target=ask).start()
Noticing(Answering(theirs)).serve()
"""


def test_a_flow_that_closes_as_soon_as_it_is_answered_has_not_died(lab: Lab, mailbox: tuple[str, list[Json]]) -> None:
    url, received = mailbox
    death = {"url": url, "headers": {"authorization": "x"}, "body": {"dead": True}}
    plan = replace(lab.bundle([Part("a", "1")]), on_death=death)
    subprocess.run([sys.executable, "-c", HASTY, json.dumps(plan.to_json())], check=True, timeout=30)
    assert logged(plan.folder, "run-finished")
    assert received == []


def test_a_flow_that_ends_before_its_run_begins_takes_the_supervisor_along() -> None:
    code = "from nb2ops.runtime.supervision import Supervisor; print(Supervisor.start().pid, flush=True)"
    pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}/stat") or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])


def test_sigterm_to_the_supervisor_cancels(lab: Lab) -> None:
    def terminate(supervisor: Supervisor, event: Json) -> None:
        if event["event"] == "cell-started":
            os.kill(supervisor.pid, signal.SIGTERM)

    plan = lab.bundle([Part("a", "import time; time.sleep(600)")])
    ran = lab.run(plan, ["a"], act=terminate)
    assert ran.result.state is StepState.CANCELLED
    assert logged(plan.folder, "run-finished")[0]["failure"]["message"] == "interrupted by SIGTERM"
