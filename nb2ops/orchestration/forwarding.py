"""Prefect's workers that bring the log lines and states of runs to the server, in threads of this process.

Prefect lets go of a worker only when the process ends, however early it is stopped: each one that is started keeps
its clients, about 3 MB a run. So one set serves all runs of a process; Prefect stops it, when everything is
delivered, as the process ends.
"""

from __future__ import annotations

from threading import Event, Thread

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

from nb2ops.orchestration.connection import Connection

SECONDS = 5.0
"""How long what is still on its way to a server may take."""

_served: list[Connection] = []
_given_up = Event()


def deliver_to(connection: Connection) -> None:
    """Have what is delivered from now on go to a server; workers that deliver to another one are stopped first."""
    if _served and _served != [connection]:
        EventsWorker.drain_all(timeout=SECONDS)
        APILogWorker.drain_all(timeout=SECONDS)
    _given_up.clear()
    _served[:] = [connection]


def give_up() -> None:
    """Deliver no more: the server stays away."""
    _given_up.set()


def is_given_up() -> bool:
    """Whether what is on its way will not arrive; a process that ends as usual would try it for minutes."""
    return _given_up.is_set()


def wait_for_states() -> None:
    """Wait until the server has what was said of the states of steps, which Prefect sends as events."""
    if is_given_up():
        return
    waiting = Thread(target=EventsWorker.instance().wait_until_empty, name="nb2ops-states", daemon=True)
    waiting.start()
    waiting.join(SECONDS)
