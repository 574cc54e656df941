"""Runs of one user begin one after another where Prefect keeps them in SQLite.

To begin, a run writes to Prefect's database half a dozen times within a second. SQLite has one writer at a time and no
queue: of twenty runs that begin at once some wait for more than the minute that Prefect gives them, the server's
connections are used up meanwhile, and requests of everybody fail. One after another they take their half second each.
"""

from __future__ import annotations

import fcntl
import os
from types import TracebackType

from nb2ops.orchestration.connection import LOCAL, Connection
from nb2ops.orchestration.home import PRIVATE_FILE, home
from nb2ops.runtime.processes import wait_until

PATIENCE = 60.0
"""Seconds after which a run begins in any case: whoever is in the turnstile may hang."""


class Turnstile:
    """Lets one run through at a time; the way in and out of it is the context.

    Args:
        connection: the server; only that of the user's own home keeps its runs in SQLite for certain.

    Example:
        with Turnstile(connection) as turnstile:
            begin()
            turnstile.leave()
            run()
    """

    def __init__(self, connection: Connection) -> None:
        self._needed = connection.origin == LOCAL
        self._file: int | None = None

    def __enter__(self) -> Turnstile:
        if self._needed:
            self._file = os.open(home() / "turnstile.lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
            wait_until(self._is_free, PATIENCE)
        return self

    def _is_free(self) -> bool:
        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def leave(self) -> None:
        """Let the next one in; more than once does no harm."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
