"""JupyterLab as people start it, and Chromium to look at it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Error, Locator, Page, expect

from nb2ops.runtime.processes import wait_until

ROOT = Path(__file__).parents[3]
SCREENSHOTS = ROOT / "tests" / "screenshots"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STARTS_WITHIN = 120.0
Shoot = Callable[[Page, str], None]
"""Keeps a picture of a page under a name."""


def chromium() -> str | None:
    """Return the browser on this machine, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chosen = os.environ.get("PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH")
    return chosen or next(filter(None, map(shutil.which, names)), None)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab with folders of its own; nothing of the user's is read or written."""

    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def notebooks(self) -> Path:
        """The folder that the file browser shows."""
        return self.folder / "notebooks"

    def address(self, notebook: str | None = None) -> str:
        """Where a browser opens it with nothing else open than perhaps a notebook; with the token."""
        return self._address(f"lab/tree/{notebook}" if notebook else "lab") + "&reset"

    def ask(self, endpoint: str) -> Any:
        """Return what an endpoint of nb2ops answers."""
        return httpx.get(self._address(f"nb2ops/api/{endpoint}"), timeout=STARTS_WITHIN).raise_for_status().json()

    def send(self, endpoint: str, body: Any) -> Any:
        """Return what an endpoint of nb2ops answers to a body."""
        answer = httpx.post(self._address(f"nb2ops/api/{endpoint}"), json=body, timeout=STARTS_WITHIN)
        return answer.raise_for_status().json()

    def answers(self) -> bool:
        """Whether the server has told where it listens, which it does once it does."""
        return any((self.folder / "runtime").glob("jpserver-*.json"))

    def setting(self, plugin: str, **values: object) -> None:
        """Choose settings of a plugin of JupyterLab, as the next page load finds them."""
        package, name = plugin.split(":")
        path = self.folder / "settings" / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    def _address(self, path: str) -> str:
        known = json.loads(next((self.folder / "runtime").glob("jpserver-*.json")).read_text())
        return f"{known['url']}{path}?token={known['token']}"


@contextmanager
def running_lab(folder: Path, environment: Mapping[str, str], application: str = "jupyterlab") -> Iterator[Lab]:
    """Start `jupyter lab`, or another server of Jupyter, with the extensions of this clone, and end it."""
    _install(folder)
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", application, "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"],
            cwd=folder / "notebooks",
            env={**os.environ, **_folders(folder), **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    lab = Lab(folder, folder / "lab.log", process)
    lab.setting("@jupyterlab/apputils-extension:notification", fetchNews="false")
    try:
        assert wait_until(lambda: lab.answers() or process.poll() is not None, STARTS_WITHIN)
        assert process.poll() is None, lab.log.read_text()
        yield lab
    finally:
        process.terminate()
        process.wait(timeout=STARTS_WITHIN)


def _install(folder: Path) -> None:
    """Put what `pip install` puts below `sys.prefix` into a folder, from this clone as it stands."""
    extensions = folder / "share" / "labextensions"
    config = folder / "config" / "jupyter_server_config.d"
    for each in (extensions, config, folder / "notebooks"):
        each.mkdir(parents=True)
    (extensions / "nb2ops").symlink_to(ROOT / "nb2ops" / "labextension")
    shutil.copy(ROOT / "nb2ops" / "lab" / "jupyter_server_config.json", config / "nb2ops.json")


def _folders(folder: Path) -> dict[str, str]:
    return {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_PATH": str(folder / "share"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "PYTHONPATH": str(ROOT),
    }


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


def act(page: Page, item: Locator, words: str) -> None:
    """Choose an action from the menu of a row."""
    item.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name=words).click()


def row(sidebar: Locator, section: str, name: str) -> Locator:
    """Return the first row of a section whose name is `name`."""
    rows = sidebar.get_by_role("list", name=section).get_by_role("listitem")
    return rows.filter(has=sidebar.page.get_by_text(name, exact=True)).first


def serious_faults(page: Page) -> list[str]:
    """Return what axe finds seriously wrong with what nb2ops shows: rule and element."""
    page.add_script_tag(content=files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        """async () => {
            const ours = ['#nb2ops-sidebar', '.nb2ops-Main', '.nb2ops-FormDialog'];
            const shown = ours.filter(each => document.querySelector(each));
            const { violations } = await axe.run({ include: shown.map(each => [each]) });
            return violations.filter(each => ['serious', 'critical'].includes(each.impact)).flatMap(
                each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 200)}`));
        }"""
    )
    return [str(each) for each in found]


def command(page: Page, words: str) -> None:
    """Do what somebody does who knows no menu: look a command up in the palette, and press Enter."""
    search, found = page.locator(".lm-CommandPalette-input"), page.locator(".lm-CommandPalette-item.lm-mod-active")
    for _ in range(10):
        page.keyboard.press("Control+Shift+C")
        try:
            search.fill(words, timeout=5_000)
            expect(found).to_contain_text(words, timeout=5_000)
            expect(search).to_be_focused(timeout=100)
            break
        except (AssertionError, Error):  # a notebook that is just opening takes the focus, and the palette goes
            continue
    page.keyboard.press("Enter")


def choose(page: Page, words: str) -> None:
    """Choose an item of the menu that is open, with keys only."""
    active = page.locator(".lm-Menu-item.lm-mod-active")
    expect(active).to_have_count(1)
    for _ in range(30):
        if active.inner_text().strip() == words:
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def choose_step(page: Page, name: str) -> None:
    """Make the active cell the beginning of a step, with keys only."""
    page.keyboard.press("t")
    choose(page, "New Step…")
    field = page.locator(".jp-Dialog input")
    expect(field).to_be_focused()
    field.fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Dialog")).to_have_count(0)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus; it must be seen to have it, and so must all that is passed."""
    expect(wanted).to_be_enabled()
    passed: list[str] = []
    for _ in range(60):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        assert "no ring" not in passed[-1], passed
    raise AssertionError(f"Tab does not lead there, but to {passed}")


FOCUSED = """() => {
    const { activeElement: each } = document;
    const ours = each.closest('.nb2ops-Sidebar, .nb2ops-Main, .nb2ops-FormDialog');
    const { outlineStyle, boxShadow } = getComputedStyle(each.shadowRoot?.activeElement ?? each);
    const seen = !ours || outlineStyle !== 'none' || boxShadow !== 'none';
    return `${each.tagName} ${(each.ariaLabel ?? each.innerText).slice(0, 30)}${seen ? '' : ' no ring'}`;
}"""
