"""A Prefect server for a team: on PostgreSQL of the system's packages, with basic auth, for as long as a test wants it.

What is started here is what docs/operations.md tells to start.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nb2ops.errors import ServiceError
from nb2ops.orchestration.api import check
from nb2ops.orchestration.connection import Connection
from tests.processes import wait_until

ON_BOTH = pytest.mark.parametrize(
    "prefect", ["sqlite", pytest.param("postgres", marks=pytest.mark.xdist_group("postgres"))], indirect=True
)
"""A test that is to hold with either database of Prefect's server; the other tests run on SQLite."""
ENOUGH = 120.0
SYSTEM_USER = "postgres"
"""Root may not run PostgreSQL; the system's packages make this user for it."""
PASSWORD = "of-this-session"
FLEETING = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


def programs() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`, None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running_database(bin_folder: Path) -> Iterator[str]:
    """Run PostgreSQL on loopback and yield the address that Prefect takes."""
    folder = Path(tempfile.mkdtemp(prefix="nb2ops-postgres-"))  # pytest's folders are closed to SYSTEM_USER
    prefix: list[str] = []
    if os.getuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
        prefix = ["runuser", "-u", SYSTEM_USER, "--"]

    def call(program: str, *arguments: str | Path) -> None:
        command = [*prefix, bin_folder / program, *arguments, "-D", folder / "data"]
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        assert done.returncode == 0, (folder / "log").read_text()

    port = free_port()
    with (folder / "log").open("wb") as log:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        call("initdb", "-U", "prefect", "-A", "scram-sha-256", "--pwfile", secret, "--no-sync", "-E", "UTF8")
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *FLEETING]
        call("pg_ctl", "start", "-w", "-l", folder / "server.log", "-o", " ".join(f"-c {each}" for each in settings))
        try:
            yield f"postgresql+asyncpg://prefect:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "stop", "-m", "immediate")
    shutil.rmtree(folder)


@contextmanager
def running_server(database: str, folder: Path) -> Iterator[Connection]:
    """Run a Prefect server with basic auth on a database, and yield the way to it."""
    port, auth = free_port(), "team:for-this-session"
    environment = {
        **os.environ,
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    folder.mkdir()
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    connection = Connection(f"http://127.0.0.1:{port}/api", "PREFECT_API_URL", auth=auth)
    try:
        wait_until(lambda: server.poll() is not None or answers(connection), ENOUGH, 0.2)
        assert server.poll() is None, (folder / "server.log").read_text()
        yield connection
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()
        server.wait()


def answers(connection: Connection) -> bool:
    try:
        return bool(check(connection))
    except ServiceError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
