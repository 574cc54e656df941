"""One message tells of the end of a run, whoever finds it; one that does not arrive changes nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock

from nb2ops.errors import UsageError
from nb2ops.model import Json, Role, RunResult, StepState
from nb2ops.orchestration import labels, telling
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import read_details
from nb2ops.orchestration.execution import execute, server
from nb2ops.orchestration.notifications import Notifications, check_target, shown
from nb2ops.orchestration.options import RunOptions

from .bundles import Part, write_bundle


@dataclass
class Hook:
    """A web hook on the loopback address."""

    url: str = ""
    status: int = 200
    received: list[Json] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        found.url = f"http://127.0.0.1:{listening.server_port}/path-of-a-password"
        Thread(target=listening.serve_forever, daemon=True).start()
        yield found
        listening.shutdown()


@pytest.fixture
def run(prefect: Connection, tmp_path: Path, monkeypatch):
    def run(source: str, role: Role = Role.STEP, **told: tuple[str, ...]) -> RunResult:
        for name, value in Notifications(**told).environment.items():
            monkeypatch.setenv(name, value)
        bundle = write_bundle(tmp_path / "bundle", Part("load", ["x = 1"]), Part("fit", [source], ["load"], role=role))
        return execute(bundle, {}, RunOptions(notebook=tmp_path / "tiny.ipynb"), lambda event: None)

    return run


def test_a_failure_says_where_what_and_where_to_look(run, hook, prefect):
    result = run(
        "y = 1\nraise ValueError('bad')", failure=(f"webhook:{hook.url}",), success=("webhook:http://127.0.0.1:9/",)
    )
    (message,) = hook.received
    where = f'tiny.ipynb, cell 2, line 2, step "fit": ValueError: bad\n{message["url"]}'
    assert message["text"].endswith(f"tiny.ipynb Failed\n{where}")
    assert {name: message[name] for name in ("occasion", "state", "run", "step", "cell", "line", "error")} == {
        "occasion": "failure",
        "state": "Failed",
        "run": result.flow_run,
        "step": "fit",
        "cell": 2,
        "line": 2,
        "error": "ValueError: bad",
    }
    assert message["url"] == prefect.page(f"runs/flow-run/{result.flow_run}")
    assert read_details(prefect, result.flow_run).notified == "failure: delivered to webhook 127.0.0.1"


def test_a_red_gate_is_told_of_where_that_is_wanted(run, hook):
    run("assert 1 > 2", Role.GATE, failure=("webhook:http://127.0.0.1:9/",), rejected=(f"webhook:{hook.url}",))
    (message,) = hook.received
    assert (message["occasion"], message["state"], message["cell"]) == ("rejected", "Rejected", 2)


def test_what_is_not_delivered_is_noted_and_changes_nothing_else(run, hook, prefect, monkeypatch):
    monkeypatch.setattr("nb2ops.orchestration.delivery.PAUSES", (0.01,))
    hook.status = 500
    result = run("1", success=(f"webhook:{hook.url}", "block:slack-webhook/nosuch"))
    assert (result.state, result.warnings) == (StepState.COMPLETED, ())
    row = request(prefect, "GET", f"/flow_runs/{result.flow_run}")
    assert row["state_name"] == "Completed"
    why = "webhook 127.0.0.1: HTTP 500; block slack-webhook/nosuch: ValueError"
    assert read_details(prefect, result.flow_run).notified == f"success: not delivered: {why}"
    logs = request(prefect, "POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [result.flow_run]}}})
    assert [each["message"] for each in logs if "could not be delivered" in each["message"]]
    assert not any("path-of-a-password" in each["message"] for each in logs)


@pytest.fixture
def crashed(prefect: Connection, monkeypatch):
    """A run of a deployment that ended without being able to tell of it."""
    monkeypatch.setattr(telling, "LEFT_ALONE", timedelta(0))
    monkeypatch.setattr(telling, "CLAIM_SECONDS", 0.01)

    def make(told: Notifications, folder: Path | None = None) -> str:
        name = f"told-{uuid4().hex[:8]}"
        flow = request(prefect, "POST", "/flows/", {"name": name})["id"]
        deployment = {"name": name, "flow_id": flow, "job_variables": {"env": told.environment}}
        identifier = request(prefect, "POST", "/deployments/", deployment)["id"]
        known = {labels.NOTEBOOK: "/home/ada/sales.ipynb", **({labels.FOLDER: str(folder)} if folder else {})}
        row = {"flow_id": flow, "deployment_id": identifier, "state": {"type": "PENDING"}, "labels": known}
        run = request(prefect, "POST", "/flow_runs/", row)["id"]
        for kind in ("RUNNING", "CRASHED"):
            state = {"type": kind, "message": "Its process is gone."}
            request(prefect, "POST", f"/flow_runs/{run}/set_state", {"state": state, "force": True})
        return str(run)

    return make


def test_a_crashed_run_is_told_of_once_by_the_keeper_through_web_hook_and_block(crashed, hook, prefect, tmp_path):
    with server():
        block = CustomWebhookNotificationBlock(
            name="x", url=hook.url, json_data={"said": "{{subject}}: {{body}}"}, allow_private_urls=True
        )
        block.save("test-telling", overwrite=True)
    begun = {"event": "run-started", "time": datetime.now(UTC).isoformat(), "nb2ops": "", "environment": {}}
    cells = [{"cell": 4, "index": 3, "id": "c"}]
    steps = [{"name": "fit", "cells": cells}]
    lines = [
        {**begun, "run": {}, "parameters": [], "steps": steps},
        {"event": "step-started", "time": begun["time"], "step": "fit", "attempt": 1},
        {"event": "cell-started", "time": begun["time"], "step": "fit", "cell": 4},
    ]
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    run = crashed(Notifications(failure=(f"webhook:{hook.url}", "block:custom-webhook/test-telling")), tmp_path)
    quiet = crashed(Notifications(success=(f"webhook:{hook.url}",)))
    turn = telling.begin(prefect)
    turn()
    turn()
    mine = [each for each in hook.received if each.get("run") == run]
    assert [(each["occasion"], each["state"], each["step"], each["cell"]) for each in mine] == [
        ("failure", "Crashed", "fit", 4)
    ]
    assert [each["said"] for each in hook.received if "said" in each] == [
        f"{mine[0]['deployment']} Crashed: {mine[0]['text']}"
    ]
    assert not [each for each in hook.received if each.get("run") == quiet]
    assert read_details(prefect, run).notified.startswith("failure: delivered to webhook 127.0.0.1, block custom-")


@pytest.mark.parametrize(
    ("state", "kind", "occasion", "targets"),
    [
        ("Failed", "FAILED", "failure", ("f",)),
        ("TimedOut", "FAILED", "failure", ("f",)),
        ("Crashed", "CRASHED", "failure", ("f",)),
        ("Completed", "COMPLETED", "success", ("s",)),
        ("Rejected", "FAILED", "rejected", ("f",)),
        ("Cancelled", "CANCELLED", "", ()),
        ("Skipped", "CANCELLED", "", ()),
    ],
)
def test_who_is_told_of_which_end(state, kind, occasion, targets):
    assert Notifications(("f",), ("s",)).of(state, kind) == (occasion, targets)


def test_what_is_not_said_again_stays():
    told = Notifications(("f",), ("s",))
    assert told.changed({"failure": (), "rejected": ("r",)}) == Notifications(("f",), ("s",), ("r",))
    assert told.changed({"failure": ("none",)}) == Notifications((), ("s",))
    assert Notifications.from_environment(told.environment) == told


@pytest.mark.parametrize("text", ["ann@example.com", "webhook:", "webhook:hooks.example", "block:slack", "block:/x"])
def test_what_is_no_target(text):
    with pytest.raises(UsageError, match=r"webhook:|block:"):
        check_target(text)


def test_a_web_hook_is_shown_without_what_may_be_its_password():
    assert shown(check_target("webhook:https://ann:pw@hooks.example/T0/secret")) == "webhook hooks.example"
