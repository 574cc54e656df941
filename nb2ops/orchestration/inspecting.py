"""One run as somebody watches it: state and time from Prefect, the rest from its record or, until then, its events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb2ops.errors import NotFound, ServiceError, UsageError
from nb2ops.model import Json, Run, StepState
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import FINAL, read_steps
from nb2ops.orchestration.finding import find_run
from nb2ops.orchestration.history import describe_one
from nb2ops.orchestration.index import Entry, api_of, recall
from nb2ops.orchestration.options import own_folder
from nb2ops.orchestration.resuming import first_event, obstacle
from nb2ops.orchestration.stepping import Computed, steps_of
from nb2ops.runtime.events import EVENTS
from nb2ops.runtime.record import RECORD, advance
from nb2ops.wire import encode, read_pipeline

ACTIONS = ("cancel", "retry", "resume")
_OUTPUT = '{"event": "output"'
"""How the lines begin that the record has no use for; they may be most of the file."""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run.

    Attributes:
        run: as in the history.
        over: whether nothing of it changes any more.
        attempts: how often it was begun.
        parameters: name, value, type, secret and origin of each; type and origin are None where no record is here.
        steps: in notebook order where that is known, see `nb2ops.orchestration.stepping`.
        edges: which step waits for which, with reasons.
        metrics, gates, warnings: as the record has them.
        failure: with all names of its cell.
        has_notebook: whether the executed notebook is on this machine.
        actions: whether "cancel", "retry" and "resume" make sense now.
        obstacle: why a run that did not complete cannot be resumed; None where it can, or did.
        artifacts: key, type, description and page of what Prefect shows beside the run, once it is over.
    """

    run: Run
    over: bool
    attempts: int
    parameters: tuple[Json, ...] = ()
    steps: tuple[Json, ...] = ()
    edges: tuple[Json, ...] = ()
    metrics: tuple[Json, ...] = ()
    gates: tuple[Json, ...] = ()
    failure: Json | None = None
    warnings: tuple[str, ...] = ()
    has_notebook: bool = False
    actions: Mapping[str, bool] = field(default_factory=dict)
    obstacle: str | None = None
    artifacts: tuple[Json, ...] = ()


class Records:
    """The records of runs by their folders; of a run that is going, only what is new is read."""

    def __init__(self) -> None:
        self._going: dict[Path, tuple[int, Json]] = {}

    def read(self, folder: Path | None) -> Json | None:
        """Return the record of a run as far as it is there, None where it is not on this machine."""
        if folder is None:
            return None
        try:
            found: Json = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            self._going.pop(folder, None)
            return found
        except (OSError, ValueError):
            return self._follow(folder)

    def _follow(self, folder: Path) -> Json | None:
        place, record = self._going.get(folder, (0, {}))
        try:
            with (folder / EVENTS).open("rb") as file:
                file.seek(place)
                new = file.read()
        except OSError:
            return record or None
        complete = new[: new.rfind(b"\n") + 1]
        for line in complete.decode("utf-8", "replace").splitlines():
            if not line.startswith(_OUTPUT):
                advance(record, json.loads(line))
        self._going[folder] = place + len(complete), record
        while len(self._going) > 50:
            del self._going[next(iter(self._going))]
        return record or None


def inspect(connection: Connection, run: str, records: Records) -> RunView:
    """Return a run by Prefect's id of it; of one that Prefect has forgotten, what its record says.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        NotFound: there is no such run.
    """
    try:
        row = find_run(connection, run)
    except NotFound:
        entry = _remembered(connection, run)
        folder = own_folder(entry.folder)
        return _from_record(connection, entry.run, records.read(folder), folder)
    found, folder = describe_one(connection, row), own_folder(labels.text(row["labels"], labels.FOLDER))
    record, over = records.read(folder), row["state_type"] in FINAL
    view = _from_record(connection, found, record, folder)
    steps = steps_of(read_steps(connection, found.id), record, _computed(connection, folder))
    why = obstacle(row) if over and row["state_type"] != "COMPLETED" else None
    parameters = view.parameters or tuple(map(_given, row["parameters"].items()))
    return RunView(
        found,
        over,
        row["run_count"],
        parameters,
        steps,
        view.edges,
        view.metrics,
        view.gates,
        view.failure,
        view.warnings,
        over and view.has_notebook,
        {
            "cancel": not over,
            "retry": over and (row["deployment_id"] is not None or _bundle(record) is not None),
            "resume": over and row["state_type"] != "COMPLETED" and why is None,
        },
        why,
        _artifacts(connection, found.id) if over else (),
    )


