"""The process that keeps a service running: `python -m nb2ops.orchestration.keeper GRACE COMMAND...`.

It holds the service's lock, starts the command again when that dies, ends it when it is told to, and takes it along
when it is killed itself.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from nb2ops.runtime import processes

SETTLED = 30.0  # seconds; a service that lived that long had started
LONGEST_PAUSE = 60.0
MARGIN = 3.0  # seconds beyond the grace, for the keeper's own end
logger = logging.getLogger(__name__)


def keeping(command: Sequence[str], grace: float, module: str = __name__) -> list[str]:
    """Return the command that keeps a service running.

    Args:
        command: what runs the service.
        grace: seconds that it has to end by itself.
        module: what runs the keeper.
    """
    return [sys.executable, "-P", "-m", module, str(grace), *command]


@dataclass
class Keeper:
    """Keeps one command running."""

    command: Sequence[str]
    grace: float
    _ending: threading.Event = field(default_factory=threading.Event)
    _service: subprocess.Popen[bytes] | None = None

    def serve(self) -> int:
        """Work until told to end; return the exit code.

        A command that fails at its very start is not tried again: whoever started it is told.
        """
        first, failures = True, 0
        while True:
            begin = time.monotonic()
            code = self._run()
            settled = time.monotonic() - begin > SETTLED
            if self._ending.is_set():
                return 0
            if first and code > 0 and not settled:
                return code
            first, failures = False, 0 if settled else failures + 1
            pause = min(2.0**failures, LONGEST_PAUSE)
            logger.warning("It ended (%s) and is started again in %g s.", _ending_of(code), pause)
            if self._ending.wait(pause):
                return 0

    def end(self, *_: int | FrameType | None) -> None:
        """End the command, by force where it takes longer than the grace; a signal handler."""
        self._ending.set()
        if self._service:
            self._service.terminate()
            killer = threading.Timer(self.grace, _kill_session, [self._service.pid])
            killer.daemon = True
            killer.start()

    def _run(self) -> int:
        self._service = subprocess.Popen(processes.tied(self.command, Path.cwd()), stdin=subprocess.DEVNULL)
        if self._ending.is_set():  # the signal came before there was anything to end
            self._service.terminate()
        code = self._service.wait()
        self._service = None
        return code


def _kill_session(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _ending_of(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def nothing() -> None:
    """Do nothing beside the service."""


def main(grace: str, *command: str, beside: Callable[[], None] = nothing) -> int:
    """Keep a command running, after `beside` was called; return the exit code."""
    logging.basicConfig(format="%(asctime)s | nb2ops  | %(message)s", datefmt="%H:%M:%S")
    keeper = Keeper(command, float(grace))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, keeper.end)
    beside()
    return keeper.serve()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
