"""A notebook is run, watched, cancelled, compared, understood when it fails, scheduled: in the browser.

The notebook that fails is hostile: whatever of it is shown must stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from nb2ops.orchestration.connection import Connection
from tests.notebooks import Pair, wait_for, write_notebook

from .browsing import Lab, Shoot, act, open_sidebar, row, serious_faults

pytestmark = pytest.mark.xdist_group("browser")

PULSE = (
    ("markdown", "# Pulse\nIs the mean of the day below the limit?"),
    ("parameters", "limit: int = 80  # beats per minute\nlabel: str = 'day'"),
    ("step:load", "beats = [72, 75, 71, 90, 68]"),
    ("step:low", "low = min(beats)"),
    ("step:high", "high = max(beats)"),
    ("step:report", "span = high - low\nspan"),
    ("metrics", "mean = sum(beats) / len(beats)"),
    ("gate", "assert mean < limit"),
)
IMAGE = '<img src=x onerror="alert(1)">'
LINK = "[here](javascript:alert(2))"
HOSTILE = (
    ("markdown", f"# {IMAGE} {LINK} <script>alert(3)</script>\n<a href='javascript:alert(4)'>there</a>"),
    ("parameters", f"text: str = {IMAGE!r}  # {IMAGE} {LINK}\nends: bool = True"),
    ("step:say", f"from IPython.display import HTML, SVG, Javascript, Markdown, display\nprint({IMAGE!r}, {LINK!r})"),
    (
        "",
        f"display(HTML({IMAGE!r}), Markdown({IMAGE + LINK!r}), Javascript('alert(5)'))\n"
        "display(HTML('<script>alert(6)</script><a href=\"javascript:alert(7)\">link</a>'))\n"
        'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(8)"/>\'))',
    ),
    ("metrics", f"said = {IMAGE!r} if ends else 'nothing'"),
    ("step:end", f"if ends:\n    raise ValueError({IMAGE!r} + said)"),
)
SLOW = (("step:wait", "import time\nprint('waiting')\ntime.sleep(600)"),)
ENDS_WITHIN = 240_000  # milliseconds


@pytest.fixture
def open_beside(page: Page, lab: Lab, prefect_of_lab: Connection) -> Callable[..., Locator]:
    """Return the sidebar beside an open notebook of these cells."""

    def show(name: str, *cells: Pair) -> Locator:
        write_notebook(lab.notebooks / name, *cells)
        return open_sidebar(page, lab, name)

    return show


def start(page: Page, sidebar: Locator) -> Locator:
    """Start a run with the form's own values, and return its view."""
    sidebar.get_by_role("button", name="Run", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="Run", exact=True).click()
    expect(form).to_have_count(0)
    return page.locator(".nb2ops-Main:visible")


