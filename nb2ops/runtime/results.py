"""What the in-kernel side reports of a step, as values of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nb2ops.model import Failure, Gate, Json, Metric, Step, StepState
from nb2ops.runtime.failures import number_of
from nb2ops.runtime.script import CellError


def metrics(step: Step, report: Json) -> tuple[Metric, ...]:
    """Return the metrics of a step."""
    return tuple(
        Metric(each["name"], each["value"], each["kind"], step.name, _number(step, each))
        for each in report.get("metrics", ())
    )


def gates(step: Step, report: Json) -> tuple[Gate, ...]:
    """Return the quality gates of a step."""
    return tuple(
        Gate(
            text=each["text"],
            passed=each["passed"],
            step=step.name,
            cell=_number(step, each),
            line=each["line"],
            operator=each["operator"],
            left=each["left"],
            right=each["right"],
            message=each["message"],
        )
        for each in report.get("gates", ())
    )


def red_gate(step: Step, error: CellError, found: tuple[Gate, ...]) -> Gate | None:
    """Return the gate whose assert an exception is, None for a defect of the code."""
    if error.ename != "AssertionError":
        return None
    cell = number_of(step, error.cell)
    return next((gate for gate in found if gate.passed is False and gate.cell == cell), None)


def rejection(gate: Gate, failure: Failure) -> Failure:
    """Return a failure as what it is: a quality gate that is red, with both sides of its comparison."""
    values = f" ({gate.left} {gate.operator} {gate.right})" if gate.operator else ""
    said = f": {gate.message}" if gate.message else ""
    return replace(failure, kind=StepState.REJECTED, message=f"gate {gate.text} is red{values}{said}")


def not_tried_again(step: Step, joined: Sequence[str]) -> tuple[str, ...]:
    """Return the warning that a step which failed wants, if it was to be tried again and cannot be."""
    if not step.modifiers.retries or not joined:
        return ()
    text = (
        f'Step "{step.name}" is not tried again: it ran in the kernel of step "{joined[0]}" and has changed it. '
        "Give both steps one name to have them tried again together."
    )
    return (text,)


def lingering(step: Step, said: str | None) -> tuple[str, ...]:
    """Return the warning that threads want which still ran when the step's kernel left."""
    if said is None:
        return ()
    return (
        f'Step "{step.name}": {said}, and was not waited for any longer. Have a cell wait for it: `thread.join()`.',
    )


def _number(step: Step, data: Json) -> int:
    number = number_of(step, data["cell_id"])
    assert number is not None  # the job named the step's own cells
    return number
