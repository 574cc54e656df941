"""Going on with a run that did not come to its end: what ran, with what, and where its results are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nb2ops.errors import Conflict
from nb2ops.model import Json
from nb2ops.orchestration import labels
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import FINAL
from nb2ops.orchestration.finding import find_run
from nb2ops.orchestration.options import ON, RunOptions
from nb2ops.runtime.events import EVENTS


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A run to go on with.

    Attributes:
        name: Prefect's name of it.
        target: its notebook, or the bundle where the notebook is gone.
        parameters: what it was given.
        folder: where it left its results.
        started: the first event of its record.
    """

    name: str
    target: Path
    parameters: Json
    folder: Path
    started: Json

    def options(self, options: RunOptions) -> RunOptions:
        """Return options with what must be as it was: hash seed, kernel, working directory."""
        environment = self.started["environment"]
        directory = Path(environment["directory"])
        return replace(
            options,
            resumed=self.folder,
            cache=ON,
            hash_seed=environment["hash_seed"],
            kernel=environment["kernelspec"],
            directory=directory if directory != options.working_directory and directory.is_dir() else None,
        )


def find_interrupted(connection: Connection, run: str) -> Interrupted:
    """Return a run that is over and did not complete.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is no such run, it is still going or has completed, or its results are not on this machine.
    """
    row = find_run(connection, run)
    name, folder = row["name"], labels.text(row["labels"], labels.FOLDER)
    if row["state_type"] not in FINAL:
        raise Conflict(f"{name} is {row['state_name']}: only a run that is over can be resumed.")
    if row["state_type"] == "COMPLETED":
        raise Conflict(f"{name} has completed: there is nothing to resume. Run its notebook again.")
    started = next(_events(Path(folder)), None) if folder else None
    if folder is None or started is None:
        raise Conflict(f"What {name} left is not on this machine. Run its notebook again.")
    notebook, bundle = labels.text(row["labels"], labels.NOTEBOOK), Path(started["run"]["bundle"]["path"])
    target = Path(notebook) if notebook and Path(notebook).is_file() else bundle
    if not target.exists():
        raise Conflict(f"The notebook that {name} ran is not there any more: {notebook}.")
    return Interrupted(name, target, row["parameters"], Path(folder), started)


def _events(folder: Path) -> Iterator[Json]:
    path = folder / EVENTS
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file if line.endswith("\n"))
