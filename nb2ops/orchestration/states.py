"""How a run that has ended is told to Prefect: the type of its state, and one sentence."""

from __future__ import annotations

from nb2ops.model import Failure, Json, RunResult, StepState

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


def place(notebook: str, failure: Failure) -> str:
    """Return a failure as one sentence: where, then what.

    Example:
        >>> place("train.ipynb", Failure(StepState.FAILED, "ValueError: bad", "fit", 7, 2))
        'train.ipynb, cell 7, line 2, step "fit": ValueError: bad'
    """
    where = [notebook]
    if failure.cell is not None:
        where.append(f"cell {failure.cell}")
    if failure.line is not None:
        where.append(f"line {failure.line}")
    if failure.step is not None:
        where.append(f'step "{failure.step}"')
    return f"{', '.join(where)}: {failure.message}"


def sentence(notebook: str, result: RunResult) -> str:
    """Return how a run that did not complete ended."""
    return place(notebook, result.failure) if result.failure else f"{notebook}: the run ended as {result.state}"


def state_json(state: StepState, message: str | None = None) -> Json:
    """Return a state as Prefect's API takes it."""
    return {"type": TYPES[state], "name": state.value, "message": message}
