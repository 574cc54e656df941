"""JupyterLab as people start it, one for each module, and Chromium to look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from nb2ops.orchestration import services

from .browsing import CHROMIUM_FLAGS, SCREENSHOTS, Lab, Shoot, chromium, running_lab

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
