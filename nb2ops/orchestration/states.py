"""How a run that has ended is told to Prefect: the type of its state, and one sentence."""

from __future__ import annotations

from nb2ops.model import Json, RunResult, StepState

TYPES = {
    StepState.COMPLETED: "COMPLETED",
    StepState.FAILED: "FAILED",
    StepState.REJECTED: "FAILED",
    StepState.TIMED_OUT: "FAILED",
    StepState.CRASHED: "CRASHED",
    StepState.CANCELLED: "CANCELLED",
    StepState.NOT_RUN: "CANCELLED",
}
"""Our states -> Prefect's types of a flow run's state."""
CACHED = "Cached"
"""The name of the state of a step that did not run: the result of an earlier run stands in."""


def sentence(notebook: str, result: RunResult) -> str:
    """Return how a run that did not complete ended."""
    return result.failure.sentence(notebook) if result.failure else f"{notebook}: the run ended as {result.state}"


def state_json(state: StepState, message: str | None = None) -> Json:
    """Return a state as Prefect's API takes it."""
    return {"type": TYPES[state], "name": state.value, "message": message}
