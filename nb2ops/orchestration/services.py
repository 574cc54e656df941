"""What must run besides a pipeline: a Prefect server, and for schedules a worker.

Where the user chose an API (`PREFECT_API_URL` or a profile of Prefect), that one is used and no server is started.
Everything here is idempotent and may be called by several commands at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from nb2ops.errors import ServiceError
from nb2ops.orchestration.api import check
from nb2ops.orchestration.connection import Connection, configured
from nb2ops.orchestration.home import home
from nb2ops.orchestration.server import Progress, Server
from nb2ops.orchestration.worker import POOL, Worker


@dataclass(frozen=True, slots=True)
class Services:
    """What runs.

    Attributes:
        connection: the API in use, None where none is chosen and the local server does not run.
        server: pid of the local server, None where it does not run.
        worker: pid of the local worker, None where it does not run.
    """

    connection: Connection | None
    server: int | None
    worker: int | None


def silent(message: str) -> None:
    """Take progress and show none."""


def connect() -> Connection:
    """Return the API to talk to; start nothing.

    Raises:
        ServiceError: none is chosen and the local server does not run.
    """
    found = configured() or Server(home()).connection()
    if found is None:
        raise ServiceError("No Prefect server runs here. Type `nb2ops up` to start one, or set PREFECT_API_URL.")
    return found


def ensure_server(on_progress: Progress = silent) -> Connection:
    """Return an API that answers, starting the local server where the user chose none.

    Args:
        on_progress: told what takes time; the first start of a local server takes about 15 seconds.

    Raises:
        ServiceError: the chosen API does not answer or does not fit, or the local server does not start.
    """
    connection = configured()
    if connection is None:
        connection = Server(home()).start(on_progress)
    else:
        check(connection)
    return connection


def up(on_progress: Progress = silent) -> Services:
    """Start what schedules need: a server, unless the user chose one, and a worker for the pool `nb2ops`.

    Raises:
        ServiceError: the server or the worker did not start.
    """
    connection = configured() or Server(home()).start(on_progress)
    check(connection)
    on_progress(f"Starting the worker of pool {POOL} ...")
    Worker(home()).start(connection)
    return status()


def down(on_progress: Progress = silent) -> Services:
    """Stop the worker, with the runs it executes, and the local server; say what had been running."""
    before = status()
    worker = Worker(home())
    if before.worker:
        on_progress("Stopping the worker ...")
        worker.stop()
        _forget(worker, before.connection)
    if before.server:
        on_progress("Stopping the local Prefect server ...")
        Server(home()).stop()
    return before


def status() -> Services:
    """Return what runs, without changing or asking anything over the network."""
    server = Server(home())
    return Services(configured() or server.connection(), server.daemon.pid(), Worker(home()).daemon.pid())


def _forget(worker: Worker, connection: Connection | None) -> None:
    try:
        if connection is not None:
            worker.forget(connection)
    except ServiceError:  # Prefect finds out by itself when the heartbeats stop
        return
