"""Runs: started, followed, listed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from threading import Thread
from typing import Any

from nb2ops.errors import ServiceError
from nb2ops.interface.loops import outside_loop
from nb2ops.model import Json, Run, StepState
from nb2ops.orchestration import results, steering
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import INTERVAL
from nb2ops.orchestration.history import RunFilter, list_runs
from nb2ops.orchestration.inspecting import Records, RunView, executed_notebook, inspect, run_folder
from nb2ops.orchestration.services import connect, ensure_server
from nb2ops.orchestration.starting import Started, prepare, report_end, start
from nb2ops.pages import fragments


class NotebookRun:
    """A run of a notebook, on its way or over; a cell that ends with it shows its steps, metrics and gates.

    What is asked of it is asked of Prefect and of the run's record at that moment, until the run is over.

    Attributes:
        id: Prefect's id of the run.
        name: Prefect's name of it.

    Examples:
        >>> run = nb2ops.runs("sales.ipynb")[0]
        >>> run.state, run.metrics
        ('Completed', {'mean': 1.5})
        >>> {step["name"]: step["state"] for step in run.steps}
        {'setup': 'Completed', 'load': 'Completed', 'total': 'Completed'}
    """

    def __init__(self, connection: Connection, run: Run) -> None:
        self.id = run.id
        self.name = run.name
        self._connection = connection
        self._records = Records()
        self._view: RunView | None = None

    @property
    def view(self) -> RunView:
        """All that is known of it, as the sidebar has it."""
        if self._view is None or not self._view.over:
            self._view = outside_loop(lambda: inspect(self._connection, self.id, self._records))
        return self._view

    @property
    def state(self) -> str:
        """Prefect's word for how it stands: "Running", "Completed", "Failed", "Rejected", ..."""
        return self.view.run.state

    @property
    def ok(self) -> bool:
        """Whether it is over and completed, with every gate green."""
        return self.view.over and self.state == StepState.COMPLETED

    @property
    def parameters(self) -> dict[str, Any]:
        """What it ran with; a secret's value is not in there."""
        return {each["name"]: each["value"] for each in self.view.parameters}

    @property
    def steps(self) -> tuple[Json, ...]:
        """Each step with `name`, `state`, `seconds`, and `done` of `total` cells."""
        return self.view.steps

    @property
    def metrics(self) -> dict[str, Any]:
        """Name -> value."""
        return {each["name"]: each["value"] for each in self.view.metrics}

    @property
    def gates(self) -> tuple[Json, ...]:
        """Each gate with `text`, `passed`, `left`, `operator` and `right`."""
        return self.view.gates

    @property
    def failure(self) -> str | None:
        """What went wrong, as a sentence; None where nothing did."""
        found = self.view.failure
        return found["message"] if found else None

    @property
    def notebook(self) -> Path:
        """The executed notebook.

        Raises:
            NotFound: the run is not over, or its notebook is not on this machine.
        """
        return outside_loop(lambda: executed_notebook(self._connection, self.id))

    @property
    def folder(self) -> Path | None:
        """Where its record, notebook and variables are, None where that is not on this machine."""
        return outside_loop(lambda: run_folder(self._connection, self.id))

    def result(self, name: str, *, step: str | None = None) -> Any:
        """Return a variable that one of its steps handed to another; see `nb2ops.result`."""
        return results.result(self.folder or self.id, name, step=step)

    def report(self, path: str | PathLike[str], *, code: bool = True) -> Path:
        """Write a page about it when it is over, and return the path; see `nb2ops report`.

        Args:
            path: where to; its ending (.html, .md, .ipynb) says in which form.
            code: whether the cells' code is in it.

        Raises:
            UsageError: its record is not on this machine, or there is no such form.
        """
        from nb2ops.orchestration.accounts import account_of, write_report  # nbconvert, 0.5 s

        target = Path(path)
        account = outside_loop(lambda: account_of(self.folder or self.id))
        write_report(account, target, target.suffix.removeprefix("."), code=code)
        return target

    def wait(self, timeout: float | None = None) -> NotebookRun:
        """Return when it is over; a failed run raises nothing. The run goes on where waiting is interrupted.

        Args:
            timeout: seconds to wait at most.

        Raises:
            TimeoutError: it goes on after that.
        """
        last = None if timeout is None else time.monotonic() + timeout
        while not self.view.over:
            if last is not None and time.monotonic() > last:
                raise TimeoutError(f"{self.name} is still {self.state} after {timeout:g} s. It goes on.")
            time.sleep(INTERVAL)
        return self

    def __await__(self) -> Generator[Any, None, NotebookRun]:
        return self._over().__await__()

    async def _over(self) -> NotebookRun:
        while not (await asyncio.to_thread(lambda: self.view)).over:
            await asyncio.sleep(INTERVAL)
        return self

    def cancel(self) -> None:
        """Ask for its end.

        Raises:
            Conflict: it is over.
        """
        outside_loop(lambda: steering.cancel(self._connection, self.id))

    def __repr__(self) -> str:
        found = self.view.run
        return f"<{type(self).__name__} {found.flow}, {self.name}: {found.state}>"

    def _repr_html_(self) -> str:
        view = self.view
        return fragments.run(view.run, view.steps, view.metrics, view.gates, view.failure)


