"""The sidebar in a real browser: JupyterLab as people start it, Prefect with a history, and Chromium.

Screenshots are left in tests/screenshots, for people to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from nb2ops.orchestration.connection import Connection
from nb2ops.runtime.processes import wait_until
from tests.history import History, copy_runs
from tests.notebooks import write_notebook

from .browsing import Lab, Shoot, nb2ops, open_sidebar, row, serious_faults

THEMES = "@jupyterlab/apputils-extension:themes"
HEART_RATE = (
    ("markdown", "# Heart rate\nIs the mean of the day below the limit?"),
    ("parameters", "limit = 80  # beats per minute"),
    ("step:load", "beats = [72, 75, 71, 90, 68]"),
    ("step:summary", "total = sum(beats)"),
    ("metrics", "mean = total / len(beats)"),
    ("gate", "assert mean < limit"),
)
HOSTILE = 'Kernel died <img src=x onerror="alert(1)">'

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def history(prefect_of_lab: Connection) -> History:
    """Four notebooks with something to tell each, newest last."""
    history = History(prefect_of_lab)
    history.pool("cluster")
    history.deployment("churn_model.ipynb", "cluster", paused=True)
    history.deployment("sales_report.ipynb", "cluster", {"interval": 900})
    forecast = history.deployment("co2_forecast.ipynb", "nb2ops", {"cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"})
    history.run("sales_report.ipynb", "Completed")
    history.run("churn_model.ipynb", "Crashed", HOSTILE)
    history.run("quarterly_revenue_by_region_and_product.ipynb", "Cancelled")
    history.run("co2_forecast.ipynb", "Completed", deployment=forecast)
    history.run("tumour_classifier.ipynb", "Rejected", 'Gate in "compare", cell 9: auc >= min_auc (0.993 >= 0.999)')
    return history


@pytest.fixture
def sidebar(desk: Page, lab: Lab, history: History) -> Locator:
    """The sidebar with that history, in the page that the tests of this module share."""
    sidebar = desk.locator("#nb2ops-sidebar")
    if not sidebar.is_visible():
        open_sidebar(desk, lab)
    expect(row(sidebar, "Runs", "tumour_classifier")).to_be_visible()
    return sidebar


def test_the_history_is_shown_and_nothing_is_cut_off(desk: Page, sidebar: Locator) -> None:
    rejected = row(sidebar, "Runs", "tumour_classifier")
    expect(rejected).to_contain_text("Rejected")
    expect(rejected).to_contain_text("auc >= min_auc (0.993 >= 0.999)")
    expect(row(sidebar, "Runs", "co2_forecast")).to_contain_text("on demand")
    expect(row(sidebar, "Runs", "churn_model")).to_contain_text(HOSTILE)
    expect(sidebar.locator("img")).to_have_count(0)
    expect(row(sidebar, "Runs", "quarterly_revenue_by_region_and_product")).to_be_visible()
    box = sidebar.bounding_box()
    assert box is not None
    assert box["width"] <= 250
    wider_than_shown = "list => list.scrollWidth > list.clientWidth"
    assert not any(each.evaluate(wider_than_shown) for each in sidebar.get_by_role("list").all())


def test_what_is_scheduled_is_shown(sidebar: Locator) -> None:
    forecast = row(sidebar, "Deployments", "co2_forecast")
    expect(forecast).to_contain_text("At 06:00, Monday through Friday")
    expect(forecast).to_contain_text("1 worker online")
    expect(forecast).to_contain_text("Completed")
    forecast.get_by_text("Details").click()
    expect(forecast).to_contain_text("a run that comes while one is going is skipped")
    forecast.get_by_text("Details").click()
    report = row(sidebar, "Deployments", "sales_report")
    expect(report).to_contain_text("Every 15 min")
    expect(report).to_contain_text("No worker online for pool cluster")
    expect(row(sidebar, "Deployments", "churn_model")).to_contain_text("Paused")


@pytest.mark.parametrize(("endpoint", "rows"), [("runs", "runs"), ("deployments", "deployments"), ("health", None)])
def test_the_answers_have_the_shape_of_the_examples(
    lab: Lab, history: History, wire: Callable[[str], Any], endpoint: str, rows: str | None
) -> None:
    answer, example = lab.ask(endpoint), wire(endpoint)
    assert answer.keys() == example.keys()
    if rows:
        assert all(each.keys() == example[rows][0].keys() for each in answer[rows])


def test_runs_are_filtered(sidebar: Locator) -> None:
    rows = sidebar.get_by_role("list", name="Runs").get_by_role("listitem")
    state, search = sidebar.get_by_role("combobox", name="State"), sidebar.get_by_role("searchbox", name="Search runs")
    state.select_option(label="Failed")
    expect(rows.filter(has_text="sales_report")).to_have_count(0)
    expect(rows.filter(has_text="tumour_classifier").first).to_be_visible()
    search.fill("churn")
    expect(rows).to_have_count(1)
    search.fill("nothing of that name")
    expect(sidebar).to_contain_text("No run fits the filter")
    search.fill("")
    state.select_option(index=0)


def test_a_run_is_followed_to_its_end(sidebar: Locator, history: History) -> None:
    run = history.run("nightly_training.ipynb", "Running")
    shown = row(sidebar, "Runs", "nightly_training")
    expect(shown).to_contain_text("Running")
    history.finish(run, "Failed", 'Step "fit", cell 4, line 3: ValueError: endog is empty')
    expect(shown).to_contain_text("ValueError: endog is empty")


def test_light_dark_and_back_after_a_reload(desk: Page, lab: Lab, sidebar: Locator, shoot: Shoot) -> None:
    shoot(desk, "light")
    assert serious_faults(desk) == []
    lab.setting(THEMES, theme="JupyterLab Dark")
    desk.reload()
    expect(row(sidebar, "Runs", "tumour_classifier")).to_be_visible()
    expect(desk.locator("body[data-jp-theme-light=false]")).to_have_count(1)
    shoot(desk, "dark")
    assert serious_faults(desk) == []
    lab.setting(THEMES, theme="JupyterLab Light")


def test_ten_thousand_runs_scroll_smoothly(desk: Page, sidebar: Locator, history: History, home: Path) -> None:
    runs = [history.run("sales_report.ipynb", state) for state in ("Completed", "Failed")]
    copy_runs(home / "prefect" / "prefect.db", runs, 10_000, timedelta(minutes=10))
    rows = sidebar.get_by_role("list", name="Runs").get_by_role("listitem")
    rows.first.hover()
    for wanted in range(100, 1_000, 100):
        assert wait_until(partial(scrolled_to, desk, wanted), 60)
    for distance in (-100_000, 100_000):
        frames = desk.evaluate_handle(FRAMES)
        for _ in range(20):
            desk.mouse.wheel(0, distance / 20)
        assert median(frames.evaluate("frames => frames.end()")) < 100


def scrolled_to(desk: Page, wanted: int) -> bool:
    """Scroll down, and return whether there are more rows than that."""
    desk.mouse.wheel(0, 100_000)
    return bool(desk.evaluate(MORE_ROWS, wanted))


MORE_ROWS = "count => document.querySelectorAll('#nb2ops-sidebar [aria-label=Runs] > li').length > count"
FRAMES = """() => {
    const lengths = []; let last = performance.now(), on = true;
    const step = now => { lengths.push(now - last); last = now; on && requestAnimationFrame(step); };
    requestAnimationFrame(step);
    return { end: () => { on = false; return lengths; } };
}"""


def test_what_the_command_line_does_is_shown(sidebar: Locator, lab: Lab) -> None:
    notebook = write_notebook(lab.notebooks / "heart_rate.ipynb", *HEART_RATE)
    nb2ops("run", notebook, "-p", "limit=70", expected=1)
    rejected = row(sidebar, "Runs", "heart_rate").filter(has_text="Rejected")
    expect(rejected).to_contain_text("by hand")
