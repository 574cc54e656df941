"""Runs as objects: awaited in an event loop, cancelled, shown with what they hold escaped."""

from __future__ import annotations

import asyncio

import pytest

import nb2ops
from nb2ops.errors import InvalidNotebook, UsageError
from nb2ops.pages import fragments

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_run_is_started_awaited_and_cancelled_in_an_event_loop(notebook):
    path = notebook(
        ("parameters", "word: str = 'a'\nseconds: int = 0"),
        ("step:say", "import time\nprint(word)"),
        ("metrics", "said = word"),
        ("gate", "assert seconds == 0"),
        ("step:rest", "time.sleep(600 if word == 'wait' else 0)"),
    )

    async def use() -> tuple[nb2ops.interface.runs.NotebookRun, ...]:
        ended, waiting = nb2ops.run(path, {"word": HOSTILE}), nb2ops.run(path, {"word": "wait"}, jobs=1)
        with pytest.raises(TimeoutError, match=waiting.name):
            waiting.wait(timeout=0)
        await ended
        while not any(step["name"] == "rest" and step["state"] == "Running" for step in waiting.steps):
            await asyncio.sleep(0.5)
        waiting.cancel()
        return ended, await waiting

    ended, cancelled = asyncio.run(use())
    assert (ended.state, ended.ok, ended.failure) == ("Completed", True, None)
    assert ended.metrics == {"said": HOSTILE}
    assert ended.parameters == {"word": HOSTILE, "seconds": 0}
    assert ended.notebook.parent == ended.folder
    html = ended._repr_html_()
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "seconds == 0" in html
    assert (cancelled.state, cancelled.ok) == ("Cancelled", False)
    assert [run.state for run in nb2ops.runs(path)] == ["Cancelled", "Completed"]
    assert nb2ops.runs(path)._repr_html_().count("<tr>") == 3


def test_what_does_not_fit_is_told_before_anything_starts(notebook):
    path = notebook(("parameters", "rows: int = 3"), ("step:load", "df = rows"))
    with pytest.raises(UsageError, match="rows"):
        nb2ops.run(path, {"row": 1})
    with pytest.raises(UsageError, match="lod"):
        nb2ops.run(path, steps=["lod"])
    with pytest.raises(InvalidNotebook, match="NB001"):
        nb2ops.verify(path.parent / "missing.ipynb")


def test_problems_are_values(notebook):
    found = nb2ops.check(notebook(("step:load", "total = missing"), f"# {HOSTILE}"))
    assert [problem.code for problem in found.problems] == ["NB104"]
    assert not found.ok
    assert "NB104" in found._repr_html_()
    assert "<svg" in found._repr_html_()
    assert nb2ops.check("missing.ipynb").pipeline is None
    assert fragments.problems(()) == "<p>No problems.</p>"
