"""Our worker starts our engine, Prefect's own worker Prefect's: runs go well below both."""

from __future__ import annotations

import json

import pytest

from nb2ops.orchestration import engine, working
from nb2ops.orchestration.api import request
from tests.processes import wait_until

from .deployed import ENOUGH, PAUSE, over

OURS = [engine.COMMAND[-1], working.__name__]
PREFECTS = ["prefect.engine", "prefect"]
ANCESTORS = """
import json, pathlib, psutil
lines = [each.cmdline() for each in psutil.Process().parents()]
modules = [line[line.index("-m") + 1] for line in lines if "-m" in line]
pathlib.Path("ancestors.json").write_text(json.dumps(modules))
"""


@pytest.mark.parametrize("modules", [OURS, PREFECTS], ids=["ours", "Prefect's"])
def test_what_stands_between_worker_and_kernel(register, start_worker, runs_of, prefect, tmp_path, modules):
    deployment = register(ANCESTORS)
    start_worker(module=modules[-1])
    request(prefect, "POST", f"/deployments/{deployment}/create_flow_run", {})
    wait_until(lambda: over(runs_of(deployment)), ENOUGH, PAUSE)
    assert [each["state_name"] for each in runs_of(deployment)] == ["Completed"]
    ancestors = json.loads((tmp_path / "ancestors.json").read_text())
    assert [each for each in ancestors if each in {*OURS, *PREFECTS}] == modules


def test_a_command_of_the_deployment_counts(register, start_worker, runs_of, prefect, tmp_path):
    deployment = register("x = 1")
    request(prefect, "PATCH", f"/deployments/{deployment}", {"job_variables": {"command": f"touch {tmp_path / 'own'}"}})
    start_worker()
    request(prefect, "POST", f"/deployments/{deployment}/create_flow_run", {})
    wait_until((tmp_path / "own").exists, ENOUGH, PAUSE)
