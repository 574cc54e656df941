"""How a run ends in Prefect: in the state that the result says, with a message that says where and why.

Prefect's engine knows two ways out of a flow function: a return value and an exception, which becomes `Failed` with
a message of Prefect's own. For `Rejected`, `TimedOut`, `Crashed` and `Cancelled` from inside a `with` block, the state
is set through the API first and `Ended` leaves the function; Prefect's engine sees a run in a final state and lets
the matter rest. The caller of the flow gets the exception that the state carries, or the state where it asked for it.

Where Prefect does not answer at the end of a run, its client would try for a minute, request by request. `leave`
goes without a word instead: the record says how the run ended, and the reaper tells Prefect when it is back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from signal import SIGTERM
from typing import Any

from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import PrefectSignal
from prefect.states import Completed
from prefect.utilities.engine import propose_state_sync

from nb2ops.errors import Interrupted, KernelDied, Nb2opsError, RunFailed, RunTimeout
from nb2ops.model import RunResult, StepResult, StepState
from nb2ops.orchestration.current import CurrentFlow
from nb2ops.orchestration.states import CACHED, TYPES, sentence

FLOW_TYPES = {state: StateType(name) for state, name in TYPES.items()}
SKIPPED = "Skipped"
"""The state of a slot that a deployment's policy did not let run."""
UNHEARD = "Prefect did not answer when the run ended; its record is complete."
TASK_TYPES = {**FLOW_TYPES, StepState.CRASHED: StateType.FAILED}  # Prefect tries only Failed ones again


class Ended(PrefectSignal):
    """The run is in its final state; nothing more shall happen to it."""


def task_state(notebook: str, result: StepResult) -> State[None]:
    """Return the final state of a step's task run."""
    if result.cached:
        return State(type=StateType.COMPLETED, name=CACHED, message=f"Computed by run {result.cached}.")
    message = result.failure.sentence(notebook) if result.failure else None
    return State(type=TASK_TYPES[result.state], name=result.state.value, message=message)


def error(notebook: str, result: RunResult) -> Nb2opsError:
    """Return a run that did not complete as an exception, with the exit code that it means."""
    message = sentence(notebook, result)
    match result.state:
        case StepState.TIMED_OUT:
            return RunTimeout(message)
        case StepState.CRASHED:
            return KernelDied(message)
        case StepState.CANCELLED:
            return Interrupted(message, exit_code=128 + (result.signal or SIGTERM))
    return RunFailed(message)


def conclude(current: CurrentFlow, notebook: str, result: RunResult) -> None:
    """Leave the flow function in the way that gives the run its state.

    Raises:
        Ended: the run has its final state.
        RunFailed: a cell failed and Prefect may try the whole flow again.
    """
    if result.state is StepState.COMPLETED:
        return
    if result.state is StepState.FAILED and current.run.empirical_policy.retries:
        raise error(notebook, result)
    _end(current, _final(notebook, result))


def leave(current: CurrentFlow, notebook: str, result: RunResult) -> None:
    """Leave the flow function of a run whose end Prefect cannot be told; of a deployment's run, the process too.

    Its worker takes an exit code for a crash, and what Prefect's client has to deliver it would try for minutes.

    Raises:
        Ended: whoever called the flow gets the result.
    """
    if current.is_deployed:
        os._exit(0)
    current.run.state = _final(notebook, result)
    raise Ended


def _final(notebook: str, result: RunResult) -> State[Any]:
    if result.state is StepState.COMPLETED:
        return Completed(message=UNHEARD)
    problem = error(notebook, result)
    return State(type=FLOW_TYPES[result.state], name=result.state.value, message=str(problem), data=problem)


def skip(current: CurrentFlow, reason: str) -> None:
    """Leave the flow function before anything ran; the run stays in the history, with the reason.

    Raises:
        Ended: always.
    """
    _end(current, _skipped(reason))


def skip_others(current: CurrentFlow, others: Iterable[tuple[FlowRun, str]]) -> None:
    """Skip runs that no worker took, each for its reason; one that was taken meanwhile decides for itself."""
    for run, reason in others:
        current.client.set_flow_run_state(run.id, _skipped(reason))


def _skipped(reason: str) -> State[None]:
    return State(type=StateType.CANCELLED, name=SKIPPED, message=reason)


def _end(current: CurrentFlow, final: State[Any]) -> None:
    current.run.state = propose_state_sync(current.client, final, current.run.id, force=True)
    raise Ended
