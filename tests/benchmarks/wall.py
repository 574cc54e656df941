"""How long a whole run takes, against the `papermill` command on the same notebook; Prefect's server is up before."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import compare
from tests.notebooks import Pair, write_notebook

TRIVIAL: list[Pair] = [("step:one", "x = 1"), ("", "print(x)")]

CHAIN: list[Pair] = [
    (
        "imports",
        "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n"
        "from sklearn.ensemble import RandomForestRegressor\nfrom sklearn.linear_model import Ridge\n"
        "from sklearn.model_selection import cross_val_score",
    ),
    (
        "step:load",
        "rng = np.random.default_rng(0)\n"
        "frame = pd.DataFrame(rng.normal(size=(300_000, 8)), columns=list('abcdefgh'))\n"
        "frame['group'] = rng.integers(0, 5_000, len(frame)).astype(str)",
    ),
    ("step:clean", "clean = frame[(frame.a.abs() < 3) & (frame.b.abs() < 3)].sort_values(['group', 'a'])\nlen(clean)"),
    (
        "step:features",
        "means = clean.groupby('group').transform('mean')\n"
        "features = pd.concat([clean.drop(columns='group'), means.add_suffix('_mean')], axis=1)\n"
        "target = features.a * 2 - features.b ** 2 + features.c_mean",
    ),
    ("step:sample", "chosen = features.sample(6_000, random_state=0)\nwanted = target.loc[chosen.index]"),
    (
        "step:linear",
        "linear = [cross_val_score(Ridge(alpha), chosen, wanted, cv=5).mean() for alpha in np.logspace(-3, 3, 120)]",
    ),
    ("step:forest", "forest = RandomForestRegressor(50, random_state=0).fit(chosen, wanted)"),
    (
        "step:score",
        "guessed = forest.predict(features.iloc[:60_000])\nscore = np.corrcoef(guessed, target.iloc[:60_000])",
    ),
    (
        "step:plot",
        "fig, axes = plt.subplots(2, 2)\nfor axis, name in zip(axes.flat, 'abcd'):\n"
        "    axis.hexbin(features[name], target, gridsize=80)\nplt.show()\nprint(score[0, 1].round(3))",
    ),
]

_WORK = "{name} = 0\nfor i in range(45_000_000):\n    {name} += i * i % 7"
BRANCHES: list[Pair] = [
    ("step:left", _WORK.format(name="left")),
    ("step:right", _WORK.format(name="right")),
    ("step:both", "print(left, right)"),
]


def trivial(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """(a) Two cells that do nothing."""
    return _against_papermill(folder, TRIVIAL, options.repeats)


def chain(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """(b) Eight steps, one after the other, with heavy imports and about ten seconds of work."""
    return _against_papermill(folder, CHAIN, options.repeats)


def branches(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """(c) Two branches of pure Python."""
    return _against_papermill(folder, BRANCHES, options.repeats)


def _against_papermill(folder: Path, cells: list[Pair], repeats: int) -> dict[str, Any]:
    subprocess.run([sys.executable, "-m", "nb2ops", "up"], check=True, stdout=subprocess.DEVNULL)
    write_notebook(folder / "nb.ipynb", *cells)
    commands = {
        "nb2ops run": [sys.executable, "-m", "nb2ops", "run", "nb.ipynb", "--no-cache"],
        "papermill": [sys.executable, "-m", "papermill", "nb.ipynb", "out.ipynb"],
    }
    return compare(commands, folder, repeats)
