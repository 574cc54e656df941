"""`python -m tests.benchmarks [NAME...]`: what nb2ops costs, side by side with papermill, in one go.

Benchmarks are no tests: nothing is asserted. Figures depend on the machine; compare those of one go. Results are
printed and written to `benchmarks.json`; those worth keeping are in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks import caching, crossing, kernels, listing, memory, understanding, wall

BENCHMARKS = {
    "trivial": wall.trivial,
    "chain": wall.chain,
    "branches": wall.branches,
    "cache": caching.cache,
    "kernel": kernels.first_cell,
    "handover": crossing.handover,
    "memory": memory.growth,
    "understanding": understanding.check_and_build,
    "lists": listing.lists,
}


def machine() -> dict[str, Any]:
    """What was measured on, without names."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "time": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": commit.stdout.strip() or None,
        "processors": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Run the benchmarks that were asked for, all without a name."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}")
    parser.add_argument("--repeats", type=int, default=5, help="how often each command runs (default: 5)")
    parser.add_argument("--runs", type=int, default=200, help="runs for the memory benchmark (default: 200)")
    parser.add_argument("-o", "--output", type=Path, default=Path("benchmarks.json"), help="where the figures go")
    options = parser.parse_args()
    results: dict[str, Any] = {"machine": machine(), "repeats": options.repeats}
    for name in options.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            results[name] = BENCHMARKS[name](Path(folder), options)
        print(f"\n{name}")
        for key, value in results[name].items():
            print(f"  {key:42} {value}")
        options.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
