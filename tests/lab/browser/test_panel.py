"""The panel of ipywidgets in a notebook of a real JupyterLab: a run is started from it, watched, and opened."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.notebooks import write_notebook

from .browsing import SCREENSHOTS, Lab

pytestmark = pytest.mark.xdist_group("browser")

PULSE = (
    ("markdown", "# Pulse\nIs the mean of the day below the limit?"),
    (
        "parameters",
        "limit: int = 80  # range: 40..200 beats per minute\nlabel: str = 'day'\nbeats: list = [72, 75, 71, 90, 68]",
    ),
    ("step:load", "low, high = min(beats), max(beats)"),
    ("step:report", "high - low"),
    ("metrics", "mean = sum(beats) / len(beats)"),
    ("gate", "assert mean < limit"),
)
ENDS_WITHIN = 180_000  # milliseconds


def test_the_panel_shows_a_run_and_leads_to_what_it_left(page: Page, lab: Lab, prefect_of_lab: object) -> None:
    write_notebook(lab.notebooks / "pulse.ipynb", *PULSE)
    write_notebook(lab.notebooks / "panel.ipynb", 'import nb2ops\nnb2ops.ui("pulse.ipynb")')
    page.set_viewport_size({"width": 1100, "height": 1200})
    page.goto(lab.address("panel.ipynb"))
    cell = page.locator(".jp-NotebookPanel:visible .jp-CodeCell").first
    expect(cell).to_be_visible(timeout=60_000)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=60_000)
    cell.locator(".cm-content").click()
    page.get_by_role("button", name="Run this cell and advance").click()
    panel = cell.locator(".jp-OutputArea")
    expect(panel.get_by_text("Pulse", exact=True)).to_be_visible(timeout=60_000)
    expect(panel.get_by_role("button", name="Start Prefect")).to_be_hidden()
    panel.get_by_role("spinbutton").first.fill("90")
    panel.get_by_role("button").filter(has_text="Run").click()
    expect(panel.get_by_text("Running").first).to_be_visible(timeout=ENDS_WITHIN)
    expect(panel).to_contain_text("mean 75.2", timeout=ENDS_WITHIN)
    expect(panel).to_contain_text("75.2 < 90")
    SCREENSHOTS.mkdir(exist_ok=True)
    panel.screenshot(path=SCREENSHOTS / "panel.png")
    panel.get_by_role("link").last.click()
    expect(page.get_by_role("tab", name="pulse.ipynb")).to_be_visible()
    expect(page.get_by_text("notebook is read-only")).to_be_visible()
