"""Cells become steps in the notebook itself: by the menu of a cell, by keyboard alone, and back again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.notebooks import write_notebook

from .browsing import Lab, Shoot, choose_step, command, open_sidebar, serious_faults

pytestmark = pytest.mark.xdist_group("browser")

WALK = (
    ("markdown", "# Walk"),
    "import math",
    ("markdown", "## Load"),
    "steps = [3, 4, 5]",
    "far = max(steps)",
    ("markdown", "## Measure"),
    ("hide-input", "total = sum(steps)"),
    ("markdown", "## Report"),
    "print(total, far)",
)


@pytest.fixture
def walk(lab: Lab) -> Path:
    """A notebook without tags."""
    return write_notebook(lab.notebooks / "walk.ipynb", *WALK)


def cell(page: Page, text: str) -> Locator:
    """Return the code cell that holds a text."""
    return page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=text)


def mark(page: Page, text: str) -> Locator:
    """Return what stands at the left of a cell."""
    return cell(page, text).locator(".nb2ops-Mark")


def open_menu(page: Page, text: str) -> Locator:
    """Choose a cell and open its menu by keyboard."""
    cell(page, text).locator(".cm-content").click()
    page.keyboard.press("Escape")
    expect(cell(page, text)).to_have_class(re.compile("jp-mod-active"))
    page.keyboard.press("t")
    menu = page.locator(".lm-Menu")
    expect(menu).to_be_visible()
    return menu


def name_step(page: Page, text: str, name: str) -> None:
    """Make a cell the beginning of a step."""
    cell(page, text).locator(".cm-content").click()
    page.keyboard.press("Escape")
    expect(cell(page, text)).to_have_class(re.compile("jp-mod-active"))
    choose_step(page, name)


def tags_on_disk(path: Path) -> list[list[str]]:
    """Return the tags of the code cells in the file."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [each["metadata"].get("tags", []) for each in cells if each["cell_type"] == "code"]


def test_a_cell_becomes_a_step_and_back_again(page: Page, lab: Lab, walk: Path, shoot: Shoot) -> None:
    page.goto(lab.address(walk.name))
    expect(cell(page, "total = sum")).to_be_visible(timeout=60_000)
    expect(page.locator(".nb2ops-Mark")).to_have_count(0)
    with page.expect_response(lambda answer: "/api/contents/walk" in answer.url and answer.request.method == "PUT"):
        name_step(page, "steps = [3", "load")
    expect(mark(page, "steps = [3")).to_have_text("load ")
    expect(cell(page, "far = max")).to_have_class(re.compile("nb2ops-mod-continues"))
    expect(mark(page, "far = max")).to_have_text("load ")
    expect(mark(page, "import math")).to_have_text("setup ")
    assert tags_on_disk(walk) == [[], ["step:load"], [], ["hide-input"], []]

    name_step(page, "total = sum", "measure")
    expect(mark(page, "total = sum")).to_have_text("measure ")
    open_menu(page, "print(total").get_by_role("menuitem", name="Gate").click()
    expect(mark(page, "print(total")).to_have_text("measure gate")
    shoot(page, "tags")
    page.keyboard.press("z")
    expect(mark(page, "print(total")).to_have_text("measure ")
    expect(cell(page, "print(total")).to_have_class(re.compile("nb2ops-mod-continues"))

    cell(page, "total = sum").locator(".cm-content").click()
    command(page, "Remove Pipeline Tags")
    expect(mark(page, "total = sum")).to_have_text("load ")
    stripe = "each => getComputedStyle(each).getPropertyValue('--nb2ops-colour')"
    assert cell(page, "steps = [3").evaluate(stripe) == cell(page, "total = sum").evaluate(stripe)
    assert cell(page, "steps = [3").evaluate(stripe) != cell(page, "import math").evaluate(stripe)


def test_steps_are_suggested_and_seen_as_a_graph(page: Page, lab: Lab, walk: Path, shoot: Shoot) -> None:
    before = tags_on_disk(walk)
    sidebar = open_sidebar(page, lab, walk.name)
    sidebar.get_by_role("button", name="Suggest Steps").click()
    preview = page.get_by_role("dialog")
    expect(preview.get_by_role("list", name="New tags")).to_contain_text("step:measure")
    expect(preview.get_by_role("button", name="report")).to_be_visible()
    shoot(page, "suggestion")
    assert tags_on_disk(walk) == before
    preview.get_by_role("button", name="Write the tags").click()
    expect(mark(page, "total = sum")).to_have_text("measure ")
    steps = sidebar.get_by_role("group", name="Steps")
    expect(steps.get_by_role("button")).to_have_count(4)
    steps.get_by_role("button", name="report").focus()
    expect(sidebar).to_contain_text("report waits for measure")
    expect(sidebar).to_contain_text('"total", defined in cell 4')
    assert tags_on_disk(walk)[3] == ["hide-input", "step:measure"]
    assert serious_faults(page) == []
    steps.get_by_role("button", name="report").click()
    expect(cell(page, "print(total")).to_have_class(re.compile("jp-mod-active"))


def test_a_problem_leads_to_its_cell_and_line(page: Page, lab: Lab) -> None:
    torn = write_notebook(lab.notebooks / "torn.ipynb", ("step:a", "x = 1"), ("step:b", "y = x\nz = (y"))
    sidebar = open_sidebar(page, lab, torn.name)
    problems = sidebar.get_by_role("list", name="Problems")
    problems.get_by_role("button", name="cell 2, line 2").click()
    expect(cell(page, "z = (y")).to_have_class(re.compile("jp-mod-active"))
    expect(page.get_by_role("contentinfo")).to_contain_text("Ln 2, Col 1")
