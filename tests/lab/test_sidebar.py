"""The sidebar in a real browser: JupyterLab as people start it, Prefect with a history, and Chromium.

The first test goes from nothing to an empty list; the others look at a history. Screenshots are left in
tests/screenshots, for people to look at.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect, sync_playwright

from nb2ops.orchestration import services
from tests.notebooks import write_notebook

from .browsing import CHROMIUM_FLAGS, ROOT, SCREENSHOTS, Lab, chromium, running_lab
from .history import History

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
Shoot = Callable[[str], None]

pytestmark = pytest.mark.xdist_group("browser")
expect.set_options(timeout=30_000)


@pytest.fixture
def jp_asyncio_loop() -> None:
    """Playwright brings a loop of its own."""


@pytest.fixture
def jp_server_cleanup() -> None:
    """JupyterLab is not in this process."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of nb2ops in which nothing runs yet; what is started in it is ended."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        for name in [each for each in os.environ if each.startswith("PREFECT_")]:
            patch.delenv(name)
        patch.setenv("PREFECT_HOME", str(folder / "client"))
        patch.setenv("NB2OPS_HOME", str(folder))
        yield folder
        services.down()


@pytest.fixture(scope="module")
def lab(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab"), {"NB2OPS_HOME": str(home)}) as lab:
        yield lab


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        missing = "no Chromium on this machine (apt install chromium)"
        pytest.fail(missing) if os.environ.get("NB2OPS_REQUIRE_BROWSER") == "1" else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of somebody in Berlin; a dialog that opens by itself fails the test."""
    page = browser.new_page(
        viewport={"width": 1200, "height": 900}, timezone_id="Europe/Berlin", locale="en-GB", reduced_motion="reduce"
    )
    page.set_default_timeout(30_000)
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    yield page
    page.close()
    assert not dialogs


@pytest.fixture
def shoot(page: Page) -> Shoot:
    """Keep a picture of the page for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return lambda name: page.screenshot(path=SCREENSHOTS / f"sidebar-{name}.png") and None


def nb2ops(*words: object, expected: int = 0) -> None:
    """Do what somebody types in a terminal."""
    command = [sys.executable, "-c", "from nb2ops.cli import main; main()", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == expected, done.stdout + done.stderr


def open_sidebar(page: Page, lab: Lab, notebook: str | None = None) -> Locator:
    """Load JupyterLab, perhaps with a notebook, and bring the sidebar to the front; return it."""
    page.goto(lab.address(notebook))
    sidebar = page.locator("#nb2ops-sidebar")
    tab = page.get_by_role("tab", name="Notebook pipelines")
    expect(tab).to_be_visible(timeout=60_000)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    if not sidebar.is_visible():
        tab.click()
    expect(sidebar).to_be_visible()
    return sidebar


def row(sidebar: Locator, section: str, name: str) -> Locator:
    """Return the first row of a section whose name is `name`."""
    rows = sidebar.get_by_role("list", name=section).get_by_role("listitem")
    return rows.filter(has=sidebar.page.get_by_text(name, exact=True)).first


def test_from_nothing_to_an_empty_list(page: Page, lab: Lab, shoot: Shoot) -> None:
    sidebar = open_sidebar(page, lab)
    notice = sidebar.get_by_role("status")
    expect(notice).to_contain_text("Prefect is not running")
    expect(notice).to_contain_text("nb2ops up")
    shoot("unreachable")

    services.up()
    expect(sidebar).to_contain_text("nb2ops run notebook.ipynb")
    expect(sidebar).to_contain_text("nb2ops deploy notebook.ipynb")
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
    expect(rejected.get_by_role("link")).to_have_attribute("href", re.compile(r"/runs/flow-run/"))
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


def test_older_runs_come_on_demand(page: Page, lab: Lab, history: History) -> None:
    sidebar = open_sidebar(page, lab)
    rows = sidebar.get_by_role("list", name="Runs").get_by_role("listitem")
    expect(rows).to_have_count(25)
    sidebar.get_by_role("button", name="Show older runs").click()
    expect(sidebar.get_by_role("button", name="Show older runs")).to_have_count(0)
    assert rows.count() >= 34


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
