"""For which code an earlier result may not stand in, as the code itself tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.compiler.compilation import compile_notebook
from tests.notebooks import write_notebook

DOUBTFUL = [
    ("import time\ntime.time()", "asks the clock"),
    ("from datetime import datetime\ndatetime.now()", "asks the clock"),
    ("import uuid\nuuid.uuid4()", "draws numbers that nobody can draw again"),
    ("import numpy as np\nnp.random.default_rng().random()", "draws numbers that nobody can draw again"),
    ("import os\nos.getpid()", "asks for the machine or the process"),
    ("import os\nos.path.exists('a')", "asks for the state of a file that it does not open"),
    ("import pandas as pd\npd.read_parquet('a')", "reads or writes files in a way that nobody sees"),
    ("import xgboost as xgb\nxgb.DMatrix('a.libsvm')", "reads or writes files in a way that nobody sees"),
    ("import lightgbm as lgb\nlgb.Dataset('a.csv')", "reads or writes files in a way that nobody sees"),
    ("import catboost\ncatboost.Pool('a.tsv')", "reads or writes files in a way that nobody sees"),
    ("exec('a = 1')", "runs code that nobody can read"),
    ("from joblib import Parallel\nParallel(2)([])", "works in other processes"),
    ("input()", "waits for somebody"),
]
CERTAIN = [
    "a = sum([1, 2])",
    "import time\ntime.sleep(0)",
    "import numpy as np\nnp.random.default_rng(0).random()",
    "import xgboost as xgb\nxgb.XGBClassifier(random_state=0)",
    "text = open('a.csv').read()",
]


def doubts(folder: Path, source: str) -> tuple[str, ...]:
    (step,) = compile_notebook(write_notebook(folder / "nb.ipynb", ("step:a", source))).pipeline.steps
    return step.doubts


@pytest.mark.parametrize(("source", "why"), DOUBTFUL)
def test_what_may_give_something_else_next_time_is_said_with_its_cell(tmp_path: Path, source: str, why: str) -> None:
    assert any(each.startswith(f"cell 1 {why}") for each in doubts(tmp_path, source)), doubts(tmp_path, source)


@pytest.mark.parametrize("source", CERTAIN)
def test_what_gives_the_same_again_or_is_seen_while_it_runs_is_no_doubt(tmp_path: Path, source: str) -> None:
    assert doubts(tmp_path, source) == ()
