from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from nb2ops.errors import ServiceError
from nb2ops.model import Json
from nb2ops.orchestration import services, working
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.deploying import Wish, deploy
from nb2ops.orchestration.packing import pack, read_contents
from tests.notebooks import write_notebook

from .postgres import programs, running_database, running_server

Register = Callable[..., str]
Workers = Callable[..., subprocess.Popen[bytes]]
ENDS_WITHIN = 10.0
ATTEMPTS = 8


@pytest.fixture(scope="session")
def team_server(shared_folder: Path) -> Iterator[Connection]:
    """A server on PostgreSQL."""
    found = programs()
    if found is None:
        missing = "no PostgreSQL on this machine (apt install postgresql)"
        pytest.fail(missing) if os.environ.get("NB2OPS_REQUIRE_POSTGRES") == "1" else pytest.skip(missing)
    with running_database(found) as database, running_server(database, shared_folder / "postgres") as connection:
        yield connection


@pytest.fixture
def prefect(request: pytest.FixtureRequest, local_server: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The session's server; for tests that are marked ON_BOTH (`postgres.py`) also one on PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return local_server
    connection: Connection = request.getfixturevalue("team_server")
    for name, value in connection.environment.items():
        monkeypatch.setenv(name, value)
    return connection


@pytest.fixture
def own_home(prefect_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own, for processes that it starts; what runs in it ends with the test."""
    home = tmp_path / "home"
    monkeypatch.setenv("NB2OPS_HOME", str(home))
    yield home
    services.down()


@pytest.fixture
def pool() -> str:
    """The name of a work pool of the test's own."""
    return f"pool-{uuid4().hex[:8]}"


@pytest.fixture
def start_worker(prefect: Connection, pool: str, tmp_path: Path) -> Iterator[Workers]:
    """Start workers of the pool; they end with the test."""
    workers: list[subprocess.Popen[bytes]] = []

    def start(name: str = "one", limit: int = 10, module: str = working.__name__) -> subprocess.Popen[bytes]:
        workers.append(launch_worker(prefect, pool, tmp_path / f"worker-{name}.log", name, limit, module))
        return workers[-1]

    yield start
    end_workers(workers)


@pytest.fixture(scope="session")
def staffed(local_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a work pool with a worker that several tests share: starting one takes seconds of a processor."""
    name = f"staffed-{uuid4().hex[:8]}"
    worker = launch_worker(local_server, name, tmp_path_factory.mktemp("staffed") / "worker.log")
    yield name
    end_workers([worker])


def launch_worker(
    connection: Connection,
    pool: str,
    log: Path,
    name: str = "one",
    limit: int = 10,
    module: str = working.__name__,
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module, "worker", "start", "--type", "process", "--limit", str(limit)]
    environment = {**os.environ, **connection.environment, "PREFECT_WORKER_QUERY_SECONDS": "2"}
    with log.open("wb") as output:
        return subprocess.Popen(
            [*command, "--pool", pool, "--name", name], env=environment, stdout=output, stderr=output
        )


def end_workers(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        worker.terminate()
    _gone, left = psutil.wait_procs([psutil.Process(each.pid) for each in workers if each.poll() is None], ENDS_WITHIN)
    for process in left:
        for each in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                each.kill()
    for worker in workers:
        worker.wait()


@pytest.fixture
def runs_of(prefect: Connection) -> Callable[..., list[Json]]:
    """List the runs of a deployment in the order of their slots; a busy machine may take long to answer."""

    def runs(deployment: str, **wanted: object) -> list[Json]:
        query: Json = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": wanted}
        for _ in range(ATTEMPTS):
            with suppress(ServiceError):
                found: list[Json] = request(prefect, "POST", "/flow_runs/filter", query)
                return sorted(found, key=lambda each: each["expected_start_time"])
        raise TimeoutError(f"{prefect} did not answer {ATTEMPTS} times")

    return runs


@pytest.fixture
def register(prefect: Connection, tmp_path: Path, pool: str) -> Register:
    """Deploy a notebook whose single step is the code, for the test's own pool where no other is said."""
    name = f"nb-{uuid4().hex[:8]}"

    def register(code: str, **said: object) -> str:
        path = write_notebook(tmp_path / f"{name}.ipynb", ("parameters", "depth: int = 3"), ("step:load", code))
        return deploy(prefect, pack(read_contents(path), path), Wish(**{"pool": pool, **said})).id

    return register
