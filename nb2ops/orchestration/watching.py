"""Noticing that somebody cancels a run in Prefect.

A worker is told by Prefect and signals the flow's process; a run that was started by hand has nobody who would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from nb2ops.errors import ServiceError
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection

INTERVAL = 2.0
CANCELLED = {"CANCELLING", "CANCELLED"}


@contextmanager
def watched(connection: Connection | None, flow_run: str, cancel: Callable[[], None]) -> Iterator[None]:
    """Call `cancel`, from another thread, once Prefect wants the flow run cancelled.

    Args:
        connection: the API to ask every `INTERVAL` seconds; None where nobody but this process can reach Prefect.
        flow_run: Prefect's id of the run.
        cancel: returns at once.
    """
    left = Event()

    def watch(connection: Connection) -> None:
        while not left.wait(INTERVAL):
            if _is_cancelled(connection, flow_run):
                cancel()
                return

    if connection:
        Thread(target=watch, args=[connection], name="nb2ops-watcher", daemon=True).start()
    try:
        yield
    finally:
        left.set()


def _is_cancelled(connection: Connection, flow_run: str) -> bool:
    try:
        return request(connection, "GET", f"/flow_runs/{flow_run}")["state_type"] in CANCELLED
    except ServiceError:  # it may answer the next time
        return False
