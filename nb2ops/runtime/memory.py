"""The memory that a step may use: a control group of its own where the system lets us make one, else `RLIMIT_DATA`.

A group (cgroup v2) counts everything that the kernel and its children use together, and the system kills them when
it is exceeded. `RLIMIT_DATA` counts what each process has allocated by itself, and allocating more raises
`MemoryError`.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CGROUP = "cgroup"
RLIMIT = "rlimit"
_DRIFT = 10.0
"""Seconds by which the clock of the system's log may differ from ours."""
_FIRST_NAMESPACE = "pid:[4026531836]"
"""The namespace whose process numbers the system's log names."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What holds a step's memory.

    Attributes:
        by: "cgroup" or "rlimit".
        bytes: the limit.
    """

    by: str
    bytes: int


def limit(pid: int, size: int | None, place: Path | None = None) -> Limit | None:
    """Limit what a process may use from now on; None lifts a limit that was set before.

    Args:
        pid: the kernel's process.
        size: bytes.
        place: the control group in which groups may be made; the one above ours where it is None.

    Returns:
        What holds it; None where nothing is limited, or this system has neither means.
    """
    group = _enter_group(place or _place(), pid, size)
    if group is None:
        with suppress(OSError, AttributeError):  # no prlimit but on Linux
            _, most = resource.prlimit(pid, resource.RLIMIT_DATA)
            resource.prlimit(pid, resource.RLIMIT_DATA, (most if size is None else size, most))
            return Limit(RLIMIT, size) if size else None
        return None
    return Limit(CGROUP, size) if size else None


def release(pid: int, place: Path | None = None) -> None:
    """Remove a process's group, if it had one and nobody is left in it."""
    place = place or _place()
    if place:
        with suppress(OSError):
            _group(place, pid).rmdir()


def ran_out(pid: int, since: float, place: Path | None = None) -> bool:
    """Whether it is proven that the system killed a process because memory ran out.

    Args:
        pid: the process.
        since: a time before it began, as `time.monotonic` gives it.
        place: as for `limit`.
    """
    place = place or _place()
    return (place is not None and _group_was_killed(_group(place, pid))) or _log_names(pid, since)


def _group(place: Path, pid: int) -> Path:
    return place / f"nb2ops-{pid}"


def _place() -> Path | None:
    """Return the group above ours, None where groups in it could not limit memory."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        root = next(Path(fields[1]) for fields in mounts if fields[2] == "cgroup2")
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        ours = next(line.removeprefix("0::") for line in lines if line.startswith("0::"))
        place = root / ours.strip("/") / ".." if ours != "/" else root
        limits_memory = "memory" in (place / "cgroup.subtree_control").read_text().split()
    except (OSError, StopIteration):
        return None
    return place.resolve() if limits_memory else None


def _enter_group(place: Path | None, pid: int, size: int | None) -> Path | None:
    """Put a process into a group of its own; return it, None where that is not allowed."""
    if place is None:
        return None
    group = _group(place, pid)
    try:
        group.mkdir(exist_ok=True)
        (group / "memory.max").write_text("max" if size is None else str(size))
        with suppress(OSError):  # a system without swap
            (group / "memory.swap.max").write_text("0")
        (group / "cgroup.procs").write_text(str(pid))
    except OSError:
        with suppress(OSError):
            group.rmdir()
        return None
    return group


def _group_was_killed(group: Path) -> bool:
    try:
        events = dict(line.split() for line in (group / "memory.events").read_text().splitlines())
    except OSError:
        return False
    return int(events.get("oom_kill", 0)) > 0


def _log_names(pid: int, since: float) -> bool:
    """Whether the system's log says that it killed the process for memory since a time."""
    try:
        if os.readlink("/proc/self/ns/pid") != _FIRST_NAMESPACE:
            return False
        return any(time >= since - _DRIFT and f"Killed process {pid} (" in text for time, text in _system_log())
    except OSError:  # it is not ours to read
        return False


def _system_log() -> Iterator[tuple[float, str]]:
    """Yield the lines of the system's log with their seconds since the system started."""
    descriptor = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            try:
                head, _, text = os.read(descriptor, 8192).decode(errors="replace").partition(";")
            except BlockingIOError:
                return
            except BrokenPipeError:  # older lines were overwritten meanwhile
                continue
            yield int(head.split(",")[2]) / 1e6, text
    finally:
        os.close(descriptor)
