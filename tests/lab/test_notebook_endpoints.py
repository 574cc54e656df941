from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.asking import Fetch, ask, send
from tests.lab.shapes import unlike
from tests.notebooks import write_notebook

STEPS = (("imports", "import math"), ("step:load", "x = 1"), ("step:fit", "y = x + 1"))


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    write_notebook(jp_root_dir / "steps.ipynb", *STEPS)
    write_notebook(jp_root_dir / "plain.ipynb", ("markdown", "# A"), *["x = 1", "print(x)"] * 6)
    write_notebook(jp_root_dir / "broken.ipynb", ("step:load", "x = 1"), ("step:fit", "x +"))
    (jp_root_dir / "torn.ipynb").write_text('{"cells": [')
    return jp_root_dir


@pytest.mark.parametrize(
    ("name", "example"),
    [("steps", "pipeline"), ("broken", "pipeline_broken"), ("plain", "pipeline_untagged"), ("torn", "pipeline_none")],
)
async def test_a_notebook_is_shown_as_the_sidebar_is_tested_with(
    jp_fetch: Fetch, root: Path, wire: Callable[[str], Any], name: str, example: str
) -> None:
    status, shown = await ask(jp_fetch, "pipeline", params={"path": f"{name}.ipynb"})
    assert (status, shown["path"]) == (200, f"{name}.ipynb")
    assert unlike(wire(example), shown) == []


async def test_a_problem_says_cell_index_and_line(jp_fetch: Fetch, root: Path) -> None:
    _, shown = await ask(jp_fetch, "pipeline", params={"path": "RTC:broken.ipynb"})
    (problem,) = [each for each in shown["problems"] if each["severity"] == "error"]
    assert (problem["cell"], problem["index"], problem["id"], problem["line"]) == (2, 1, "c1", 1)


async def test_tags_are_proposed_and_written_only_when_asked(
    jp_fetch: Fetch, root: Path, wire: Callable[[str], Any]
) -> None:
    before = (root / "plain.ipynb").read_bytes()
    status, proposal = await send(jp_fetch, "POST", "tags", {"path": "plain.ipynb", "every": 4})
    assert (status, proposal["written"], unlike(wire("tags"), proposal)) == (200, False, [])
    assert {each["tags"][0] for each in proposal["cells"]} >= {"step:part-1", "step:part-2"}
    assert (root / "plain.ipynb").read_bytes() == before
    status, proposal = await send(jp_fetch, "POST", "tags", {"path": "plain.ipynb", "every": 4, "write": True})
    assert (status, proposal["written"]) == (200, True)
    cells = json.loads((root / "plain.ipynb").read_text())["cells"]
    tagged = {index: cell["metadata"]["tags"] for index, cell in enumerate(cells) if cell["metadata"].get("tags")}
    assert tagged == {each["index"]: each["tags"] for each in proposal["cells"]}


async def test_a_bundle_is_built_beside_the_notebook_and_never_over_other_files(
    jp_fetch: Fetch, root: Path, wire: Callable[[str], Any]
) -> None:
    status, built = await send(jp_fetch, "POST", "build", {"path": "steps.ipynb"})
    assert (status, built["folder"], built["steps"]) == (200, "steps_pipeline", 3)
    assert unlike(wire("build"), built) == []
    assert sorted(path.name for path in (root / "steps_pipeline").glob("*.py")) == ["flow.py"]
    (root / "other").mkdir()
    (root / "other" / "flow.py").write_text("mine")
    status, fault = await send(jp_fetch, "POST", "build", {"path": "steps.ipynb", "folder": "other"})
    assert (status, fault["code"]) == (409, "conflict")
    assert (root / "other" / "flow.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("endpoint", "body", "code"),
    [
        ("build", {"path": "broken.ipynb"}, "problems"),
        ("build", {"path": "torn.ipynb"}, "problems"),
        ("tags", {"path": "steps.ipynb"}, "invalid"),
    ],
)
async def test_what_a_notebook_does_not_allow(jp_fetch: Fetch, root: Path, endpoint: str, body: Any, code: str) -> None:
    status, fault = await send(jp_fetch, "POST", endpoint, body)
    assert (status, fault["code"]) == (422, code)
    assert bool(fault["problems"]) == (code == "problems")
