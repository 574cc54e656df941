"""A notebook is run, watched, understood when it fails, compared, scheduled: in the browser, on a real Prefect."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.notebooks import write_notebook

from .browsing import Lab, Shoot, open_sidebar, row, serious_faults

pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = '<img src=x onerror="alert(1)">'
PULSE = (
    ("markdown", "# Pulse\nIs the mean of the day below the limit?"),
    ("parameters", "limit: int = 80  # beats per minute\nlabel: str = 'day'"),
    ("step:load", f"beats = [72, 75, 71, 90, 68]\nprint({HOSTILE!r}, 'javascript:alert(1)')"),
    ("step:low", "low = min(beats)"),
    ("step:high", "high = max(beats)"),
    ("step:report", "span = high - low\nspan"),
    ("metrics", "mean = sum(beats) / len(beats)"),
    ("gate", "assert mean < limit"),
)
ENDS_WITHIN = 120_000  # milliseconds


@pytest.fixture
def pulse(page: Page, lab: Lab) -> Locator:
    """The sidebar beside an open notebook, with Prefect there."""
    if not (lab.notebooks / "pulse.ipynb").exists():
        write_notebook(lab.notebooks / "pulse.ipynb", *PULSE)
    sidebar = open_sidebar(page, lab, "pulse.ipynb")
    start = sidebar.get_by_role("button", name="Start Prefect")
    running = sidebar.get_by_role("list", name="Runs").or_(sidebar.get_by_text("No runs yet."))
    expect(start.or_(running).first).to_be_visible()
    if start.is_visible():
        start.click()
    expect(running.first).to_be_visible(timeout=ENDS_WITHIN)
    return sidebar


def start(page: Page, sidebar: Locator, **values: str) -> Locator:
    """Fill in the form of the parameters, start a run, and return its view."""
    sidebar.get_by_role("button", name="Run", exact=True).click()
    form = page.get_by_role("dialog")
    for name, text in values.items():
        form.get_by_label(re.compile(f"^{name}: ")).fill(text)
    form.get_by_role("button", name="Run", exact=True).click()
    expect(form).to_have_count(0)
    return page.locator(".nb2ops-Main:visible")


def test_a_run_is_started_watched_and_its_notebook_opened(page: Page, lab: Lab, pulse: Locator, shoot: Shoot) -> None:
    expect(pulse.get_by_role("group", name="Steps").get_by_role("button")).to_have_count(5)
    pulse.get_by_role("button", name="Run", exact=True).click()
    form = page.get_by_role("dialog")
    limit = form.get_by_label("limit: int")
    expect(limit).to_have_value("80")
    expect(form).to_contain_text("beats per minute")
    limit.fill("many")
    form.get_by_role("button", name="Run", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("whole number")
    assert serious_faults(page) == []
    shoot("form")
    limit.fill("90")
    form.get_by_role("button", name="Run", exact=True).click()
    run = page.locator(".nb2ops-Main:visible")
    expect(run.get_by_role("status")).to_contain_text("Running", timeout=ENDS_WITHIN)
    expect(page.locator(".nb2ops-Status")).to_contain_text("1 running")
    expect(run.get_by_role("status")).to_contain_text("Completed", timeout=ENDS_WITHIN)
    expect(run.get_by_role("region", name="Parameters")).to_contain_text(re.compile(r"limit\s*90\s*given"))
    expect(run.get_by_role("region", name="Metrics")).to_contain_text("75.2")
    expect(run.get_by_role("region", name="Gates")).to_contain_text("passed")
    expect(run.get_by_role("log")).to_contain_text(HOSTILE)
    expect(page.locator(".Toastify__toast")).to_contain_text("pulse: Completed")
    expect(row(pulse, "Runs", "pulse")).to_contain_text("Completed")
    shoot("run")
    assert serious_faults(page) == []
    run.get_by_role("button", name="Executed Notebook").click()
    executed = page.locator(".jp-NotebookPanel:visible")
    expect(executed).to_contain_text("javascript:alert(1)")
    expect(executed.locator("img[src=x]")).to_have_count(0)
    page.get_by_role("tab", name="pulse: Completed").click()
    run.get_by_role("button", name="Report", exact=True).click()
    report = page.locator(".nb2ops-Report iframe").content_frame
    expect(report.get_by_role("heading", name="Pulse").first).to_be_visible()
    expect(report.locator("img[src=x]")).to_have_count(0)
    page.reload()
    page.get_by_role("tab", name="pulse: Completed").click(timeout=60_000)
    expect(run.get_by_role("status")).to_contain_text("Completed")


def test_a_failed_run_leads_to_its_cell_and_is_compared(page: Page, lab: Lab, pulse: Locator, shoot: Shoot) -> None:
    good = start(page, pulse, limit="90")
    expect(good.get_by_role("status")).to_contain_text("Completed", timeout=ENDS_WITHIN)
    page.get_by_role("tab", name="pulse.ipynb").click()
    run = start(page, pulse, limit="70")
    expect(run.get_by_role("status")).to_contain_text("Rejected", timeout=ENDS_WITHIN)
    run.get_by_role("button", name=re.compile("Go to cell 7")).click()
    told = page.locator(".nb2ops-Told")
    expect(told).to_contain_text("mean < limit")
    expect(page.locator(".jp-Cell.jp-mod-active")).to_contain_text("assert mean < limit")
    shoot("failed-cell")
    row(pulse, "Runs", "pulse").get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Compare With").click()
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    comparison = page.locator(".nb2ops-Main:visible")
    expect(comparison.get_by_role("region", name="Parameters")).to_contain_text("limit")
    expect(comparison.get_by_role("region", name="Durations of steps")).to_contain_text("report")
    shoot("compare")
    assert serious_faults(page) == []


def test_a_deployment_is_made_watched_and_steered(page: Page, lab: Lab, pulse: Locator, shoot: Shoot) -> None:
    pulse.get_by_role("button", name="Deploy", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("pulse every minute")
    form.get_by_label("Runs").select_option(label="by a cron expression")
    cron = form.get_by_label(re.compile("^Cron"))
    cron.fill("61 * * * *")
    expect(form.get_by_role("alert").first).to_be_visible()
    cron.fill("* * * * *")
    form.get_by_label("Time zone").select_option("America/New_York")
    expect(form.get_by_role("list", name="Next runs").get_by_role("listitem")).to_have_count(5)
    expect(form).to_contain_text("Every minute")
    shoot("deploy")
    assert serious_faults(page) == []
    form.get_by_role("button", name="Deploy", exact=True).click()
    deployed = row(pulse, "Deployments", "pulse every minute")
    expect(deployed).to_contain_text("Every minute")
    expect(deployed).to_contain_text("1 worker online", timeout=ENDS_WITHIN)
    scheduled = pulse.get_by_role("list", name="Runs").get_by_role("listitem").filter(has_text="scheduled")
    expect(scheduled.filter(has_text="Completed").first).to_be_visible(timeout=ENDS_WITHIN)

    act(page, deployed, "Pause")
    expect(deployed).to_contain_text("Paused")
    act(page, deployed, "Resume")
    expect(deployed).not_to_contain_text("Paused")
    act(page, deployed, "Run Now")
    now = page.get_by_role("dialog")
    now.get_by_label("limit: int").fill("99")
    now.get_by_role("button", name="Run", exact=True).click()
    expect(pulse.get_by_role("list", name="Runs")).to_contain_text("on demand")
    act(page, deployed, "Edit Schedules")
    edited = page.get_by_role("dialog")
    edited.get_by_label("Runs").select_option(label="on days of the week")
    edited.get_by_role("button", name="Save").click()
    expect(deployed).to_contain_text("Monday through Friday")
    shoot("deployments")
    act(page, deployed, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(deployed).to_have_count(0)


def act(page: Page, deployment: Locator, words: str) -> None:
    """Choose an action from the menu of a deployment."""
    deployment.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name=words).click()