class Runs(tuple[NotebookRun, ...]):
    """Runs, newest first; a cell that ends with them shows a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return fragments.runs([each.view.run for each in self])


def run(
    notebook: str | PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    steps: Sequence[str] = (),
    from_step: str | None = None,
    to_step: str | None = None,
    timeout: float | None = None,
    cell_timeout: float | None = None,
    kernel: str | None = None,
    jobs: int | None = None,
    cache: bool | None = None,
    force: bool = False,
) -> NotebookRun:
    """Start a run of a notebook and return at once; where no Prefect answers the local one is started first.

    Args:
        notebook: the source.
        parameters: values in place of its defaults.
        steps: only these, and what they need.
        from_step: this one, what waits for it, and what these need.
        to_step: up to this one, and what it needs.
        timeout: seconds for the whole run.
        cell_timeout: seconds for each cell.
        kernel: name of the kernelspec; else the notebook's.
        jobs: steps at once.
        cache: whether a step that would give the same again need not run; as `NB2OPS_CACHE` says, else it need not.
        force: every step runs, whatever there is of it.

    Returns:
        The run: `wait()` for it, or `await` it.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: a parameter or a step is not one of the notebook's.
        ServiceError: the chosen Prefect does not answer.

    Examples:
        >>> run = nb2ops.run("sales.ipynb", {"rows": 4}).wait()
        >>> run.ok, run.metrics
        (True, {'mean': 1.5})
    """
    order = prepare(
        Path(notebook),
        parameters=dict(parameters or {}),
        steps=tuple(steps),
        from_step=from_step,
        to_step=to_step,
        timeout=timeout,
        cell_timeout=cell_timeout,
        kernel=kernel,
        jobs=jobs,
        cache=cache,
        force=force,
    )

    def begin() -> NotebookRun:
        connection = ensure_server(_say)
        started = start(connection, order)
        Thread(target=_see_off, args=[connection, started], daemon=True).start()
        return NotebookRun(connection, started.run)

    return outside_loop(begin)


def runs(
    notebook: str | PathLike[str] | None = None,
    *,
    deployment: str | None = None,
    state: str | None = None,
    since: str | None = None,
    limit: int = 20,
) -> Runs:
    """Return runs, newest first.

    Args:
        notebook: only this one's, by file name or path.
        deployment: only this one's, by name.
        state: only those in this state, for example "Failed"; several with commas between.
        since: only those that were to begin then or later, ISO 8601 with offset.
        limit: how many, 200 at most.

    Raises:
        ServiceError: no Prefect server runs, or it does not answer.

    Examples:
        >>> newest = nb2ops.runs("sales.ipynb", state="Completed", limit=1)[0]
        >>> newest.state
        'Completed'
    """
    wanted = RunFilter(None if notebook is None else str(notebook), deployment, state, since)
    connection = connect()
    page = outside_loop(lambda: list_runs(wanted, limit))
    return Runs(NotebookRun(connection, each) for each in page.runs)


def _see_off(connection: Connection, started: Started) -> None:
    """Wait for a run's process; where Prefect is gone by then, nobody asks for its end."""
    with suppress(ServiceError):
        report_end(connection, started)


def _say(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201  a notebook's cell shows it
