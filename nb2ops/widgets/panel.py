"""The panel: form, buttons, live steps, the last ten runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from threading import Thread
from typing import Any

import ipywidgets as widgets

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import Nb2opsError, NotFound
from nb2ops.interface.deployments import deploy
from nb2ops.interface.runs import NotebookRun, run, runs
from nb2ops.orchestration.details import INTERVAL
from nb2ops.orchestration.inspecting import RunView
from nb2ops.orchestration.reporting import Report
from nb2ops.orchestration.services import ensure_server
from nb2ops.pages import fragments
from nb2ops.pages.markup import seconds, state, table, text, value
from nb2ops.pages.trend import trend
from nb2ops.widgets import links
from nb2ops.widgets.form import Form

LAST = 10
NARROW = {"width": "14em"}
REPORT = "report.html"


class Panel(widgets.VBox):
    """A notebook's panel.

    Attributes:
        fields: parameter -> its widget.
        run: the run that was started last, None before.
        run_button, deploy_button, cancel_button, start_button, report_button: what can be pressed.
        progress: cells that are done.
        steps, told, history: what is shown, as HTML.
    """

    def __init__(self, notebook: str | PathLike[str]) -> None:
        self._notebook = Path(notebook).absolute()
        pipeline = compile_notebook(self._notebook).checked()
        self.run: NotebookRun | None = None
        self._seen: dict[str, NotebookRun] = {}
        self._executed: dict[str, Path] = {}
        self._form = Form(pipeline.parameters)
        self.fields = self._form.fields
        self.run_button = self._button("Run", "play", self._start, "primary")
        self.deploy_button = self._button("Deploy", "calendar", self._deploy)
        self.cancel_button = self._button("Cancel", "stop", self._cancel)
        self.report_button = self._button("Report", "file-text-o", self._report)
        self.start_button = self._button("Start Prefect", "power-off", self._start_prefect)
        self.cron = widgets.Text(
            layout=NARROW, placeholder="0 6 * * *", tooltip="when to run: minute hour day month weekday"
        )
        self.zone = widgets.Text("UTC", layout=NARROW, tooltip="time zone, for example Europe/Berlin")
        self.progress = widgets.IntProgress(0, 0, 1, layout={"width": "98%"})
        self.steps, self.told, self.history = (widgets.HTML() for _ in range(3))
        self.cancel_button.disabled = self.report_button.disabled = True
        head = widgets.HTML(
            f"<strong>{text(pipeline.title)}</strong> <small>{text(self._notebook.name)}, as saved</small>"
        )
        schedule = widgets.HBox([widgets.Label("cron"), self.cron, widgets.Label("time zone"), self.zone])
        buttons = widgets.HBox([self.run_button, self.cancel_button, self.report_button, self.deploy_button])
        self._prefect = widgets.HBox([widgets.Label("Prefect does not run yet."), self.start_button])
        live = [self.progress, self.told, self.steps]
        super().__init__([head, self._prefect, self._form, schedule, buttons, *live, self.history])
        self._aside(self._look)

    def _start(self) -> None:
        values = self._form.values()
        if values is None:
            return
        self.run_button.disabled = True
        self._say("Starting ...")
        try:
            self.run = run(self._notebook, values)
            self._prefect.layout.display = "none"
            self.cancel_button.disabled, self.report_button.disabled = False, True
            self._follow(self.run)
        finally:
            self.run_button.disabled, self.cancel_button.disabled = False, True
        self.report_button.disabled = False
        self._look()

    def _follow(self, found: NotebookRun) -> None:
        """Show a run until it is over."""
        self.progress.bar_style = ""
        while True:
            view = found.view
            totals = [(each["done"], each["total"] or 0) for each in view.steps]
            self.progress.max = sum(total for _, total in totals) or 1
            self.progress.value = sum(done for done, _ in totals)
            self._show(found, view)
            if view.over:
                break
            time.sleep(INTERVAL)
        self.progress.bar_style = "success" if found.ok else "danger"

    def _show(self, found: NotebookRun, view: RunView) -> None:
        self.steps.value = fragments.run(view.run, view.steps, view.metrics, view.gates, view.failure)
        path = self._notebook_of(found)
        executed = f"Executed notebook: {self._link(found, str(links.from_here(path)))}" if path else ""
        self.told.value = executed or ("" if view.over else f"{text(found.name)} is running ...")

    def _notebook_of(self, found: NotebookRun) -> Path | None:
        """Return a run's executed notebook, None where there is none on this machine."""
        if found.id not in self._executed and found.view.has_notebook:
            with suppress(NotFound):
                self._executed[found.id] = found.notebook
        return self._executed.get(found.id)

    def _link(self, found: NotebookRun, said: str) -> str:
        """Return words that lead to a run's executed notebook, where there is one."""
        path = self._notebook_of(found)
        return links.link(path, said, links.EXECUTED, found.id) if path else text(said)

    def _cancel(self) -> None:
        self.cancel_button.disabled = True
        if self.run:
            self.run.cancel()

    def _report(self) -> None:
        if self.run and self.run.folder:
            path = self.run.report(self.run.folder / REPORT)
            said = links.link(path, str(links.from_here(path)), links.REPORT, self.run.id)
            self.told.value = f'<span role="status">Report: {said}</span>'

    def _deploy(self) -> None:
        values = self._form.values()
        if values is not None:
            self._say("Deploying ...")
            cron = self.cron.value.strip()
            found = deploy(self._notebook, cron=cron or (), timezone=self.zone.value.strip(), parameters=values)
            self.told.value = _deployed(found)

    def _start_prefect(self) -> None:
        ensure_server(self._say)
        self._say("Prefect is there.")
        self._look()

    def _look(self) -> None:
        """Show the last runs, or that there is nobody to ask."""
        try:
            found = runs(self._notebook, limit=LAST)
        except Nb2opsError:
            return
        self._prefect.layout.display = "none"
        self._seen = {each.id: self._seen.get(each.id, each) for each in found}
        self.history.value = _history([(each, self._link(each, each.name)) for each in self._seen.values()])

    def _say(self, message: str, *, wrong: bool = False) -> None:
        colour = "#b3261e" if wrong else "inherit"
        self.told.value = f'<span role="status" style="color:{colour}">{text(message)}</span>'

    def _button(self, name: str, icon: str, act: Callable[[], None], style: str = "") -> widgets.Button:
        """Return a button that does something in a thread of its own: the kernel stays free."""
        button = widgets.Button(description=name, icon=icon, button_style=style)
        button.on_click(lambda _: self._aside(act))
        return button

    def _aside(self, act: Callable[[], Any]) -> None:
        Thread(target=self._guarded, args=[act], daemon=True).start()

    def _guarded(self, act: Callable[[], Any]) -> None:
        """Do something whose failure the panel tells."""
        try:
            act()
        except (Nb2opsError, OSError) as error:
            self._say(str(error), wrong=True)


