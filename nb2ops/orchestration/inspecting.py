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
from nb2ops.orchestration.details import FINAL, StepRun, read_steps
from nb2ops.orchestration.finding import find_run
from nb2ops.orchestration.history import describe_one
from nb2ops.orchestration.home import home
from nb2ops.orchestration.index import Entry, api_of, recall
from nb2ops.orchestration.options import STORE
from nb2ops.runtime.events import EVENTS
from nb2ops.runtime.record import RECORD, advance
from nb2ops.wire import encode, read_pipeline

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
        steps: in notebook order where that is known, see `_steps`.
        edges: which step waits for which, with reasons.
        metrics, gates, warnings: as the record has them.
        failure: with all names of its cell.
        has_notebook: whether the executed notebook is on this machine.
        actions: whether "cancel" and "retry" make sense now.
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
        return _from_record(entry.run, records.read(_ours(entry.folder)), _ours(entry.folder))
    found, folder = describe_one(connection, row), _ours(labels.text(row["labels"], labels.FOLDER))
    record, over = records.read(folder), row["state_type"] in FINAL
    view = _from_record(found, record, folder)
    steps = _steps(read_steps(connection, found.id), record)
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
        {"cancel": not over, "retry": over and (row["deployment_id"] is not None or _bundle(record) is not None)},
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
        return _ours(labels.text(find_run(connection, run)["labels"], labels.FOLDER))
    except NotFound:
        return _ours(_remembered(connection, run).folder)


def run_folders(connection: Connection, runs: Sequence[str]) -> dict[str, Path]:
    """Return the folders of the records that are on this machine, by Prefect's ids of runs that it knows.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    query = {"flow_runs": {"id": {"any_": list(runs)}}}
    rows: list[Json] = request(connection, "POST", "/flow_runs/filter", query) if runs else []
    found = {row["id"]: _ours(labels.text(row["labels"], labels.FOLDER)) for row in rows}
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


def _ours(folder: str | None) -> Path | None:
    """Return a run's folder where it is one of nb2ops: what Prefect says is no reason to read any other place."""
    path = Path(folder) if folder else None
    if path is None or path.parent.name != "runs" or path.is_symlink() or not path.is_dir():
        return None
    store = path.parent.parent
    return path if store.name == STORE or store == home() / "notebooks" else None


def _notebook(folder: Path) -> Path | None:
    if not (folder / RECORD).is_file():
        return None
    found = [path for path in folder.glob("*.ipynb") if path.is_file() and not path.is_symlink()]
    return found[0] if len(found) == 1 else None


def _from_record(run: Run, record: Json | None, folder: Path | None) -> RunView:
    if record is None:
        return RunView(run, True, 1, actions={"cancel": False, "retry": False})
    failure = record["run"].get("failure")
    return RunView(
        run,
        True,
        record["run"]["attempt"],
        tuple(
            {name: each[name] for name in ("name", "value", "type", "secret", "origin")}
            for each in record["parameters"]
        ),
        _steps((), record),
        _edges(record),
        tuple(record["metrics"]),
        tuple({name: value for name, value in each.items() if name != "baseline"} for each in record["gates"]),
        {**failure, **_names(record, failure["cell"])} if failure else None,
        tuple(record["warnings"]),
        folder is not None and _notebook(folder) is not None,
        {"cancel": False, "retry": False},
    )


def _given(item: tuple[str, Any]) -> Json:
    return {"name": item[0], "value": item[1], "type": None, "secret": None, "origin": None}


def _steps(known: tuple[StepRun, ...], record: Json | None) -> tuple[Json, ...]:
    """Return the steps with Prefect's state and time and our cells; of a step that was begun again the last time."""
    told = {each.name: each for each in known}
    if record is None:
        return tuple(_step(each.name, each, None) for each in told.values())
    return tuple(_step(each["name"], told.get(each["name"]), each) for each in record["steps"])


def _step(name: str, told: StepRun | None, ours: Json | None) -> Json:
    cells = ours["cells"] if ours else []
    running = next((each for each in cells if each["state"] == StepState.RUNNING), None)
    times = told or ours or {}
    start, end, seconds = (_of(times, each) for each in ("start", "end", "seconds"))
    return {
        "name": name,
        "state": str(_of(times, "state")),
        "start": start,
        "end": end,
        "seconds": seconds if start else None,
        "message": told.message if told else (ours or {}).get("failure") and ours["failure"]["message"],  # type: ignore[index]
        "attempts": ours["attempts"] if ours else 1,
        "done": sum(each["end"] is not None for each in cells),
        "total": len(cells) if ours else None,
        "cell": _place(running),
        "first": _place(cells[0] if cells else None),
        "joined": ours["joined"]["steps"] if ours else [],
        "warnings": ours["warnings"] if ours else [],
    }


def _place(cell: Json | None) -> Json | None:
    return {each: cell[each] for each in ("cell", "index", "id")} if cell else None


def _of(source: StepRun | Json, name: str) -> Any:
    return source[name] if isinstance(source, dict) else getattr(source, name)


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
