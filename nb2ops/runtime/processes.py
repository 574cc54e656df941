"""The process tree: who descends from whom, and how everything of a run ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

MARKER = "NB2OPS_RUN"
PR_SET_CHILD_SUBREAPER = 36
INTERRUPT_GRACE = 1.5
"""Seconds between SIGINT and SIGTERM: a cell's `finally` blocks and exit handlers run here."""
TERM_GRACE = 1.0
"""Seconds between SIGTERM and SIGKILL."""
KILL_GRACE = 1.5
"""Seconds that SIGKILL is repeated for: what is killed may have forked just before."""
_POLL = 0.02
_LAUNCH = Path(__file__).with_name("launch.py")

Find = Callable[[], list[psutil.Process]]


def usual_jobs() -> int:
    """How much runs at once where nobody says: as many as processors that this process may use, two at least."""
    return max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def become_subreaper() -> None:
    """Adopt orphaned descendants instead of losing them to init (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def tied(command: Sequence[str], directory: Path) -> list[str]:
    """Return the command whose process leads a session of its own and ends with the thread that starts it."""
    return [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(directory), *command]


def descendants(pid: int | None = None) -> list[psutil.Process]:
    """Return the live descendants of a process (default: of this one); zombies do not count."""
    try:
        found = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [process for process in found if is_alive(process)]


def is_alive(process: psutil.Process) -> bool:
    """Whether the process runs: it exists, is the same one, and is no zombie."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def family(leader: int) -> list[psutil.Process]:
    """Return a session's leader, its members and their descendants, wherever they went."""
    found = {process.pid: process for process in _session(leader)}
    for process in list(found.values()):
        found.update((child.pid, child) for child in descendants(process.pid))
    return list(found.values())


def _session(leader: int) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _session_of(process) == leader and is_alive(process)]


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except OSError:
        return None


def marked(run: str) -> list[psutil.Process]:
    """Return the descendants of this process that carry the run's marker in their environment."""
    return [process for process in descendants() if _environment(process).get(MARKER) == run]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}


def interrupt(leaders: Iterable[int]) -> None:
    """Send SIGINT to process groups, as Ctrl-C does."""
    for leader in leaders:
        with suppress(OSError):
            os.killpg(leader, signal.SIGINT)


def end_family(leader: int, ended: Callable[[], bool]) -> None:
    """End a session's leader, its members and their descendants: SIGINT, SIGTERM, SIGKILL."""
    members = family(leader)
    interrupt([leader])
    wait_until(ended, INTERRUPT_GRACE)
    end(lambda: [process for process in {*members, *family(leader)} if is_alive(process)])


def end(find: Find) -> None:
    """End what `find` returns, now and while it ends: SIGTERM, then SIGKILL until nothing is left.

    Takes at most `TERM_GRACE` + `KILL_GRACE` seconds.
    """
    _send(find(), signal.SIGTERM)
    if wait_until(lambda: not find(), TERM_GRACE):
        return
    wait_until(lambda: not _send(find(), signal.SIGKILL), KILL_GRACE)


def kill(find: Find) -> None:
    """End what `find` returns by SIGKILL, at once."""
    wait_until(lambda: not _send(find(), signal.SIGKILL), KILL_GRACE)


def _send(processes: list[psutil.Process], number: signal.Signals) -> list[psutil.Process]:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)
    return processes


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True