def _artifacts(connection: Connection, run: str) -> tuple[Json, ...]:
    query = {"artifacts": {"flow_run_id": {"any_": [run]}}, "sort": "KEY_ASC"}
    rows: list[Json] = request(connection, "POST", "/artifacts/filter", query)
    return tuple(
        {
            **{name: each[name] for name in ("key", "type", "description")},
            "url": connection.page(f"artifacts/artifact/{each['id']}"),
        }
        for each in rows
    )


def run_folder(connection: Connection, run: str) -> Path | None:
    """Return the folder of a run's record, None where it is not on this machine.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        NotFound: there is no such run.
    """
    try:
        return own_folder(labels.text(find_run(connection, run)["labels"], labels.FOLDER))
    except NotFound:
        return own_folder(_remembered(connection, run).folder)


def run_folders(connection: Connection, runs: Sequence[str]) -> dict[str, Path]:
    """Return the folders of the records that are on this machine, by Prefect's ids of runs that it knows.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    query = {"flow_runs": {"id": {"any_": list(runs)}}}
    rows: list[Json] = request(connection, "POST", "/flow_runs/filter", query) if runs else []
    found = {row["id"]: own_folder(labels.text(row["labels"], labels.FOLDER)) for row in rows}
    return {run: folder for run, folder in found.items() if folder}


def listed_run(connection: Connection, run: str) -> Run:
    """Return a run as in the history; of one that Prefect has forgotten, what its record says.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        NotFound: there is no such run.
    """
    try:
        return describe_one(connection, find_run(connection, run))
    except NotFound:
        return _remembered(connection, run).run


def _remembered(connection: Connection, run: str) -> Entry:
    entry = recall(api_of(connection), run)
    if entry is None:
        raise NotFound(f'There is no run "{run}". `nb2ops runs` lists them.')
    return entry


def executed_notebook(connection: Connection, run: str) -> Path:
    """Return the notebook that a run left.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        NotFound: there is no such run, or its notebook is not on this machine.
    """
    folder = run_folder(connection, run)
    found = _notebook(folder) if folder else None
    if found is None:
        raise NotFound("The executed notebook of this run is not on this machine, or the run is not over.")
    return found


def _notebook(folder: Path) -> Path | None:
    if not (folder / RECORD).is_file():
        return None
    found = [path for path in folder.glob("*.ipynb") if path.is_file() and not path.is_symlink()]
    return found[0] if len(found) == 1 else None


def _from_record(connection: Connection, run: Run, record: Json | None, folder: Path | None) -> RunView:
    completed = run.state == StepState.COMPLETED
    why = None if completed else f"Prefect has forgotten {run.name}. Run its notebook again."
    if record is None:
        return RunView(run, True, 1, actions=dict.fromkeys(ACTIONS, False), obstacle=why)
    failure = record["run"].get("failure")
    return RunView(
        run,
        True,
        record["run"]["attempt"],
        tuple(
            {name: each[name] for name in ("name", "value", "type", "secret", "origin")}
            for each in record["parameters"]
        ),
        steps_of((), record, _computed(connection, folder)),
        _edges(record),
        tuple(record["metrics"]),
        tuple({name: value for name, value in each.items() if name != "baseline"} for each in record["gates"]),
        {**failure, **_names(record, failure["cell"])} if failure else None,
        tuple(record["warnings"]),
        folder is not None and _notebook(folder) is not None,
        dict.fromkeys(ACTIONS, False),
        why,
    )


def _computed(connection: Connection, folder: Path | None) -> Computed:
    """Return what tells of a run of ours, whose result stands in for a step, what Prefect calls it."""

    def find(run: str) -> Json:
        place = own_folder(str(folder.with_name(run))) if folder else None
        told = first_event(place) if place else None
        known = told["run"]["flow_run"] if told else None
        entry = recall(api_of(connection), known) if known else None
        return {"id": known, "name": entry.run.name if entry else run}

    return find


def _given(item: tuple[str, Any]) -> Json:
    return {"name": item[0], "value": item[1], "type": None, "secret": None, "origin": None}


def _names(record: Json, number: int | None) -> Json:
    cells = (cell for step in record["steps"] for cell in step["cells"])
    found = next((each for each in cells if each["cell"] == number), None)
    return {"index": found["index"] if found else None, "id": found["id"] if found else None}


def _bundle(record: Json | None) -> Path | None:
    path = Path(record["run"]["bundle"]["path"]) if record else None
    return path if path and path.is_dir() else None


def _edges(record: Json) -> tuple[Json, ...]:
    bundle = _bundle(record)
    try:
        return tuple(encode(each) for each in read_pipeline(bundle).edges) if bundle else ()
    except (ServiceError, UsageError):
        return ()
