"""The local Prefect server: SQLite, loopback, one per home, started on first use and staying.

Its port and password are kept in `server.json` (0600), so that every later command finds it and Prefect's UI keeps
its address.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nb2ops.errors import ServiceError
from nb2ops.orchestration import serving
from nb2ops.orchestration.api import check
from nb2ops.orchestration.connection import LOCAL, SETTINGS, Connection
from nb2ops.orchestration.daemon import Daemon, Launch
from nb2ops.orchestration.home import private_folder, write_private
from nb2ops.orchestration.keeper import MARGIN, keeping
from nb2ops.runtime.processes import wait_until

HOST = "127.0.0.1"
READY_WITHIN = 120.0  # seconds; the first start makes the database and takes about 15
SLOT_WAIT_SECONDS = "5"  # a queued run tries again after this; Prefect's default of 30 wastes most of a minute
ENDS_WITHIN = 10.0
ATTEMPTS = 2  # somebody may take the port between our choice and the server's bind
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Server:
    """The server of one home."""

    home: Path

    @property
    def daemon(self) -> Daemon:
        """Its process."""
        return Daemon("server", self.home)

    def connection(self) -> Connection | None:
        """Return the way to the server, None where it does not run."""
        return self._address() if self.daemon.running() else None

    def start(self, on_progress: Progress) -> Connection:
        """Make sure that the server runs and answers. Two starts at once share one server.

        Args:
            on_progress: told what takes time.

        Raises:
            ServiceError: it did not start.
        """
        for _ in range(ATTEMPTS):
            if not self.daemon.running():
                on_progress(self._announcement)
            self.daemon.start(self._prepare)
            if wait_until(lambda: self._answers() or not self.daemon.running(), READY_WITHIN) and self._answers():
                return self._address()
        raise ServiceError(
            f"The local Prefect server did not start; {self.daemon.log} says why:\n{self.daemon.last_words()}\n"
            "Type `nb2ops doctor`, or set PREFECT_API_URL to use another server."
        )

    def stop(self) -> bool:
        """End the server; return whether it ran."""
        return self.daemon.stop(ENDS_WITHIN + MARGIN)

    @property
    def _file(self) -> Path:
        return self.home / "server.json"

    @property
    def _announcement(self) -> str:
        first = "" if self._file.exists() else " (the first start takes about 15 seconds)"
        return f"Starting the local Prefect server{first} ..."

    def _address(self) -> Connection:
        known = json.loads(self._file.read_text(encoding="utf-8"))
        return Connection(f"http://{HOST}:{known['port']}/api", LOCAL, auth=known["auth"])

    def _answers(self) -> bool:
        try:
            check(self._address())
        except (ServiceError, FileNotFoundError):
            return False
        return True

    def _prepare(self) -> Launch:
        known = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
        port = _free_port(known.get("port", 0))
        auth = known.get("auth") or f"nb2ops:{secrets.token_urlsafe(32)}"
        write_private(self._file, json.dumps({"port": port, "auth": auth}))
        serve = ["server", "start", "--host", HOST, "--port", str(port)]
        command = [sys.executable, "-P", "-m", serving.__name__, *serve]
        return Launch(keeping(command, ENDS_WITHIN), self._environment(auth))

    def _environment(self, auth: str) -> dict[str, str]:
        foreign = {*SETTINGS, "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"}
        inherited = {name: value for name, value in os.environ.items() if name not in foreign}
        return {
            **inherited,
            "PREFECT_HOME": str(private_folder(self.home / "prefect")),
            "PREFECT_SERVER_API_AUTH_STRING": auth,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": SLOT_WAIT_SECONDS,
        }


def _free_port(wanted: int) -> int:
    """Return `wanted` where nobody listens on it, else a port that the kernel chooses."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise ServiceError(f"No port is free on {HOST}.")
