from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.model import Json
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection

Workers = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def pool() -> str:
    """The name of a work pool of the test's own."""
    return f"pool-{uuid4().hex[:8]}"


@pytest.fixture
def start_worker(prefect: Connection, pool: str, tmp_path: Path) -> Iterator[Workers]:
    """Start workers of the pool; they end with the test."""
    workers: list[subprocess.Popen[bytes]] = []

    def start(name: str = "one", limit: int = 10) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--type", "process", "--limit", str(limit)]
        environment = {**os.environ, **prefect.environment, "PREFECT_WORKER_QUERY_SECONDS": "2"}
        log = (tmp_path / f"worker-{name}.log").open("wb")
        worker = subprocess.Popen([*command, "--pool", pool, "--name", name], env=environment, stdout=log, stderr=log)
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.terminate()
    for worker in workers:
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()


@pytest.fixture
def runs_of(prefect: Connection) -> Callable[..., list[Json]]:
    """List the runs of a deployment in the order of their slots."""

    def runs(deployment: str, **wanted: object) -> list[Json]:
        query: Json = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": wanted}
        found: list[Json] = request(prefect, "POST", "/flow_runs/filter", query)
        return sorted(found, key=lambda each: each["expected_start_time"])

    return runs
