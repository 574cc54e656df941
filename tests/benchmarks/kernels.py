"""(d) From "a step wants a kernel" to its first cell done, in a run without Prefect."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from tests.notebooks import write_notebook

STEPS = 8
KINDS = ("ordinary", "forked", "spare")


def first_cell(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return the median seconds for each kind of kernel; pandas is loaded ahead in those that are forked."""
    cells = [("imports", "import pandas as pd"), *((f"step:s{i}", f"x{i} = pd.Series([{i}])") for i in range(STEPS))]
    write_notebook(folder / "nb.ipynb", *cells)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(options.repeats):
        for kind in KINDS:
            command = [sys.executable, "-m", "tests.benchmarks.kernels", str(folder), kind]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[kind] += json.loads(done.stdout)
    return {f"{kind}: s": round(median(times), 3) for kind, times in found.items()}


def measure(folder: Path, kind: str) -> list[float]:
    """Run all steps in this process, each when its spare had time to get ready."""
    from nb2ops.compiler.bundle import build_bundle, write_bundle
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.runtime import supply
    from nb2ops.runtime.ground import Ground
    from nb2ops.runtime.run import Run
    from nb2ops.runtime.supervision import RunPlan

    write_bundle(build_bundle(compile_notebook(folder / "nb.ipynb"), folder), folder / "bundle")
    os.environ["NB2OPS_KERNELS"] = kind
    supply.SPARES = supply.SPARES if kind == "spare" else 0
    plan = RunPlan("bench", folder / "bundle", folder / f"run-{kind}-{os.getpid()}", folder)
    events: list[dict[str, Any]] = []
    run = Run(plan, Ground.lay(plan.preparation, lambda act: act()), events.append)
    for step in run.pipeline.steps:
        time.sleep(2.5 if step.name == "s0" else 1.0)
        run.run_step(step.name)
    result = run.close()
    assert result.state == "Completed", result.failure
    used = {each["step"]: each["kind"] for each in events if each["event"] == "kernel-started"}
    return [
        _seconds(events, name) for name, its_kind in used.items() if name not in ("setup", "s0") and its_kind == kind
    ]


def _seconds(events: list[dict[str, Any]], step: str) -> float:
    mine = {each["event"]: datetime.fromisoformat(each["time"]) for each in events if each.get("step") == step}
    return (mine["cell-finished"] - mine["step-started"]).total_seconds()


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2])))
