"""Telling of the end of a run, once: the flow does it itself; of runs that cannot, the worker's keeper does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from nb2ops.errors import Nb2opsError
from nb2ops.model import Failure, Json, RunResult, StepState
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.delivery import note, send_from_outside, send_through_block, tell
from nb2ops.orchestration.notifications import Ending, Notifications, message
from nb2ops.runtime.events import read_events
from nb2ops.runtime.record import RECORD, fold
from nb2ops.wire import decode

if TYPE_CHECKING:
    from nb2ops.orchestration.current import CurrentFlow

KINDS = {StepState.COMPLETED: "COMPLETED", StepState.CRASHED: "CRASHED", StepState.CANCELLED: "CANCELLED"}
LEFT_ALONE = timedelta(seconds=30)
"""After its end a run has so long to tell of it by itself."""
OLDEST = timedelta(days=1)
"""Runs that ended before are no news any more."""
CLAIM_SECONDS = 2.0
"""After a claim, the time in which that of another keeper has come too."""


def tell_of(current: CurrentFlow, connection: Connection | None, notebook: str, result: RunResult) -> None:
    """Tell of the end of the flow that is running, if it is for good; nothing that goes wrong here concerns the run."""
    if connection is None or _is_tried_again(current, result):
        return
    occasion, targets = Notifications.from_environment().of(result.state, KINDS.get(result.state, "FAILED"))
    if not targets:
        return
    run = current.run
    ending = Ending(
        run=str(run.id),
        name=run.name,
        state=result.state,
        notebook=notebook,
        deployment=current.deployment,
        url=connection.page(f"runs/flow-run/{run.id}"),
        failure=result.failure,
    )
    try:
        note(connection, str(run.id), run.run_count, f"{occasion}: being sent")
        tell(connection, str(run.id), run.run_count, targets, message(occasion, ending), send_through_block)
    except Nb2opsError:
        return


def _is_tried_again(current: CurrentFlow, result: RunResult) -> bool:
    retries = current.run.empirical_policy.retries or 0
    return result.state is StepState.FAILED and current.run.run_count <= retries


def begin(connection: Connection) -> Callable[[], None]:
    """Return the turn of a keeper's duty: it tells of runs that failed or crashed and could not do so themselves."""

    def turn() -> None:
        rows = _untold(connection)
        if rows:
            ids = sorted({row["deployment_id"] for row in rows})
            query = {"deployments": {"id": {"any_": ids}}}
            deployments = {each["id"]: each for each in request(connection, "POST", "/deployments/filter", query)}
            for row in rows:
                _tell_of_row(connection, row, deployments.get(row["deployment_id"]))

    return turn


def _untold(connection: Connection) -> list[Json]:
    """Return the runs of deployments that ended badly a while ago, and nobody has told of it."""
    now = datetime.now(UTC)
    ended = {"after_": (now - OLDEST).isoformat(), "before_": (now - LEFT_ALONE).isoformat()}
    runs = {"state": {"type": {"any_": ["FAILED", "CRASHED"]}}, "end_time": ended}
    rows: list[Json] = request(
        connection, "POST", "/flow_runs/filter", {"flow_runs": runs, "sort": "END_TIME_DESC", "limit": PAGE}
    )
    return [row for row in rows if row["deployment_id"] and not _is_told(row)]


def _is_told(row: Json) -> bool:
    said = labels.text(row["labels"], labels.NOTIFIED) or ""
    return said.split(" ")[0] == str(row["run_count"])


def _tell_of_row(connection: Connection, row: Json, deployment: Json | None) -> None:
    wanted = Notifications.from_environment(labels.environment_of(deployment))
    occasion, targets = wanted.of(row["state_name"], row["state_type"])
    if deployment and targets and _claim(connection, row):
        notebook = labels.text(row["labels"], labels.NOTEBOOK) or labels.notebook_of(deployment) or deployment["name"]
        ending = Ending(
            run=row["id"],
            name=row["name"],
            state=row["state_name"],
            notebook=notebook,
            deployment=deployment["name"],
            url=connection.page(f"runs/flow-run/{row['id']}"),
            failure=next(_failure(labels.text(row["labels"], labels.FOLDER)), None),
            message=(row["state"] or {}).get("message"),
        )
        send = send_from_outside(connection)
        tell(connection, row["id"], row["run_count"], targets, message(occasion, ending), send)


def _claim(connection: Connection, row: Json) -> bool:
    """Return whether it is for us to tell: of several keepers, the one whose claim is left."""
    claim = f"being sent {uuid4().hex}"
    note(connection, row["id"], row["run_count"], claim)
    time.sleep(CLAIM_SECONDS)
    found = request(connection, "GET", f"/flow_runs/{row['id']}")
    return labels.text(found["labels"], labels.NOTIFIED) == f"{row['run_count']} {claim}"


def _failure(folder: str | None) -> Iterator[Failure]:
    """Yield what went wrong in a run, as far as this machine has its record or its events."""
    if folder is None:
        return
    try:
        path = Path(folder) / RECORD
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else fold(read_events(Path(folder)))
        if record["run"]["failure"]:
            yield decode(Failure, record["run"]["failure"])
    except (OSError, ValueError, KeyError):
        return
