"""Going on with a run that did not come to its end: what ran, with what, and where its results are."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from nb2ops.errors import Conflict
from nb2ops.model import Json, Pipeline
from nb2ops.orchestration import labels
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import FINAL
from nb2ops.orchestration.finding import find_run
from nb2ops.orchestration.options import RunOptions, kept_at, own_folder
from nb2ops.runtime.events import EVENTS


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A run to go on with.

    Attributes:
        name: Prefect's name of it.
        notebook: the source, whether or not it is there; None for a bundle that was run by itself.
        target: the notebook, or the bundle where that is gone.
        parameters: what it was given.
        folder: where it left its results.
        started: the first event of its record.
    """

    name: str
    notebook: Path | None
    target: Path
    parameters: Json
    folder: Path
    started: Json

    def values(self, pipeline: Pipeline) -> Json:
        """Return what it was given of the parameters that the notebook still has."""
        known = {each.name for each in pipeline.parameters}
        return {name: value for name, value in self.parameters.items() if name in known}

    def options(self, options: RunOptions) -> RunOptions:
        """Return options with what must be as it was: hash seed, kernel, working directory."""
        environment = self.started["environment"]
        directory = Path(environment["directory"])
        return replace(
            options,
            resumed=self.folder,
            cache=kept_at(wanted=True),
            hash_seed=environment["hash_seed"],
            kernel=environment["kernelspec"],
            directory=directory if directory != options.working_directory and directory.is_dir() else None,
        )


def find_interrupted(connection: Connection, run: str, *, completed: bool = False) -> Interrupted:
    """Return a run that is over and did not complete.

    Args:
        connection: to Prefect.
        run: its name or id.
        completed: whether it may have completed.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is no such run, it is still going or has completed, or its results are not on this machine.
    """
    return _interrupted(find_run(connection, run), completed=completed)


def obstacle(row: Json) -> str | None:
    """Return why a run cannot be resumed, None where it can; `row` is Prefect's."""
    try:
        _interrupted(row)
    except Conflict as error:
        return str(error)
    return None


def first_event(folder: Path) -> Json | None:
    """Return what a run told when it began, None where nothing of it is there."""
    try:
        with (folder / EVENTS).open(encoding="utf-8") as file:
            line = file.readline()
    except OSError:
        return None
    return json.loads(line) if line.endswith("\n") else None


def _interrupted(row: Json, *, completed: bool = False) -> Interrupted:
    name, folder = row["name"], own_folder(labels.text(row["labels"], labels.FOLDER))
    if row["state_type"] not in FINAL:
        raise Conflict(f"{name} is {row['state_name']}: only a run that is over can be resumed.")
    if row["state_type"] == "COMPLETED" and not completed:
        hint = "Say with --from-step from where it shall run again, or run its notebook."
        raise Conflict(f"{name} has completed: there is nothing to resume. {hint}")
    started = first_event(folder) if folder else None
    if folder is None or started is None:
        raise Conflict(f"What {name} left is not on this machine. Run its notebook again.")
    said, bundle = labels.text(row["labels"], labels.NOTEBOOK), Path(started["run"]["bundle"]["path"])
    notebook = Path(said) if said and Path(said).is_absolute() else None
    target = notebook if notebook and notebook.is_file() else bundle
    if not target.exists():
        raise Conflict(f"The notebook that {name} ran is not there any more: {said}.")
    return Interrupted(name, notebook, target, row["parameters"], folder, started)
