"""The sidebar in a real browser: JupyterLab as people start it, Prefect with a history, and Chromium.

The first test goes from nothing to an empty list; the others look at a history. Screenshots are left in
tests/screenshots, for people to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nb2ops.orchestration import services
from tests.history import History
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
def history(home: Path) -> History:
    """Four notebooks with something to tell each, newest last."""
    connection = services.up().connection
    assert connection is not None
    history = History(connection)
    history.pool("cluster")
    history.deployment("churn_model.ipynb", "cluster", paused=True)
    history.deployment("sales_report.ipynb", "cluster", {"interval": 900})
    forecast = history.deployment("co2_forecast.ipynb", "nb2ops", {"cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"})
    for _ in range(30):
        history.run("sales_report.ipynb", "Completed")
    history.run("churn_model.ipynb", "Crashed", HOSTILE)
    history.run("quarterly_revenue_by_region_and_product.ipynb", "Cancelled")
    history.run("co2_forecast.ipynb", "Completed", deployment=forecast)
    history.run("tumour_classifier.ipynb", "Rejected", 'Gate in "compare", cell 9: auc >= min_auc (0.993 >= 0.999)')
    return history


def test_from_nothing_to_an_empty_list(page: Page, lab: Lab, shoot: Shoot) -> None:
    sidebar = open_sidebar(page, lab)
    notice = sidebar.get_by_role("status")
    expect(notice).to_contain_text("Prefect is not running")
    expect(notice.get_by_role("button", name="Start Prefect")).to_be_enabled()
    shoot("unreachable")

    services.up()
    expect(sidebar.get_by_role("button", name="Run this notebook")).to_be_visible()
    expect(sidebar.get_by_role("button", name="Deploy this notebook")).to_be_visible()
    expect(notice).to_have_count(0)
    shoot("empty")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_shows_what_ran_and_what_is_scheduled(
    page: Page, lab: Lab, history: History, shoot: Shoot, theme: str
) -> None:
    lab.setting(THEMES, theme=theme)
    sidebar = open_sidebar(page, lab)
    rejected = row(sidebar, "Runs", "tumour_classifier")
    expect(rejected).to_contain_text("Rejected")
    expect(rejected).to_contain_text("auc >= min_auc (0.993 >= 0.999)")
    expect(row(sidebar, "Runs", "co2_forecast")).to_contain_text("on demand")
    forecast = row(sidebar, "Deployments", "co2_forecast")
    expect(forecast).to_contain_text("At 06:00, Monday through Friday")
    expect(forecast).to_contain_text("1 worker online")
    expect(forecast).to_contain_text("Completed")
    report = row(sidebar, "Deployments", "sales_report")
    expect(report).to_contain_text("Every 15 min")
    expect(report).to_contain_text("No worker online for pool cluster")
    expect(row(sidebar, "Deployments", "churn_model")).to_contain_text("Paused")
    shoot(theme.split()[-1].lower())
    assert serious_faults(page) == []


@pytest.mark.parametrize(("endpoint", "rows"), [("runs", "runs"), ("deployments", "deployments"), ("health", None)])
def test_the_answers_have_the_shape_of_the_examples(
    lab: Lab, history: History, wire: Callable[[str], Any], endpoint: str, rows: str | None
) -> None:
    answer, example = lab.ask(endpoint), wire(endpoint)
    assert answer.keys() == example.keys()
    if rows:
        assert all(each.keys() == example[rows][0].keys() for each in answer[rows])


def test_text_from_elsewhere_stays_text(page: Page, lab: Lab, history: History) -> None:
    sidebar = open_sidebar(page, lab)
    expect(row(sidebar, "Runs", "churn_model")).to_contain_text(HOSTILE)
    expect(sidebar.locator("img")).to_have_count(0)


def test_older_runs_come_as_one_scrolls(page: Page, lab: Lab, history: History) -> None:
    sidebar = open_sidebar(page, lab)
    rows = sidebar.get_by_role("list", name="Runs").get_by_role("listitem")
    expect(rows).to_have_count(25)
    rows.last.hover()
    page.mouse.wheel(0, 10_000)
    expect(sidebar.get_by_role("button", name="Show older runs")).to_have_count(0)
    assert rows.count() >= 34


def test_runs_are_filtered(page: Page, lab: Lab, history: History) -> None:
    sidebar = open_sidebar(page, lab)
    rows = sidebar.get_by_role("list", name="Runs").get_by_role("listitem")
    sidebar.get_by_role("combobox", name="State").select_option(label="Failed")
    expect(rows.filter(has_text="sales_report")).to_have_count(0)
    expect(rows.filter(has_text="tumour_classifier").first).to_be_visible()
    sidebar.get_by_role("searchbox", name="Search runs").fill("churn")
    expect(rows).to_have_count(1)
    sidebar.get_by_role("searchbox", name="Search runs").fill("nothing of that name")
    expect(sidebar).to_contain_text("No run fits the filter")


def test_a_run_is_followed_to_its_end(page: Page, lab: Lab, history: History) -> None:
    sidebar = open_sidebar(page, lab)
    run = history.run("nightly_training.ipynb", "Running")
    shown = row(sidebar, "Runs", "nightly_training")
    expect(shown).to_contain_text("Running")
    history.finish(run, "Failed", 'Step "fit", cell 4, line 3: ValueError: endog is empty')
    expect(shown).to_contain_text("ValueError: endog is empty")


def test_nothing_is_cut_off_in_a_narrow_panel(page: Page, lab: Lab, history: History) -> None:
    sidebar = open_sidebar(page, lab)
    expect(row(sidebar, "Runs", "quarterly_revenue_by_region_and_product")).to_be_visible()
    box = sidebar.bounding_box()
    assert box is not None
    assert box["width"] <= 250
    wider_than_shown = "list => list.scrollWidth > list.clientWidth"
    assert not any(each.evaluate(wider_than_shown) for each in sidebar.get_by_role("list").all())


def test_the_panel_is_back_after_a_reload(page: Page, lab: Lab, history: History) -> None:
    open_sidebar(page, lab)
    with page.expect_request(lambda request: "/api/workspaces/" in request.url and request.method == "PUT"):
        pass
    page.reload()
    expect(row(page.locator("#nb2ops-sidebar"), "Runs", "tumour_classifier")).to_be_visible()


def test_what_the_command_line_does_is_shown(page: Page, lab: Lab, history: History, shoot: Shoot) -> None:
    lab.setting(THEMES, theme="JupyterLab Light")
    notebook = write_notebook(lab.notebooks / "heart_rate.ipynb", *HEART_RATE)
    nb2ops("run", notebook, "-p", "limit=70", expected=1)
    nb2ops("deploy", notebook, "--interval", "20s")
    sidebar = open_sidebar(page, lab, notebook.name)
    rejected = row(sidebar, "Runs", "heart_rate").filter(has_text="Rejected")
    expect(rejected).to_contain_text("by hand")
    expect(row(sidebar, "Deployments", "heart_rate")).to_contain_text("Every 20 s")
    scheduled = sidebar.get_by_role("listitem").filter(has_text="scheduled").filter(has_text="heart_rate").first
    expect(scheduled).to_contain_text("Completed", timeout=120_000)
    expect(row(sidebar, "Deployments", "heart_rate")).to_contain_text("1 worker online")
    expect(row(sidebar, "Deployments", "heart_rate")).to_contain_text("Completed")
    shoot("command-line")
