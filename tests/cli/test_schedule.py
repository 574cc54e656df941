"""From an empty home to scheduled runs and back: deploy, up, runs, deployments, doctor, down."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import nb2ops
from tests.processes import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def empty_home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a user who never ran nb2ops or Prefect; what was started ends with the test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "NB2OPS_"))}
    env = {**kept, "NB2OPS_HOME": str(tmp_path / "home"), "PREFECT_HOME": str(tmp_path / "prefect")}
    yield env
    nb2ops("down", env=env)


def listed(command: str, env: dict[str, str]) -> list[dict]:
    done = nb2ops(command, "-o", "json", env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[command]


def test_a_deployed_notebook_runs_on_its_schedule(notebook, empty_home):
    path = notebook(("parameters", "rows: int = 1"), ("step:a", "print(rows)"), name="nightly.ipynb")
    first = nb2ops("deploy", path, "--interval", "5s", "-p", "rows=7", env=empty_home)
    assert first.returncode == 0, first.stderr
    assert "nightly/nightly: created, every 5 s" in first.stdout
    assert "unchanged" in nb2ops("deploy", path, "--interval", "5s", "-p", "rows=7", env=empty_home).stdout
    late = nb2ops("doctor", env=empty_home)
    assert late.returncode == 3
    assert "type: nb2ops up" in late.stdout

    assert nb2ops("up", env=empty_home).returncode == 0
    wait_until(lambda: [run for run in listed("runs", empty_home) if run["state"] == "Completed"], 90)
    completed = [run for run in listed("runs", empty_home) if run["state"] == "Completed"]
    assert {(run["flow"], run["cause"], run["deployment"]) for run in completed} == {("nightly", "schedule", "nightly")}
    (deployment,) = listed("deployments", empty_home)
    assert (deployment["schedules"][0]["interval"], deployment["workers_online"]) == (5.0, 1)
    assert list(path.parent.glob(".nb2ops/runs/*/nightly.ipynb"))
    assert nb2ops("doctor", env=empty_home).returncode == 0

    assert "Stopped." in nb2ops("down", env=empty_home).stdout
    assert "Nothing was running." in nb2ops("down", env=empty_home).stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--cron", "61 * * * *"], "cron"),
        (["--cron", "0 0 31 2 *"], "day-of-month"),
        (["--cron", "*/5 * * * * *"], "five fields"),
        (["--cron", "0 6 * * * with row=1"], 'Did you mean "rows"?'),
        (["--catch-up", "all", "--overlap", "skip"], "skip each other"),
        (["--interval", "often"], "15s, 10m"),
        (["--cron", "0 6 * * *", "--timezone", "Mars/Phobos"], "Mars/Phobos"),
        (["-p", "row=1"], 'Did you mean "rows"?'),
    ],
)
def test_what_cannot_be_deployed_exits_2_and_starts_nothing(notebook, tmp_path, empty_home, given, words):
    path = notebook(("parameters", "rows: int = 1"), ("step:a", "print(rows)"))
    done = nb2ops("deploy", path, *given, env=empty_home)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "home").exists()
