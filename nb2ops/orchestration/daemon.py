"""A process that outlives the command that started it: at most one per home and name.

A daemon inherits an open file with an exclusive lock and holds it until it dies, however it dies. So the kernel
answers the two questions that pid files get wrong: "does it run?" is "is the lock taken?", and two starts at once
cannot both get it. The pid in the locked file is signalled only while the lock is held, so that no stranger who
inherited the number is ever killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from nb2ops.orchestration.home import PRIVATE_FILE, private_folder
from nb2ops.runtime.processes import wait_until

LOG_LIMIT = 5_000_000  # bytes; a longer log is set aside at the next start
KILLED_WITHIN = 5.0
ASKED_FOR = 1.0  # seconds; whoever asks whether a daemon runs holds its lock for microseconds


@dataclass(frozen=True)
class Launch:
    """What a daemon executes: the command and its whole environment."""

    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Daemon:
    """A background process of nb2ops.

    Attributes:
        name: what it is, for files and messages ("server", "worker").
        home: the folder of its lock and log.
    """

    name: str
    home: Path

    @property
    def lock(self) -> Path:
        """The file whose lock the running daemon holds; it contains the pid."""
        return self.home / f"{self.name}.lock"

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.home / "logs" / f"{self.name}.log"

    def running(self) -> bool:
        """Whether the daemon runs, or is being started by somebody."""
        if not self.lock.exists():
            return False
        descriptor = os.open(self.lock, os.O_RDONLY)
        try:
            return not _locked(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def pid(self) -> int | None:
        """The daemon's pid, None where it does not run."""
        return int(self.lock.read_text() or 0) or None if self.running() else None

    def start(self, prepare: Callable[[], Launch]) -> bool:
        """Start the daemon, detached from this process, its terminal and its signals.

        Args:
            prepare: says what to execute; called with the lock held, so by one starter at a time.

        Returns:
            False where it runs already or somebody else is just starting it.
        """
        private_folder(self.home)
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            if not _taken(descriptor):
                return False
            os.ftruncate(descriptor, 0)
            pid = self._spawn(prepare(), descriptor)
            os.pwrite(descriptor, str(pid).encode(), 0)
            return True
        finally:
            os.close(descriptor)  # the daemon's inherited copy keeps the lock

    def stop(self, grace: float) -> bool:
        """End the daemon.

        Args:
            grace: seconds to end by itself before it is killed.

        Returns:
            Whether it ran.
        """
        pid = self.pid()
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
            os.kill(pid, signal.SIGTERM)
            if not wait_until(lambda: not self.running(), grace):
                os.killpg(pid, signal.SIGKILL)
                wait_until(lambda: not self.running(), KILLED_WITHIN)
        return True

    def last_words(self, lines: int = 8) -> str:
        """Return the end of the log, for a message that says why it did not start."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _spawn(self, launch: Launch, lock: int) -> int:
        private_folder(self.log.parent)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                launch.command,
                env=launch.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),
            )
        Thread(target=process.wait, daemon=True).start()  # no zombie where this process lives on
        return process.pid


def _taken(descriptor: int) -> bool:
    """Take the lock for good; False where a daemon has it. Those who only ask whether it runs are waited for."""
    wait_until(lambda: _locked(descriptor, fcntl.LOCK_EX) or not _shared(descriptor), ASKED_FOR)
    return _locked(descriptor, fcntl.LOCK_EX)


def _shared(descriptor: int) -> bool:
    """Whether those who hold the lock only ask."""
    shared = _locked(descriptor, fcntl.LOCK_SH)
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return shared


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
