"""The reports of the examples in a browser: nothing is asked for, each figure is there; wide, narrow and on paper."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page

from nb2ops.orchestration.connection import Connection

from .browsing import ROOT, SCREENSHOTS, nb2ops

pytestmark = pytest.mark.xdist_group("browser")

EXAMPLES = sorted(path.stem for path in (ROOT / "example_notebooks").glob("*.ipynb"))
MOST_BYTES = 3_000_000
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1200, "height": 900}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, prefect_of_lab: Connection) -> Callable[[str], Path]:
    """Return the folder that a run of an example has left; all run side by side."""
    folder = tmp_path_factory.mktemp("examples")
    notebooks = folder / "notebooks"
    shutil.copytree(ROOT / "example_notebooks", notebooks, ignore=shutil.ignore_patterns(".*"))
    with ThreadPoolExecutor(2) as threads:
        done = {
            name: threads.submit(nb2ops, "run", notebooks / f"{name}.ipynb", "--report", "-o", folder / name)
            for name in EXAMPLES
        }

    def find(name: str) -> Path:
        done[name].result()
        return folder / name

    return find


def figures(notebook: Path) -> int:
    cells = json.loads(notebook.read_text())["cells"]
    return sum("image/png" in output.get("data", {}) for cell in cells for output in cell.get("outputs", ()))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_report_asks_for_nothing_and_shows_each_figure(name: str, runs: Callable[[str], Path], page: Page) -> None:
    folder = runs(name)
    report = folder / "report.html"
    assert report.stat().st_size < MOST_BYTES
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(report.as_uri())
    assert [address for address in asked if not address.startswith("data:")] == [report.as_uri()]
    assert faults == []
    drawn = page.evaluate("[...document.images].filter(image => image.complete && image.naturalWidth > 40).length")
    assert drawn == page.locator("img").count() == figures(folder / f"{name}.ipynb")
    assert page.locator("h1").first.is_visible()
    assert page.locator("svg.nb2ops-graph").is_visible()
    for look, size, media in (("desktop", DESKTOP, "screen"), ("phone", PHONE, "screen"), ("print", DESKTOP, "print")):
        page.set_viewport_size(size)
        page.emulate_media(media=media)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"report-{name}-{look}.png")
