"""What a sweep runs, and which run is the best."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import UsageError
from nb2ops.model import Metric, RunResult, StepResult, StepState
from nb2ops.orchestration.sweeping import Queue, Trial, choices, combinations, ranked
from tests.notebooks import write_notebook


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.1,0.01", ["0.1", "0.01"]),
        ("3..6", ["3", "4", "5", "6"]),
        ("2..-1,9", ["2", "1", "0", "-1", "9"]),
        ("[1, 2],[3]", ["[1, 2]", "[3]"]),
        ("{'a': 1, 'b': [2, 3]},{}", ["{'a': 1, 'b': [2, 3]}", "{}"]),
        ("['x, y', '[z'],w", ["['x, y', '[z']", "w"]),
        ("it's,so", ["it's", "so"]),
        ("1...3", ["1...3"]),
        ("", [""]),
    ],
)
def test_a_text_lists_values(text: str, values: list[str]) -> None:
    assert choices(text) == values


def test_every_combination_is_a_run_the_last_parameter_changes_fastest() -> None:
    assert combinations({"a": [1, 2], "b": ["x", "y"]}) == [
        {"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}
    ]  # fmt: skip
    for wrong in ({}, {"a": range(40), "b": range(40)}):
        with pytest.raises(UsageError, match="between 1 and 1000"):
            combinations(wrong)
    with pytest.raises(UsageError, match=r"1\.\.999999999: has 999999999 values"):
        choices("1..999999999")


def _trial(number: int, value: object, state: StepState = StepState.COMPLETED) -> Trial:
    metrics = (
        () if value is None else (Metric("note", "text", "text", "fit", 1), Metric("auc", value, "number", "fit", 1))
    )
    result = RunResult("r", None, "nb", state, (StepResult("fit", state, metrics=metrics),), 1.0)
    return Trial({"n": number}, result)


def test_the_best_comes_first_and_what_has_no_number_last() -> None:
    trials = [
        _trial(1, 0.5),
        _trial(2, None),
        _trial(3, 0.9),
        _trial(4, float("nan")),
        _trial(5, 0.99, StepState.FAILED),
    ]
    order = [3, 1, 2, 4, 5]
    assert [each.parameters["n"] for each in ranked(trials, "auc")] == order
    assert [each.parameters["n"] for each in ranked(trials, None)] == order, "the first that is a number"
    assert [each.parameters["n"] for each in ranked(trials, "auc", lowest=True)] == [1, 3, 2, 4, 5]


def test_a_trial_waits_for_one_that_computes_a_step_for_both(tmp_path: Path) -> None:
    cells = [
        ("parameters", "depth: int = 1\nrate: float = 0.1"),
        ("step:load", "data = [1, 2]"),
        ("step:grow", "tree = data * depth"),
        ("step:fit", "score = len(tree) * rate"),
    ]
    pipeline = compile_notebook(write_notebook(tmp_path / "nb.ipynb", *cells)).checked()
    queue = Queue(pipeline, combinations({"depth": [1, 2], "rate": [0.1, 0.2]}))
    assert (queue.begin(), queue.begin()) == (0, None), "all need what load and grow make"
    queue.end(0)
    assert (queue.begin(), queue.begin(), queue.begin()) == (1, 2, None), "the last needs the tree of the third"
    queue.end(1)
    assert queue.begin() is None
    queue.end(2)
    assert (queue.begin(), queue.begin()) == (3, None)
