"""Timing commands side by side."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Spent:
    """Seconds that a command took: by the clock, and of processors."""

    wall: float
    cpu: float


def spend(command: Sequence[str], folder: Path) -> Spent:
    """Run a command and return what it took, with all its children that ended."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.decode()}")
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(
    commands: Mapping[str, Sequence[str]],
    folder: Path,
    repeats: int,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, Any]:
    """Run commands in turns and return medians, and the ratio of each to the last one.

    In turns, so that whatever else the machine does meets all of them.

    Args:
        commands: name -> command; each runs once more than it is measured, for the caches.
        folder: where.
        repeats: how often each is measured.
        before: name -> what is done each time before the command runs, and not measured.
    """
    prepare = before or {}
    spent: dict[str, list[Spent]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            prepare.get(name, _nothing)()
            took = spend(command, folder)
            if turn:
                spent[name].append(took)
    *_, last = commands
    result: dict[str, Any] = {}
    for name, all_spent in spent.items():
        result[f"{name}: wall s"] = round(median(each.wall for each in all_spent), 2)
        result[f"{name}: cpu s"] = round(median(each.cpu for each in all_spent), 2)
        pairs = [mine.wall / peer.wall for mine, peer in zip(all_spent, spent[last], strict=True)]
        if name != last:
            result[f"{name} / {last}: wall"] = round(median(pairs), 2)
    return result


def _nothing() -> None:
    """Nothing is to be prepared."""
