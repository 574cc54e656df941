"""Signs of life of a run: which process it is, on which machine, and a lease that is renewed while it runs.

They are labels of the flow run, so that whoever looks at Prefect can tell a run that goes on from one whose process
is gone (`nb2ops.orchestration.reaper`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from time import time

from nb2ops.errors import ServiceError
from nb2ops.model import Json
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.runtime import identity

RENEWAL = 10.0
"""Seconds between two renewals of the lease."""
LABELLING = Lock()
"""Held while labels of a run are changed: Prefect reads and writes them as a whole."""


@contextmanager
def present(connection: Connection | None, flow_run: str) -> Iterator[None]:
    """Say in Prefect that this process executes the flow run, and go on saying so until the block is left.

    Args:
        connection: Prefect's API; None where nobody but this process can reach it.
        flow_run: Prefect's id of the run.
    """
    left = Event()
    if connection:
        _say(connection, flow_run, {labels.MACHINE: identity.machine(), labels.PROCESS: identity.process()})
        Thread(target=_renew, args=[connection, flow_run, left], name="nb2ops-presence", daemon=True).start()
    try:
        yield
    finally:
        left.set()


def _renew(connection: Connection, flow_run: str, left: Event) -> None:
    while not left.wait(RENEWAL):
        _say(connection, flow_run, {})


def _say(connection: Connection, flow_run: str, marks: Json) -> None:
    """Change the labels; a server that is away for a while does no harm, the next renewal finds it again."""
    with suppress(ServiceError), LABELLING:
        request(connection, "PATCH", f"/flow_runs/{flow_run}/labels", {**marks, labels.LEASE: time()})