def _history(found: list[tuple[NotebookRun, str]]) -> str:
    """Return runs, each with its name as HTML, with their metrics, and a line through each metric."""
    rows = [_row(each, name) for each, name in found]
    values: dict[str, list[float]] = {}
    for each, _ in reversed(found):
        for name, metric in each.metrics.items():
            if isinstance(metric, int | float):
                values.setdefault(name, []).append(metric)
    lines = [(text(name), trend(name, points), text(value(points[-1]))) for name, points in values.items()]
    return table("Last runs", ("run", "state", "started", "time", "metrics"), rows) + table("", ("", "", ""), lines)


def _row(found: NotebookRun, name: str) -> tuple[str, ...]:
    listed = found.view.run
    metrics = ", ".join(f"{metric} {value(number)}" for metric, number in found.metrics.items())
    started = text(fragments.moment(listed.start))
    return name, state(listed.state), started, seconds(listed.seconds), text(metrics)


def _deployed(found: Report) -> str:
    """Return what `deploy` did, with the next runs."""
    slots = ", ".join(each.local for each in found.next_runs[:3])
    following = f" Next runs: {text(slots)}." if slots else " It has no schedule."
    notices = "".join(f"<br>{text(each)}" for each in found.deployment.notices)
    return f"<strong>{text(found.deployment.name)}</strong>: {text(found.deployment.change)}.{following}{notices}"
