"""`python -m tests.benchmarks`: what starting up and understanding a notebook cost, in CPU-seconds.

Benchmarks are no tests: nothing is asserted. Figures depend on the machine; compare those of one run.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.notebooks import Pair, write_notebook

SIZES = (10, 100, 1_000)
REPEATS = 3


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


def cpu_seconds(command: list[str]) -> float:
    """Return user and system time of a command, the median of several runs."""
    spent = []
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(spent)


def main() -> None:
    """Print a table and write `benchmarks.json`."""
    nb2ops = [sys.executable, "-m", "nb2ops"]
    figures = {
        "python -c pass": cpu_seconds([sys.executable, "-c", "pass"]),
        "nb2ops --help": cpu_seconds([*nb2ops, "--help"]),
    }
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = write_notebook(Path(folder) / f"n{size}.ipynb", *synthetic(size))
            figures[f"nb2ops check, {size} cells"] = cpu_seconds([*nb2ops, "check", str(path)])
            built = str(Path(folder) / f"b{size}")
            figures[f"nb2ops build, {size} cells"] = cpu_seconds([*nb2ops, "build", str(path), "-o", built])
    for name, seconds in figures.items():
        print(f"{name:28} {seconds:7.2f} CPU-s")
    Path("benchmarks.json").write_text(json.dumps(figures, indent=2) + "\n")


main()
