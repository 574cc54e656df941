"""What became of a run: steps, failures, metrics, gates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nb2ops.model.notebook import place


class StepState(StrEnum):
    """How a step or a cell stands. The words are Prefect's where it has them."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    REJECTED = "Rejected"
    CRASHED = "Crashed"
    TIMED_OUT = "TimedOut"
    CANCELLED = "Cancelled"
    NOT_RUN = "NotRun"


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, and where.

    Attributes:
        kind: the state that it leads to.
        message: one line.
        step, cell, line: where; None where it was not in a cell.
        ename, evalue: the exception's class and text.
        traceback: as the notebook shows it, without colour codes.
    """

    kind: StepState
    message: str
    step: str | None = None
    cell: int | None = None
    line: int | None = None
    ename: str | None = None
    evalue: str | None = None
    traceback: str = ""

    def sentence(self, notebook: str) -> str:
        """Return it as one sentence: where, then what.

        Example:
            >>> Failure(StepState.FAILED, "ValueError: bad", "fit", 7, 2).sentence("train.ipynb")
            'train.ipynb, cell 7, line 2, step "fit": ValueError: bad'
        """
        return f"{place(notebook, self.cell, self.line, self.step)}: {self.message}"


@dataclass(frozen=True, slots=True)
class Metric:
    """A scalar of a `metrics` cell. `kind` is "number", "boolean" or "text"."""

    name: str
    value: float | int | bool | str | None
    kind: str
    step: str
    cell: int


@dataclass(frozen=True, slots=True)
class Gate:
    """One assert of a `gate` cell, each side evaluated once.

    Attributes:
        text: the condition's source.
        passed: None where the notebook ended before it.
        operator, left, right: the comparison (`left` and `right` as shown), None for other conditions.
    """

    text: str
    passed: bool | None
    step: str
    cell: int
    line: int
    operator: str | None = None
    left: str | None = None
    right: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended.

    Attributes:
        seconds: wall time.
        cells_done: how many cells finished.
        joined: the steps that ran before it in the same kernel.
        repeatable: whether the step may be tried again; not where other steps ran in its kernel before.
        cached: the run that computed this result, where an earlier one stands in; None where the step ran.
    """

    step: str
    state: StepState
    seconds: float = 0.0
    cells_done: int = 0
    failure: Failure | None = None
    metrics: tuple[Metric, ...] = ()
    gates: tuple[Gate, ...] = ()
    warnings: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    repeatable: bool = True
    cached: str | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run as the command line, the widget and tests see it.

    Attributes:
        run: nb2ops's id of the run.
        flow_run: Prefect's id, None where Prefect never knew it.
        state: how the run ended.
        steps: one result per step, in notebook order; a step that never started is NOT_RUN.
        notebook: path of the executed notebook, None where none could be written.
        record: path of `record.json`.
        warnings: what went wrong beside the run itself.
        signal: the signal that ended the run, None where none did.
    """

    run: str
    flow_run: str | None
    name: str
    state: StepState
    steps: tuple[StepResult, ...]
    seconds: float
    notebook: str | None = None
    record: str | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    signal: int | None = None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Every step's metrics, in notebook order."""
        return tuple(metric for step in self.steps for metric in step.metrics)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Every step's gates, in notebook order."""
        return tuple(gate for step in self.steps for gate in step.gates)
