"""A machine on which nothing runs yet: Prefect is started from the panel. First, so that the others find it running."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from nb2ops.orchestration import services

from .browsing import Lab, Shoot, open_sidebar

pytestmark = pytest.mark.xdist_group("browser")


def test_prefect_is_started_from_the_panel(page: Page, lab: Lab, shoot: Shoot) -> None:
    services.down()
    sidebar = open_sidebar(page, lab)
    notice = sidebar.get_by_role("status")
    expect(notice).to_contain_text("Prefect is not running")
    shoot(page, "unreachable")
    notice.get_by_role("button", name="Start Prefect").click()
    expect(notice).to_contain_text("Prefect is starting")
    expect(notice.get_by_role("progressbar")).to_be_visible()
    shoot(page, "starting")
    expect(notice).to_have_count(0, timeout=180_000)
    expect(sidebar.get_by_role("button", name="Run this notebook")).to_be_visible()
    expect(sidebar.get_by_role("button", name="Deploy this notebook")).to_be_visible()
    shoot(page, "empty")
    pools = lab.ask("health")["pools"]
    assert [pool["name"] for pool in pools] == ["nb2ops"]
