"""The whole way with a keyboard alone: there is no call of a mouse in this file."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from nb2ops.orchestration.connection import Connection
from tests.notebooks import wait_for, write_notebook

from .browsing import Lab, Shoot, choose, choose_step, command, row, tab_to

pytestmark = pytest.mark.xdist_group("browser")


def test_from_a_tag_to_the_executed_notebook(page: Page, lab: Lab, prefect_of_lab: Connection, shoot: Shoot) -> None:
    flag = lab.folder / "go"
    wait = wait_for(flag)
    parameters, load = ("parameters", "limit: int = 80"), ("step:load", f"beats = [72, 75]\n{wait}")
    path = write_notebook(lab.notebooks / "keys.ipynb", parameters, load, "print(sum(beats) < limit, limit)")
    page.goto(lab.address(path.name))
    active = page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    expect(page.get_by_text("| Idle")).to_be_visible()
    expect(active).to_be_focused()  # which an opening notebook takes when it is ready

    command(page, "Show Pipeline")
    sidebar = page.locator("#nb2ops-sidebar")
    start = sidebar.get_by_role("button", name="Run", exact=True)
    expect(start).to_be_focused()
    tab_to(page, sidebar.get_by_role("group", name="Steps").get_by_role("button", name="load"))
    shoot(page, "keyboard")
    page.keyboard.press("Enter")
    expect(active).to_contain_text("beats = [72, 75]")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(active).to_contain_text("print(sum(beats)")
    choose_step(page, "tell")
    expect(active.locator(".nb2ops-Mark")).to_have_text("tell ")
    expect(sidebar.get_by_role("group", name="Steps").get_by_role("button")).to_have_count(3)

    command(page, "Show Pipeline")
    expect(start).to_be_focused()
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog")
    expect(form.get_by_label("limit: int")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    expect(form).to_have_count(0)
    run = page.locator(".nb2ops-Main:visible")
    expect(run.locator(":focus")).to_have_count(1)
    expect(run.get_by_role("status")).to_contain_text("Running")
    tab_to(page, run.get_by_role("button", name="Cancel Run"))
    flag.touch()
    executed = run.get_by_role("button", name="Executed Notebook")
    expect(executed).to_be_focused()  # the button that had the focus is gone
    expect(run.get_by_role("region", name="Parameters")).to_contain_text(re.compile(r"limit\s*90\s*given"))

    command(page, "Show Pipeline")
    refresh = sidebar.locator("jp-button[aria-label=Refresh]")
    tab_to(page, refresh)
    page.keyboard.press("Enter")
    shown = row(sidebar, "Runs", "keys")
    expect(shown).to_be_visible()
    tab_to(page, shown.get_by_role("button", name="Actions for"))
    page.keyboard.press("Enter")
    choose(page, "Open Run")
    expect(run.locator(":focus")).to_have_count(1)
    tab_to(page, executed)
    page.keyboard.press("Enter")
    notebook = page.locator(".jp-NotebookPanel:visible")
    expect(notebook).to_contain_text("False 90")
    expect(notebook.locator(":focus")).to_have_count(1)
