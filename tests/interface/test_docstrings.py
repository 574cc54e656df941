"""Every function that Python code calls has an example, and it is true."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import nb2ops
from nb2ops.interface.runs import NotebookRun
from tests.notebooks import write_notebook

SALES = (
    ("markdown", "# Sales\nHow much is sold."),
    ("parameters", "rows: int = 4  # how many to read"),
    ("step:load", "df = list(range(rows))"),
    ("step:total", "total = sum(df)"),
    ("metrics", "mean = total / rows"),
    ("gate", "assert mean >= 1"),
)
FUNCTIONS = ("check", "build", "run", "runs", "result", "ui", "deploy", "verify")
"""In this order: later examples look at the run of an earlier one."""
GIVEN_ELSEWHERE = {"__version__", "pipeline", "server"}
"""What flow.py calls."""


def test_the_public_names_are_stated():
    assert {*FUNCTIONS} == {*nb2ops.__all__} - GIVEN_ELSEWHERE
    assert all(getattr(nb2ops, name).__doc__ for name in nb2ops.__all__ if name != "__version__")


@pytest.mark.slow
def test_the_examples_are_true(prefect: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    write_notebook(tmp_path / "sales.ipynb", *SALES)
    monkeypatch.chdir(tmp_path)
    shown = {each: getattr(nb2ops, each) for each in FUNCTIONS} | {"NotebookRun": NotebookRun}
    shown["verify"] = shown.pop("verify")  # last: its runs are listed too
    runner = doctest.DocTestRunner()
    for name, documented in shown.items():
        example = doctest.DocTestParser().get_doctest(documented.__doc__, {"nb2ops": nb2ops}, name, None, None)
        assert example.examples, name
        runner.run(example)
    assert runner.summarize(verbose=False).failed == 0, capsys.readouterr().out
