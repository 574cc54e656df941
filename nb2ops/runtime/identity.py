"""Which process, on which machine: names that no later process gets again."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path

import psutil


def machine() -> str:
    """Return the name of this machine since it started; a container with processes of its own is a machine.

    Clones and containers may share a host's name, containers also its start.
    """
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{platform.node()} {boot} {os.readlink('/proc/self/ns/pid')}"
    return f"{platform.node()} {psutil.boot_time():.0f}"


def process(pid: int | None = None) -> str | None:
    """Return the name of a process (default: of this one), None where it does not run; stopped ones do run.

    Example:
        >>> process()
        '4711 81433'
    """
    pid = os.getpid() if pid is None else pid
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _elsewhere(pid)
    fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
    return None if fields[0] in "ZX" else f"{pid} {fields[19]}"


def _elsewhere(pid: int) -> str | None:
    """Where there is no /proc, psutil knows."""
    if Path("/proc/self/stat").exists():
        return None
    try:
        return f"{pid} {psutil.Process(pid).create_time()}"
    except psutil.NoSuchProcess:
        return None


def runs(name: str) -> bool:
    """Whether a process of this machine, by its name, still runs."""
    return process(int(name.partition(" ")[0])) == name
