"""A forked kernel, whatever was loaded in it ahead, is not to be told from an ordinary one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nb2ops.model import Json, Preload

from .laboratory import Lab, Part
from .likeness import LOOK

IMPORTS = {
    "nothing": [],
    "numbers, tables and plots": [
        "import numpy as np",
        "import pandas as pd",
        "import matplotlib.pyplot as plt",
        "from sklearn import metrics, datasets",
    ],
    "models and statistics": [
        "import joblib",
        "import threadpoolctl",
        "from scipy import stats",
        "import sklearn.linear_model",
        "from sklearn.ensemble import RandomForestClassifier",
        "import statsmodels.api as sm",
    ],
}


def seen(folder: Path, imports: list[str], kind: str, monkeypatch: pytest.MonkeyPatch, *, own: bool = False) -> Json:
    """What a step sees that imports something, whose notebook has imported it in the step before unless it is `own`."""
    folder.mkdir()
    monkeypatch.setenv("NB2OPS_KERNELS", kind)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    lab = Lab(folder)
    head = "\n".join(imports)
    parts = [Part("a", "1" if own else head or "1"), Part("b", f"{head}\n{LOOK}")]
    preloads = tuple(Preload(statement, int(own), own) for statement in imports)
    ran = lab.run(lab.bundle(parts, preloads=preloads), ["a"], ["b"])
    assert ran.states() == {"a": "Completed", "b": "Completed"}, ran.result.failure
    kernel = ran.record["steps"][1]["kernel"]
    assert kernel["kind"] == "ordinary" if kind == "ordinary" else kernel["kind"] in ("spare", "forked"), kernel
    assert kind == "ordinary" or kernel["why"] is None, kernel
    return json.loads((folder / "seen.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("imports", IMPORTS.values(), ids=IMPORTS)
def test_a_forked_kernel_is_like_an_ordinary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: list[str]
) -> None:
    ordinary = seen(tmp_path / "o", imports, "ordinary", monkeypatch)
    forked = seen(tmp_path / "f", imports, "forked", monkeypatch)
    assert [*differences(ordinary, forked)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, imports in IMPORTS.items() if imports])
def test_so_is_one_that_has_loaded_what_the_step_itself_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ordinary = seen(tmp_path / "o", IMPORTS[name], "ordinary", monkeypatch, own=True)
    forked = seen(tmp_path / "f", IMPORTS[name], "forked", monkeypatch, own=True)
    assert [*differences(ordinary, forked)] == []


def differences(one: Json, other: Json) -> Iterator[str]:
    for key in one.keys() | other.keys():
        left, right = (lines(each.get(key)) for each in (one, other))
        if left != right:
            only = [[each for each in mine if each not in others] for mine, others in ((left, right), (right, left))]
            yield f"{key}: ordinary only {only[0]}, forked only {only[1]}; {len(left)} and {len(right)}"


def lines(value: object) -> list[str]:
    if isinstance(value, dict):
        return sorted(f"{key}={each}" for key, each in value.items())
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