def test_a_run_is_started_watched_and_its_notebook_opened(
    page: Page, lab: Lab, open_beside: Callable[..., Locator], shoot: Shoot
) -> None:
    flag = lab.folder / "watched"
    sidebar = open_beside("pulse.ipynb", *PULSE, wait_for(flag))
    expect(sidebar.get_by_role("group", name="Steps").get_by_role("button")).to_have_count(5)
    sidebar.get_by_role("button", name="Run", exact=True).click()
    form = page.get_by_role("dialog")
    limit = form.get_by_label("limit: int")
    expect(limit).to_have_value("80")
    expect(form).to_contain_text("beats per minute")
    limit.fill("many")
    form.get_by_role("button", name="Run", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("whole number")
    assert serious_faults(page) == []
    shoot(page, "form")
    limit.fill("90")
    form.get_by_role("button", name="Run", exact=True).click()
    run = page.locator(".nb2ops-Main:visible")
    expect(run.get_by_role("status")).to_contain_text("Running", timeout=ENDS_WITHIN)
    expect(page.locator(".nb2ops-Status")).to_contain_text("1 running")
    flag.touch()
    expect(run.get_by_role("status")).to_contain_text("Completed", timeout=ENDS_WITHIN)
    expect(run.get_by_role("region", name="Parameters")).to_contain_text(re.compile(r"limit\s*90\s*given"))
    expect(run.get_by_role("region", name="Metrics")).to_contain_text("75.2")
    expect(run.get_by_role("region", name="Gates")).to_contain_text("passed")
    expect(run.get_by_role("region", name="Artifacts")).to_contain_text("pulse-metrics")
    expect(page.locator(".Toastify__toast")).to_contain_text("pulse: Completed")
    expect(row(sidebar, "Runs", "pulse")).to_contain_text("Completed")
    shoot(page, "run")
    assert serious_faults(page) == []
    run.get_by_role("group", name="Steps").get_by_role("button", name="high").click()
    expect(page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")).to_contain_text("high = max(beats)")
    page.get_by_role("tab", name="pulse: Completed").click()
    run.get_by_role("button", name="Executed Notebook").click()
    executed = page.locator(".jp-NotebookPanel:visible")
    expect(executed).to_contain_text("22")
    page.get_by_role("tab", name="pulse: Completed").click()
    run.get_by_role("button", name="Report", exact=True).click()
    report = page.locator(".nb2ops-Report iframe").content_frame
    expect(report.get_by_role("heading", name="Pulse").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("tab", name="pulse: Completed")).to_be_visible(timeout=120_000)


def test_a_run_is_cancelled(page: Page, open_beside: Callable[..., Locator]) -> None:
    run = start(page, open_beside("slow.ipynb", *SLOW))
    expect(run.get_by_role("log")).to_contain_text("waiting", timeout=ENDS_WITHIN)
    run.get_by_role("button", name="Cancel Run").click()
    expect(run.get_by_role("status")).to_contain_text("Cancelled", timeout=ENDS_WITHIN)
    expect(run.get_by_role("button", name="Retry")).to_be_visible()


def test_what_is_hostile_is_text_in_every_view(
    page: Page, lab: Lab, open_beside: Callable[..., Locator], shoot: Shoot
) -> None:
    sidebar = open_beside("hostile.ipynb", *HOSTILE)
    good = lab.send("runs", {"path": "hostile.ipynb", "parameters": {"ends": False}})
    run = start(page, sidebar)
    expect(run.get_by_role("status")).to_contain_text("Failed", timeout=ENDS_WITHIN)
    expect(run.get_by_role("log")).to_contain_text(IMAGE)
    expect(run.get_by_role("region", name="Parameters")).to_contain_text("onerror")
    expect(run.get_by_role("alert")).to_contain_text(IMAGE)
    expect(page.locator(".Toastify__toast").first).to_contain_text("onerror")
    shoot(page, "hostile")
    run.get_by_role("button", name="Executed Notebook").click()
    executed = page.locator(".jp-NotebookPanel:visible")
    expect(executed).to_contain_text("there")
    expect(executed.locator(".jp-OutputArea-output").filter(has_text="link").first).to_be_visible()
    page.get_by_role("tab", name="hostile: Failed").click()
    run.get_by_role("button", name=re.compile("Go to cell 5")).click()
    expect(page.locator(".nb2ops-Told")).to_contain_text(IMAGE)
    expect(page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")).to_contain_text("raise ValueError")
    shoot(page, "failed-cell")
    expect(sidebar.get_by_role("list", name="Runs").get_by_role("listitem").nth(1)).to_contain_text(
        "Completed", timeout=ENDS_WITHIN
    )
    act(page, row(sidebar, "Runs", "hostile"), "Compare With")
    choice = page.get_by_role("dialog")
    option = choice.locator("option").filter(has_text=good["name"]).text_content()
    choice.get_by_role("combobox").select_option(label=option)
    choice.get_by_role("button", name="Ok").click()
    comparison = page.locator(".nb2ops-Main:visible")
    expect(comparison.get_by_role("region", name="Parameters")).to_contain_text("ends")
    expect(comparison.get_by_role("region", name="Metrics")).to_contain_text("onerror")
    expect(comparison.get_by_role("region", name="Durations of steps")).to_contain_text("say")
    shoot(page, "compare")
    assert serious_faults(page) == []
    name = "javascript:alert(9)"  # Prefect refuses names with < and >
    lab.send("deployments", {"path": "hostile.ipynb", "name": name, "paused": True, "parameters": {"text": IMAGE}})
    sidebar.get_by_role("button", name="Refresh", exact=True).click()
    deployed = row(sidebar, "Deployments", name)
    expect(deployed).to_contain_text("Paused")
    deployed.get_by_text("Details").click()
    expect(deployed).to_contain_text("onerror")
    act(page, deployed, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(deployed).to_have_count(0)
    assert page.locator("[onerror], [onload], a[href^='javascript:']").count() == 0


def test_a_deployment_is_made_watched_and_steered(
    page: Page, lab: Lab, open_beside: Callable[..., Locator], shoot: Shoot
) -> None:
    sidebar = open_beside("pulse.ipynb", *PULSE)
    sidebar.get_by_role("button", name="Deploy", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("pulse all the time")
    form.get_by_label("Runs", exact=True).select_option(label="by a cron expression")
    cron = form.get_by_label(re.compile("^Cron"))
    cron.fill("61 * * * *")
    expect(form.get_by_role("alert").first).to_be_visible()
    cron.fill("* * * * *")
    form.get_by_label("Time zone").select_option("America/New_York")
    expect(form.get_by_role("list", name="Next runs").get_by_role("listitem")).to_have_count(5)
    expect(form).to_contain_text("Every minute")
    shoot(page, "deploy")
    assert serious_faults(page) == []
    form.get_by_label("Tell of failures").fill("ada@example.org")
    form.get_by_role("button", name="Deploy", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("webhook:URL")
    form.get_by_label("Tell of failures").fill("webhook:https://hooks.example/secret")
    form.get_by_label("Runs", exact=True).select_option(label="every so often")
    form.get_by_label("Every", exact=True).fill("0.25")
    form.get_by_role("button", name="Deploy", exact=True).click()
    deployed = row(sidebar, "Deployments", "pulse all the time")
    expect(deployed).to_contain_text("Failures to webhook hooks.example")
    expect(deployed).to_contain_text("1 worker online", timeout=ENDS_WITHIN)
    scheduled = sidebar.get_by_role("list", name="Runs").get_by_role("listitem").filter(has_text="scheduled")
    expect(scheduled.filter(has_text="Completed").first).to_be_visible(timeout=ENDS_WITHIN)

    act(page, deployed, "Pause")
    expect(deployed).to_contain_text("Paused")
    deployed.get_by_text("Details").click()
    expect(deployed.get_by_role("img", name=re.compile("^mean of the last runs"))).to_be_visible()
    act(page, deployed, "Resume")
    expect(deployed).not_to_contain_text("Paused")
    act(page, deployed, "Run Now")
    now = page.get_by_role("dialog")
    now.get_by_label("limit: int").fill("99")
    now.get_by_role("button", name="Run", exact=True).click()
    expect(sidebar.get_by_role("list", name="Runs")).to_contain_text("on demand")
    act(page, deployed, "Edit Schedules")
    edited = page.get_by_role("dialog")
    edited.get_by_label("Runs", exact=True).select_option(label="on days of the week")
    edited.get_by_role("button", name="Save").click()
    expect(deployed).to_contain_text("Monday through Friday")
    shoot(page, "deployments")
    act(page, deployed, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(deployed).to_have_count(0)
