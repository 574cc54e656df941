"""(f) Memory of a process that runs many flows, one after the other."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.wall import TRIVIAL
from tests.notebooks import write_notebook

WARM_UP = 20


def growth(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return resident megabytes after the first runs and at the end."""
    write_notebook(folder / "nb.ipynb", *TRIVIAL)
    command = [sys.executable, "-m", "tests.benchmarks.memory", str(folder), str(options.runs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    sizes = json.loads(done.stdout.splitlines()[-1])
    late = sizes[WARM_UP:] or sizes
    half = len(late) // 2
    return {
        f"after {min(WARM_UP, len(sizes))} runs: MB": sizes[min(WARM_UP, len(sizes)) - 1],
        f"after {len(sizes)} runs: MB": sizes[-1],
        "second half against first half: MB": round(max(late[half:]) - max(late[:half] or late), 1),
    }


def measure(folder: Path, runs: int) -> list[float]:
    """Run a notebook so often in this process, and return resident megabytes after each run."""
    from nb2ops.cli.runs import prepare
    from nb2ops.orchestration.execution import execute

    _, bundle, options = prepare(folder / "nb.ipynb")
    sizes = []
    for _ in range(runs):
        execute(bundle, {}, options, lambda event: None)
        sizes.append(round(psutil.Process().memory_info().rss / 2**20, 1))
    return sizes


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
