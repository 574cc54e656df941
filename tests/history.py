"""A history for the sidebar to show: flow runs and deployments put into a real Prefect server."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from nb2ops.model import Json
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection

ON_THE_WAY = {
    "Running": ["RUNNING"],
    "Completed": ["RUNNING", "COMPLETED"],
    "Failed": ["RUNNING", "FAILED"],
    "Rejected": ["RUNNING", "FAILED"],
    "Crashed": ["RUNNING", "CRASHED"],
    "Cancelled": ["RUNNING", "CANCELLED"],
}


class History:
    """Writes what nb2ops would have written."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def run(self, notebook: str, state: str, message: str | None = None, deployment: str | None = None) -> str:
        """Make a flow run that went through the states to `state`; return its id."""
        types = ON_THE_WAY[state]
        body = {
            "flow_id": self._flow(notebook),
            "deployment_id": deployment,
            "labels": {labels.NOTEBOOK: f"/home/ada/{notebook}"},
            "tags": [labels.notebook_tag(notebook)],
            "state": {"type": "PENDING"},
        }
        run: Json = self._post("/flow_runs/", body)
        for kind in types[:-1]:
            self._state(run["id"], {"type": kind})
        self._state(run["id"], {"type": types[-1], "name": state, "message": message})
        return str(run["id"])

    def finish(self, run: str, state: str, message: str | None = None) -> None:
        """Bring a run that is under way to its end."""
        self._state(run, {"type": ON_THE_WAY[state][-1], "name": state, "message": message})

    def deployment(self, notebook: str, pool: str, schedule: Json | None = None, paused: bool = False) -> str:
        """Make a deployment that nobody will run; return its id."""
        body = {
            "name": notebook.removesuffix(".ipynb"),
            "flow_id": self._flow(notebook),
            "work_pool_name": pool,
            "paused": paused,
            "schedules": [{"schedule": schedule, "active": True}] if schedule else [],
        }
        return str(self._post("/deployments/", body)["id"])

    def pool(self, name: str) -> None:
        """Make a work pool without workers."""
        self._post("/work_pools/", {"name": name, "type": "process"})

    def _flow(self, notebook: str) -> str:
        return str(self._post("/flows/", {"name": notebook.removesuffix(".ipynb")})["id"])

    def _state(self, run: str, state: Json) -> None:
        self._post(f"/flow_runs/{run}/set_state", {"state": state, "force": True})

    def _post(self, path: str, body: Json) -> Json:
        answer: Json = request(self.connection, "POST", path, body)
        return answer


def copy_runs(database: Path, runs: list[str], count: int, apart: timedelta) -> None:
    """Copy flow runs in the SQLite file of a Prefect server until there are `count` more.

    Ten thousand through the API would take minutes. The copies are of the runs in turn, each `apart` older than the
    one before.
    """
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.row_factory = sqlite3.Row
        sources = [_rows(connection, run) for run in runs]
        begun = datetime.now(UTC)
        copies = [_copied(*sources[place % len(runs)], begun - (place + 1) * apart) for place in range(count)]
        for table, rows in zip(("flow_run_state", "flow_run"), zip(*copies, strict=True), strict=True):
            marks = ", ".join(f":{name}" for name in rows[0])
            connection.executemany(f"insert into {table} ({', '.join(rows[0])}) values ({marks})", rows)


def _rows(connection: sqlite3.Connection, run: str) -> tuple[Json, Json]:
    """Return a flow run's last state and the flow run."""
    of_run = dict(connection.execute("select * from flow_run where id = ?", [run]).fetchone())
    state = connection.execute("select * from flow_run_state where id = ?", [of_run["state_id"]]).fetchone()
    return dict(state), of_run


def _copied(state: Json, run: Json, time: datetime) -> tuple[Json, Json]:
    identifier, state_id = str(uuid4()), str(uuid4())
    text, later = (each.strftime("%Y-%m-%d %H:%M:%S.%f") for each in (time, time + timedelta(seconds=30)))
    return (
        {**state, "id": state_id, "flow_run_id": identifier, "timestamp": later},
        {
            **run,
            "id": identifier,
            "name": f"run-{identifier[:8]}",
            "state_id": state_id,
            "expected_start_time": text,
            "start_time": text,
            "end_time": later,
            "state_timestamp": later,
        },
    )
