"""Runs whose process is gone, told as what they are: in Prefect, in the record and in the index.

A process that dies with its supervisor, or while Prefect's server is away, leaves its run Running for ever. The
process of a run on this machine is looked for; of a run elsewhere the lease is watched, which its process renews. Time
is counted in looks and not in seconds: neither a clock that is wrong nor a machine that slept raises a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nb2ops.errors import Nb2opsError, ServiceError
from nb2ops.model import Json, RunResult, StepState
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import PAGE, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.index import api_of, enter
from nb2ops.orchestration.states import sentence, state_json
from nb2ops.runtime import identity
from nb2ops.runtime.events import is_being_written
from nb2ops.runtime.record import settled_run

PAUSE = 5.0
"""Seconds between two looks; leases are renewed every ten."""
GONE = 2
"""Looks that must not find the process of a run on this machine: the run may be ending or beginning just now."""
CLEARING = 6
"""Looks that its supervisor, if it lives on, has for ending the kernels and writing the record."""
SILENT = 9
"""Looks that must find the same lease of a run elsewhere."""
GOING = ["RUNNING", "CANCELLING"]
OPEN_TASKS = ["PENDING", "RUNNING", "SCHEDULED"]


@dataclass
class Reaper:
    """Looks again and again; remembers what it saw before.

    Attributes:
        connection: the Prefect whose runs are looked at.
    """

    connection: Connection
    _seen: dict[str, tuple[str, int]] = field(default_factory=dict)

    def look(self) -> None:
        """Look at all runs that are going, and tell of those whose process is gone.

        Raises:
            ServiceError: Prefect does not answer; what was seen before does not count any more.
        """
        try:
            runs = list(self._going())
            self._seen = {run["id"]: self._count(run["id"], sign) for run in runs if (sign := sign_of_death(run))}
            for run in runs:
                sign, looks = self._seen.get(run["id"], ("", 0))
                if sign and looks >= patience(run):
                    self._bury(run)
        except ServiceError:
            self._seen = {}
            raise

    def _count(self, run: str, sign: str) -> tuple[str, int]:
        before, looks = self._seen.get(run, (sign, 0))
        return sign, looks + 1 if before == sign else 1

    def _going(self) -> Iterator[Json]:
        query: Json = {"flow_runs": {"state": {"type": {"any_": GOING}}}, "sort": "ID_DESC", "limit": PAGE}
        offset = 0
        while True:
            page: list[Json] = request(self.connection, "POST", "/flow_runs/filter", {**query, "offset": offset})
            yield from page
            offset += PAGE
            if len(page) < PAGE:
                return

    def _bury(self, run: Json) -> None:
        """Give a run its state; one that ended by itself between look and judgement has it already."""
        now: Json = request(self.connection, "GET", f"/flow_runs/{run['id']}")
        if now["state_type"] not in GOING or sign_of_death(now) != sign_of_death(run):
            return
        result = _settled(_folder(run))
        self._set_state(f"/flow_runs/{run['id']}", _verdict(now, result))
        steps = {each.step: each.state for each in result.steps} if result else {}
        query: Json = {
            "flow_runs": {"id": {"any_": [run["id"]]}},
            "task_runs": {"state": {"type": {"any_": OPEN_TASKS}}},
            "limit": PAGE,
        }
        for task in request(self.connection, "POST", "/task_runs/filter", query):
            self._set_state(f"/task_runs/{task['id']}", state_json(steps.get(labels.step_of(task), StepState.CRASHED)))
        if result:
            notebook = labels.text(run["labels"], labels.NOTEBOOK)
            enter(result, api_of(self.connection), run["expected_start_time"], run["name"], notebook)

    def _set_state(self, path: str, state: Json) -> None:
        request(self.connection, "POST", f"{path}/set_state", {"state": state, "force": True})


def begin(connection: Connection) -> Callable[[], None]:
    """Return the duty of a worker's keeper: to look again and again."""
    return Reaper(connection).look


def sign_of_death(run: Json) -> str | None:
    """Return what speaks for the process of a run being gone; None where it runs, or nothing is known of it."""
    process, lease = (labels.text(run["labels"], name) for name in (labels.PROCESS, labels.LEASE))
    if process is None or lease is None:
        return None
    if _is_here(run):
        return None if identity.runs(process) else f"process {process}"
    return f"lease {lease}"


def patience(run: Json) -> int:
    """Return how many looks must find the same sign of death."""
    if not _is_here(run):
        return SILENT
    folder = _folder(run)
    return CLEARING if folder and is_being_written(folder) else GONE


def _is_here(run: Json) -> bool:
    return labels.text(run["labels"], labels.MACHINE) == identity.machine()


def _folder(run: Json) -> Path | None:
    folder = labels.text(run["labels"], labels.FOLDER)
    return Path(folder) if folder else None


def _settled(folder: Path | None) -> RunResult | None:
    """Return the run's result, its record made where nobody did; None where its folder is not on this machine."""
    if folder is None or is_being_written(folder):
        return None
    try:
        return settled_run(folder)
    except (OSError, ValueError, KeyError, Nb2opsError):
        return None


def _verdict(run: Json, result: RunResult | None) -> Json:
    """Return the state that a run deserves: what its record says, else Crashed."""
    if run["state_type"] == "CANCELLING":
        return state_json(StepState.CANCELLED, "The run was cancelled; its process is gone.")
    if result is None:
        host = (labels.text(run["labels"], labels.MACHINE) or "").partition(" ")[0]
        return state_json(StepState.CRASHED, f"The run gives no sign of life any more; it was on {host}.")
    notebook = Path(labels.text(run["labels"], labels.NOTEBOOK) or result.name).name
    return state_json(result.state, sentence(notebook, result) if result.state is not StepState.COMPLETED else None)
