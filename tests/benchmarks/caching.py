"""What does not run again: the eight-step chain with nothing kept yet, nothing changed, a late step changed, swept."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import compare
from tests.benchmarks.wall import CHAIN
from tests.notebooks import Pair, write_notebook

SWEPT = "10..17"
LATE = "plot"


def cache(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """(i) With the cache, against one without and papermill; the first run and the sweep begin with an empty one."""
    subprocess.run([sys.executable, "-m", "nb2ops", "up"], check=True, stdout=subprocess.DEVNULL)
    numbers = count()

    def write(name: str, note: str = "") -> None:
        write_notebook(folder / name, *_cells(note))

    def forgetting(name: str) -> Callable[[], None]:
        return lambda: shutil.rmtree(folder / name / ".nb2ops" / "cache", ignore_errors=True)

    for name in ("first", "swept"):
        (folder / name).mkdir()
    for name in ("nb.ipynb", "late.ipynb", "first/nb.ipynb", "swept/nb.ipynb"):
        write(name)
    run = [sys.executable, "-m", "nb2ops", "run"]
    commands = {
        "first run": [*run, "first/nb.ipynb"],
        "nothing changed": [*run, "nb.ipynb"],
        "late step changed": [*run, "late.ipynb"],
        "sweep of 8": [sys.executable, "-m", "nb2ops", "sweep", "swept/nb.ipynb", "-p", f"grid={SWEPT}"],
        "plain run": [*run, "nb.ipynb", "--no-cache"],
        "papermill": [sys.executable, "-m", "papermill", "nb.ipynb", "out.ipynb"],
    }
    before = {
        "first run": forgetting("first"),
        "late step changed": lambda: write("late.ipynb", f"\n# {next(numbers)}"),
        "sweep of 8": forgetting("swept"),
    }
    found = compare(commands, folder, options.repeats, before)
    found["the late step alone: s"] = _seconds(folder)
    found["sweep of 8 / plain run: wall"] = round(found["sweep of 8: wall s"] / found["plain run: wall s"], 2)
    return found


def _cells(note: str) -> list[Pair]:
    """The chain with a parameter that its last step reads, and a note in that step."""
    *early, (tags, source) = CHAIN
    return [("parameters", "grid = 80"), *early, (tags, source.replace("gridsize=80", "gridsize=grid") + note)]


def _seconds(folder: Path) -> float:
    """How long the late step took when it ran last."""
    records = [json.loads(path.read_text()) for path in folder.glob(".nb2ops/runs/*/record.json")]
    late = [each for each in records if each["run"]["bundle"]["notebook"] == "late.ipynb"]
    last = max(late, key=lambda each: each["run"]["id"])
    seconds: float = next(step["seconds"] for step in last["steps"] if step["name"] == LATE)
    return seconds
