"""What must run besides a pipeline: a Prefect server, and for schedules a worker.

Where the user chose an API (`PREFECT_API_URL` or a profile of Prefect), that one is used and no server is started.
Everything here is idempotent and may be called by several commands at once.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from threading import Event, Thread

from nb2ops.errors import ServiceError
from nb2ops.orchestration.api import check
from nb2ops.orchestration.connection import Connection, configured
from nb2ops.orchestration.home import home
from nb2ops.orchestration.server import Progress, Server
from nb2ops.orchestration.worker import POOL, Worker

WATCH_SECONDS = 5.0
PASSING = {
    "JUPYTERHUB_USER": "Schedules stop when JupyterHub stops this server.",
    "KUBERNETES_SERVICE_HOST": "Schedules stop when this pod ends.",
}
"""Variables that tell where processes do not stay, and what that means."""


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
    """Return the API to talk to; start nothing, ask nothing.

    Raises:
        ServiceError: none is chosen and the local server does not run.
    """
    found = configured() or Server(home()).connection()
    if found is None:
        raise ServiceError("No Prefect server runs here. Type `nb2ops up` to start one, or set PREFECT_API_URL.")
    return found


def reach() -> Connection:
    """Return the API to talk to, which answers and is of our major version; start nothing.

    Raises:
        ServiceError: none is chosen and the local server does not run, or the one that is found does not fit.
    """
    found = connect()
    check(found)
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


def up(on_progress: Progress = silent, limit: int | None = None) -> Services:
    """Start what schedules need: a server, unless the user chose one, and a worker for the pool `nb2ops`.

    Args:
        on_progress: told what takes time.
        limit: how many runs the worker has at once, see `Worker.start`.

    Raises:
        ServiceError: the server or the worker did not start.
    """
    connection = configured() or Server(home()).start(on_progress)
    check(connection)
    on_progress(f"Starting the worker of pool {POOL} ...")
    Worker(home()).start(connection, limit)
    return status()


def stay(on_progress: Progress = silent, limit: int | None = None) -> None:
    """Do as `up`, and stay until SIGTERM or SIGINT, for systemd or a container; then do as `down`.

    Raises:
        ServiceError: the server or the worker did not start; where one does not start again, it is tried again.
    """
    ending = Event()
    problems: list[ServiceError] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    watch = Thread(target=_watch, args=[ending, problems, on_progress, limit], daemon=True)
    watch.start()  # starting takes its time, in which a signal may come
    ending.wait()
    down(on_progress)
    watch.join()
    down(on_progress)  # what was about to start
    if problems:
        raise problems[0]


def _watch(ending: Event, problems: list[ServiceError], on_progress: Progress, limit: int | None) -> None:
    """Start what schedules need, and start it again where it is gone; a first start that fails is the end."""
    try:
        found = up(on_progress, limit)
    except ServiceError as error:
        if not ending.is_set():  # else it was stopped while it started
            problems.append(error)
        ending.set()
        return
    while not ending.wait(WATCH_SECONDS):
        now = status()
        if (now.server is None, now.worker is None) != (found.server is None, found.worker is None):
            try:
                up(on_progress, limit)
            except ServiceError as error:
                on_progress(str(error))


def caveat() -> str | None:
    """Return why schedules may end by themselves here, as a sentence; None where nothing speaks for it.

    Example:
        >>> os.environ["JUPYTERHUB_USER"] = "ann"
        >>> caveat()
        'Schedules stop when JupyterHub stops this server. ...'
    """
    told = next((text for name, text in PASSING.items() if os.environ.get(name)), None)
    return told and f"{told} For schedules that go on, set PREFECT_API_URL and --pool to a worker that stays."


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
