"""The flow run of a sweep: its trials are subflows of it in Prefect, and end when it is cancelled there.

A subflow is what Prefect makes of a flow that is called in a flow: a flow run whose parent is a task run of the other.
The server carries every state of the subflow over to that task run. The few requests do without Prefect's engine: the
first trial's supervisor starts meanwhile.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from threading import Event
from types import TracebackType
from typing import Self

from nb2ops.errors import Nb2opsError, ServiceError
from nb2ops.model import Json, StepState
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.presence import present
from nb2ops.orchestration.states import state_json
from nb2ops.orchestration.steering import cancel
from nb2ops.orchestration.watching import watched

SUFFIX = "-sweep"
"""What a sweep's flow is named after its notebook's."""
PAUSE = 0.5
"""Seconds between two looks at the subflows of a run that is cancelled."""


class ParentRun:
    """A flow run whose subflows are runs of one flow; it is there from the first of them until the block is left.

    Args:
        flow: the name of the subflows' flow.
        notebook: the source, as the runs' own label has it.
        parameters: what it was asked for.
        tag: its own and its subflows', by which they are found.

    Attributes:
        state: how it ends; Crashed where the block is left by an exception.
        cancelled: whether Prefect wants it cancelled.

    Example:
        with ParentRun("sales", "sales.ipynb", {"rows": [10, 20]}, "sweep:1") as parent:
            first = parent.subflow(connection, 1, {"rows": 10})
            parent.state = StepState.COMPLETED
    """

    def __init__(self, flow: str, notebook: str, parameters: Json, tag: str) -> None:
        self.state, self.cancelled = StepState.CRASHED, False
        self._flow, self._notebook, self._parameters, self._tag = flow, notebook, parameters, tag
        self._run: Json | None = None
        self._subflows: list[str] = []
        self._left = Event()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def subflow(self, connection: Connection, number: int, parameters: Json) -> str:
        """Return Prefect's id of a new flow run that waits for its process. The first call comes before all others.

        Args:
            connection: Prefect's API.
            number: its own among the subflows.
            parameters: its values.

        Raises:
            ServiceError: Prefect does not answer or refuses.
        """
        if self._run is None:
            self._run = self._begin(connection)
        pending = {"type": "PENDING", "message": "It is about to begin."}
        task = {
            "name": f"{self._flow}-{number}",
            "flow_run_id": self._run["id"],
            "task_key": self._flow,
            "dynamic_key": str(number),
            "state": pending,
        }
        parent = request(connection, "POST", "/task_runs/", task)["id"]
        own: Json = {"parameters": parameters, "parent_task_run_id": parent, "state": pending}
        made = self._make(connection, self._flow, own)["id"]
        self._subflows.append(made)
        return str(made)

    def _begin(self, connection: Connection) -> Json:
        marks = {labels.NOTEBOOK: self._notebook, labels.CAUSE: labels.SWEEP}
        running = {"type": "RUNNING"}
        run = self._make(
            connection, self._flow + SUFFIX, {"parameters": self._parameters, "labels": marks, "state": running}
        )
        self._stack.callback(self._end, connection, run["id"])
        self._stack.enter_context(present(connection, run["id"]))
        self._stack.enter_context(watched(connection, run["id"], lambda: self._cancel(connection)))
        return run

    def _make(self, connection: Connection, flow: str, body: Json) -> Json:
        known = request(connection, "POST", "/flows/", {"name": flow})["id"]
        tags = [labels.notebook_tag(self._notebook), self._tag]
        made: Json = request(connection, "POST", "/flow_runs/", {"flow_id": known, "tags": tags, **body})
        return made

    def _cancel(self, connection: Connection) -> None:
        """Ask for the end of every subflow, as soon as it runs; its own watcher hears of it from Prefect."""
        self.cancelled = True
        while not self._left.wait(PAUSE):
            for each in self._subflows:
                with suppress(Nb2opsError):  # it is over, or Prefect is away
                    if request(connection, "GET", f"/flow_runs/{each}")["state_type"] == "RUNNING":
                        cancel(connection, each)

    def _end(self, connection: Connection, run: str) -> None:
        """Tell Prefect how it ended; one that is away hears later from a worker's keeper that it is gone."""
        with suppress(ServiceError):
            request(connection, "POST", f"/flow_runs/{run}/set_state", {"state": state_json(self.state), "force": True})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.state = StepState.CRASHED
        self._left.set()
        self._stack.close()
