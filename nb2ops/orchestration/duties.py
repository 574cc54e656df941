"""What nb2ops does all the time beside the local worker: each duty has a thread of its own in the worker's keeper.

`python -m nb2ops.orchestration.duties GRACE COMMAND...` keeps a worker running and does its duties meanwhile.
To add one: a function that takes the connection and returns what is to be done again and again, and a line in
`DUTIES`. A turn that fails is logged (`logs/worker.log` in nb2ops's home) and the next one comes all the same.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nb2ops.errors import Nb2opsError
from nb2ops.orchestration import reaper, sensor, telling
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.keeper import main
from nb2ops.orchestration.services import connect

Turn = Callable[[], None]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do again and again while the local worker runs.

    Attributes:
        name: for the log.
        pause: seconds between two turns.
        begin: called once, with the worker's Prefect; returns the turn, and may keep in it what turns remember.
    """

    name: str
    pause: float
    begin: Callable[[Connection], Turn]


DUTIES = (
    Duty("reaper", reaper.PAUSE, reaper.begin),
    Duty("sensor", 5.0, sensor.begin),
    Duty("teller", 15.0, telling.begin),
)


def take_up() -> None:
    """Begin all duties and return; they end with the process."""
    connection = connect()
    for duty in DUTIES:
        threading.Thread(target=_perform, args=[duty, connection], name=f"nb2ops-{duty.name}", daemon=True).start()


def _perform(duty: Duty, connection: Connection) -> None:
    turn, said = duty.begin(connection), ""
    while True:
        trouble = _trouble(turn)
        if trouble and trouble != said:
            logger.warning("%s: %s", duty.name, trouble)
        said = trouble
        time.sleep(duty.pause)


def _trouble(turn: Turn) -> str:
    """Take a turn and return what went wrong, "" where nothing did."""
    try:
        turn()
    except Nb2opsError as error:
        return str(error)
    except Exception as error:  # a defect in one turn must not end the duty
        logger.exception("A defect of nb2ops")
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:], beside=take_up))
