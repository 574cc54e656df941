"""JupyterLab as people start it and Prefect, one of each for all tests of this folder, and Chromium to look at them.

The first module starts Prefect from the panel; whichever comes first does, where it is run alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from nb2ops.orchestration import services
from nb2ops.orchestration.connection import Connection

from .browsing import CHROMIUM_FLAGS, SCREENSHOTS, Lab, Shoot, chromium, running_lab

expect.set_options(timeout=60_000)


@pytest.fixture
def jp_asyncio_loop() -> None:
    """Playwright brings a loop of its own."""


@pytest.fixture
def jp_server_cleanup() -> None:
    """JupyterLab is not in this process."""


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def lab(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab"), {"NB2OPS_HOME": str(home)}) as lab:
        lab.setting("nb2ops:settings", polling=2)
        yield lab


@pytest.fixture(scope="package")
def prefect_of_lab(home: Path) -> Connection:
    """Prefect's server and worker of the home that JupyterLab uses."""
    connection = services.up().connection
    assert connection is not None
    return connection


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        missing = "no Chromium on this machine (apt install chromium)"
        pytest.fail(missing) if os.environ.get("NB2OPS_REQUIRE_BROWSER") == "1" else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def looking(browser: Browser) -> Iterator[Page]:
    """Open an empty page of somebody in Berlin; a dialog that opens by itself, or a mark of a script, is a failure."""
    page = browser.new_page(
        viewport={"width": 1200, "height": 900}, timezone_id="Europe/Berlin", locale="en-GB", reduced_motion="reduce"
    )
    page.set_default_timeout(60_000)
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # JupyterLab's own question, where a kernel came after the notebook was saved
            dialog.accept()
            return
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    yield page
    page.close()
    assert not dialogs


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with looking(browser) as page:
        yield page


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Page]:
    """A page for all tests of a module, which leave it as they found it."""
    with looking(browser) as page:
        yield page


@pytest.fixture
def shoot() -> Shoot:
    """Keep a picture of a page for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return lambda page, name: page.screenshot(path=SCREENSHOTS / f"sidebar-{name}.png") and None
