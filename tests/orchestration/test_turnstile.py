"""Runs begin one after another, and twenty at once all end well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from nb2ops.orchestration import services, turnstile
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import CHOSEN, LOCAL, Connection
from nb2ops.orchestration.server import Server
from nb2ops.orchestration.turnstile import Turnstile
from tests.processes import wait_until

from .bundles import Part, write_bundle
from .deployed import ENOUGH, PAUSE

MANY = 20
RUN = """
import json, os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from nb2ops.orchestration.execution import execute
from nb2ops.orchestration.options import RunOptions

def run(number):
    folder = Path(f"run-{number}").absolute()
    found = execute(Path("bundle"), {}, RunOptions(notebook=Path("many.ipynb"), folder=folder), lambda event: None)
    return [found.state, found.warnings]

many = int(sys.argv[1])
with ThreadPoolExecutor(many) as pool:
    print(json.dumps(list(pool.map(run, range(many)))), flush=True)
"""


def local() -> Connection:
    return Connection("http://127.0.0.1:1/api", LOCAL)


def test_one_run_begins_at_a_time_until_it_leaves_or_fails(own_home):
    began, at_once = [], []

    def begin(number: int) -> None:
        with Turnstile(local()) as turnstile:
            began.append(number)
            at_once.append(len(began))
            Event().wait(0.02)
            began.remove(number)
            if number % 2:
                turnstile.leave()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(begin, range(5)))
    assert at_once == [1] * 5
    with pytest.raises(ValueError, match="no run"), Turnstile(local()):
        raise ValueError("no run")
    with Turnstile(local()):
        pass


def test_nobody_waits_for_ever_and_for_another_server_not_at_all(own_home, monkeypatch):
    monkeypatch.setattr(turnstile, "PATIENCE", 0.05)
    with Turnstile(local()), Turnstile(local()):
        pass
    monkeypatch.setattr(turnstile, "PATIENCE", ENOUGH)
    with Turnstile(local()), Turnstile(Connection("http://127.0.0.1:1/api", CHOSEN)):
        pass


def test_of_twenty_runs_at_once_on_sqlite_none_is_lost(own_home, tmp_path):
    """On a server of their own: other tests would have to wait for what these write."""
    connection = Server(own_home).start(services.silent)
    write_bundle(tmp_path / "bundle", Part("load", ["1"]))
    environment = {**os.environ, "NB2OPS_KERNELS": "ordinary"}  # one process less per run
    command = [sys.executable, "-c", RUN, str(MANY)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=ENOUGH)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["Completed", []]] * MANY
    listed = request(connection, "POST", "/flow_runs/filter", {})
    assert [each["state_name"] for each in listed] == ["Completed"] * MANY
    wait_until(lambda: steps_completed(connection) == MANY, ENOUGH, PAUSE)


def steps_completed(connection: Connection) -> int:
    return [each["state_name"] for each in request(connection, "POST", "/task_runs/filter", {})].count("Completed")
