"""The local worker: runs what is scheduled on the process pool of this machine, one per home."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from nb2ops.errors import ServiceError, UsageError
from nb2ops.model import Json
from nb2ops.orchestration import working
from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.daemon import Daemon, Launch
from nb2ops.orchestration.home import write_private
from nb2ops.orchestration.keeper import MARGIN, keeping
from nb2ops.orchestration.options import LOG_SECONDS
from nb2ops.runtime.processes import wait_until

POOL = "nb2ops"
CONFLICT = 409
READY_WITHIN = 120.0
ENDS_WITHIN = 15.0  # the worker ends its runs first
DUTIES = "nb2ops.orchestration.duties"
POLL_SECONDS = "5"  # Prefect's default of 10 makes a schedule of 15 s uneven
LIMIT_VARIABLE = "NB2OPS_WORKER_LIMIT"
LEAST_LIMIT = 4


def run_limit() -> int:
    """Return how many runs a worker has at once where nobody says it to `up`.

    It is `NB2OPS_WORKER_LIMIT`, else two per processor, at least four. Without a limit a backlog of hundreds of slots
    starts hundreds of processes in one moment.

    Raises:
        UsageError: the variable holds no positive whole number.
    """
    said = os.environ.get(LIMIT_VARIABLE, "")
    if not said:
        return max(LEAST_LIMIT, 2 * (os.cpu_count() or 1))
    if not (said.isdecimal() and int(said)):
        raise UsageError(f'{LIMIT_VARIABLE} is "{said}", not a number of runs. Give a whole number from 1.')
    return int(said)


@dataclass(frozen=True)
class Worker:
    """The worker of one home."""

    home: Path

    @property
    def daemon(self) -> Daemon:
        """Its process."""
        return Daemon("worker", self.home)

    @property
    def name(self) -> str:
        """Its name among the pool's workers."""
        return f"nb2ops-{os.uname().nodename}-{os.getuid()}"

    def start(self, connection: Connection, limit: int | None = None) -> bool:
        """Make sure that the worker runs and has reported to Prefect.

        Args:
            connection: the Prefect that it works for.
            limit: how many runs it has at once; None leaves one that runs as it is, and gives a new one `run_limit`.

        Returns:
            False where it ran already.

        Raises:
            ServiceError: it did not start, or one runs that works for another Prefect or has another limit.
        """
        ensure_pool(connection, POOL)
        before = self._heartbeat(connection)
        if not self.daemon.start(lambda: self._launch(connection, limit or run_limit())):
            self._check_likeness(connection, limit)
            return False
        wait_until(lambda: self._heartbeat(connection) != before or not self.daemon.running(), READY_WITHIN)
        if not self.daemon.running() or self._heartbeat(connection) == before:
            raise ServiceError(
                f"The worker did not report to Prefect at {connection}; {self.daemon.log} says why:\n"
                f"{self.daemon.last_words()}\nType `nb2ops doctor`."
            )
        return True

    def stop(self) -> bool:
        """End the worker and the runs it is executing; return whether it ran."""
        return self.daemon.stop(ENDS_WITHIN + MARGIN)

    def forget(self, connection: Connection) -> None:
        """Take the stopped worker off Prefect's list, where it would stay "online" for minutes."""
        if self._heartbeat(connection):
            request(connection, "DELETE", f"/work_pools/{POOL}/workers/{self.name}")

    def _heartbeat(self, connection: Connection) -> str | None:
        found = [each for each in workers(connection, POOL) if each["name"] == self.name]
        return found[0]["last_heartbeat_time"] if found else None

    @property
    def _file(self) -> Path:
        return self.home / "worker.json"

    def _check_likeness(self, connection: Connection, limit: int | None) -> None:
        """Refuse a worker that was started for another Prefect or with another limit: it may be running something."""
        known = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
        restart = "Type `nb2ops down`, which ends what it runs, then `nb2ops up"
        if known.get("api", connection.url) != connection.url:
            raise ServiceError(
                f"The worker here works for Prefect at {known['api']}, not for {connection}. {restart}`."
            )
        if limit and known.get("limit", limit) != limit:
            raise ServiceError(
                f"The worker here has at most {known['limit']} runs at once, not {limit}. {restart} --limit {limit}`."
            )

    def _launch(self, connection: Connection, limit: int) -> Launch:
        write_private(self._file, json.dumps({"api": connection.url, "limit": limit}))
        command = [sys.executable, "-P", "-m", working.__name__, "worker", "start", "--pool", POOL, "--type", "process"]
        command += ["--name", self.name, "--limit", str(limit)]
        return Launch(
            keeping(command, ENDS_WITHIN, DUTIES),
            {
                **os.environ,
                **connection.environment,
                "PREFECT_WORKER_QUERY_SECONDS": POLL_SECONDS,
                "PREFECT_LOGGING_TO_API_BATCH_INTERVAL": str(LOG_SECONDS),  # its flow processes inherit it
            },
        )


def ensure_pool(connection: Connection, name: str) -> None:
    """Create the process pool `name` where Prefect has none of that name.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    if pools(connection, name):
        return
    try:
        request(connection, "POST", "/work_pools/", {"name": name, "type": "process"})
    except RequestRefused as error:
        if error.status != CONFLICT:  # somebody made it just now
            raise


def pools(connection: Connection, name: str) -> list[Json]:
    """Return the work pools of that name: one or none."""
    found: list[Json] = request(connection, "POST", "/work_pools/filter", {"work_pools": {"name": {"any_": [name]}}})
    return found


def workers(connection: Connection, pool: str) -> list[Json]:
    """Return the workers of a pool, with `status` and `last_heartbeat_time`; none where there is no such pool."""
    if not pools(connection, pool):
        return []
    found: list[Json] = request(connection, "POST", f"/work_pools/{pool}/workers/filter", {})
    return found
