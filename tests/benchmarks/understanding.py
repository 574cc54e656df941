"""(g) What understanding a notebook costs, in CPU-seconds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.measuring import spend
from tests.notebooks import Pair, write_notebook

SIZES = (10, 100, 1_000, 3_000)


def synthetic(cells: int) -> list[Pair]:
    """Return a notebook of realistic variety: every tenth cell begins a step, functions, loops, frames, plots."""
    kinds = [
        "df{i} = base.assign(x{i}=base.a * {i})",
        "def f{i}(frame, n={i}):\n    t = frame.a.sum()\n    for k in range(n):\n        t += k\n    return t",
        "totals['{i}'] = f1(base)",
        "model{i} = LinearRegression().fit(base[['a']], base.b)\nscore{i} = model{i}.coef_",
        "for name, value in totals.items():\n    if value > {i}:\n        print(name)\n    else:\n        last = name",
        "fig, ax = plt.subplots()\nax.plot(base.a, base.b)\nax.set_title('step {i}')\nplt.show()",
        "chosen{i} = [x for x in range(100) if x % {n} == 0]\nchosen{i}.append({i})",
        "try:\n    ratio{i} = 1 / len(chosen_all)\nexcept ZeroDivisionError:\n    ratio{i} = 0",
        "%time result{i} = base.groupby('a').b.mean()",
        "with open('log.txt', 'a') as log:\n    log.write(str(totals))",
    ]
    setup = (
        "import pandas as pd, matplotlib.pyplot as plt\nfrom sklearn.linear_model import LinearRegression\n"
        "base = pd.DataFrame({'a': range(10), 'b': range(10)})\ntotals = {}\nchosen_all = [1]\n"
        "def f1(frame): return frame.a.sum()"
    )
    body = [kinds[i % len(kinds)].format(i=i, n=i % 7 + 2) for i in range(cells - 1)]
    return [("", setup), *((f"step:s{i // 10}" if i % 10 == 0 else "", source) for i, source in enumerate(body))]


def check_and_build(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return CPU-seconds of `check` and `build` by number of cells, and of starting at all."""
    nb2ops = [sys.executable, "-m", "nb2ops"]
    commands = {"python -c pass": [sys.executable, "-c", "pass"], "nb2ops --help": [*nb2ops, "--help"]}
    for size in SIZES:
        name = f"n{size}.ipynb"
        write_notebook(folder / name, *synthetic(size))
        commands[f"check, {size} cells"] = [*nb2ops, "check", name]
        commands[f"build, {size} cells"] = [*nb2ops, "build", name, "-o", f"b{size}"]
    repeats = min(3, options.repeats)
    return {
        f"{name}: cpu s": round(median(spend(command, folder).cpu for _ in range(repeats)), 2)
        for name, command in commands.items()
    }
