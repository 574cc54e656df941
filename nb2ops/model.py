"""The values of nb2ops: plain, frozen, standard library only.

They walk one way::

    .ipynb -> Notebook -> Pipeline -> [Problem] | Bundle -> files -> Prefect deployment
                          flow run: step notebook -> papermill -> StepResult -> run record

The grammar of tags
-------------------
Tags are the whole input language. A code cell has at most one *role* and any number of *modifiers*::

    role      = "parameters"                            defaults; become the flow's typed parameters
              | "imports" | "functions" | "setup"       runs once, before every step
              | "step:" NAME                            belongs to step NAME
              | "skip"                                  not part of the pipeline
              | "metrics"                               belongs to its step; its scalars are the run's metrics
              | "gate"                                  belongs to its step; its asserts are quality gates
    modifier  = "after:" NAME                           the step waits for step NAME
              | "retries:" N | "retry-delay:" DURATION  the step is tried again
              | "timeout:" DURATION                     the step may take this long
              | "memory:" SIZE                          the step may use this much
              | "cache:off"                             the step always runs
              | "keeps:" VAR                            the step does not change VAR in place
    NAME      = letter or digit, then letters, digits, "-", "_"
    DURATION  = number ("s" | "m" | "h" | "d")
    SIZE      = number ("K" | "M" | "G" | "T")

A code cell without a role belongs to the last step before it, or to `setup` where there is none.
Kale's words mean the same here: `block:` is `step:`, `prev:` is `after:`, `pipeline-parameters` is
`parameters`, `pipeline-metrics` is `metrics`.

Cell N is the number that the prompt shows after Restart and Run All: 1-based over the code cells that
hold anything. `index` is 0-based over all cells of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Json = dict[str, Any]
SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a notebook, outputs and execution count left out.

    Attributes:
        index: position in the file, 0-based over all cells.
        id: nbformat's cell id; one derived from the position where the file has none.
        kind: "code", "markdown" or "raw".
        source: the text as written.
        tags: the cell's tags, in order.
        number: the prompt number of a code cell that is not empty, else None.
        metadata: the cell's metadata as written, tags included.
    """

    index: int
    id: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    number: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_code(self) -> bool:
        """Whether the cell is part of what Run All executes."""
        return self.number is not None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as read: what its author wrote, without what running it left behind.

    Attributes:
        name: the file's name without its ending.
        cells: all cells, in order.
        language: the kernel's language, "python" where the file does not say.
        kernel: the kernelspec's name, None where the file does not say.
        metadata: the notebook's metadata as written.
    """

    name: str
    cells: tuple[Cell, ...]
    language: str = "python"
    kernel: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells that hold anything, in order."""
        return tuple(cell for cell in self.cells if cell.is_code)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The notebook's own settings: metadata key `nb2ops`."""
        found = self.metadata.get("nb2ops", {})
        return found if isinstance(found, Mapping) else {}


class Severity(StrEnum):
    """What a problem does: an error stops the build, a warning may surprise, a notice tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


def place(notebook: str, cell: int | None, line: int | None, step: str | None) -> str:
    """Return a place in words.

    Example:
        >>> place("train.ipynb", 7, 2, "fit")
        'train.ipynb, cell 7, line 2, step "fit"'
    """
    parts = [
        notebook,
        None if cell is None else f"cell {cell}",
        None if line is None else f"line {line}",
        None if step is None else f'step "{step}"',
    ]
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a notebook: where, what, and what to do now.

    Example:
        >>> print(Problem("NB104", 'uses "df", which no earlier cell defines.', "train.ipynb", 7, 2, "fit"))
        train.ipynb, cell 7, line 2, step "fit": uses "df", which no earlier cell defines. [NB104]
    """

    code: str
    message: str
    notebook: str
    cell: int | None = None
    line: int | None = None
    step: str | None = None
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        where = place(self.notebook, self.cell, self.line, self.step)
        return f"{where}: {self.message}{hint} [{self.code}]"


class Role(StrEnum):
    """What a code cell is for."""

    PARAMETERS = "parameters"
    SETUP = "setup"
    STEP = "step"
    SKIP = "skip"
    METRICS = "metrics"
    GATE = "gate"
    CONTINUES = "continues"


@dataclass(frozen=True, slots=True)
class Modifiers:
    """What the author says about a step beyond its code.

    Attributes:
        after: steps that this one waits for.
        retries: how often a failed step is tried again.
        retry_delay: seconds between tries.
        timeout: seconds that the step may take.
        memory: bytes that the step may use.
        cache: whether an earlier result may stand in.
        keeps: variables that the step does not change in place ("random" for the random state).
    """

    after: tuple[str, ...] = ()
    retries: int | None = None
    retry_delay: float | None = None
    timeout: float | None = None
    memory: int | None = None
    cache: bool = True
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the flow, read from the `parameters` cell.

    Attributes:
        name: the variable.
        type: the annotation as written, or the one that the default implies ("int", "list", "Any", ...).
        default: the default's source text, for example `"0.5"` or `"date(2024, 1, 1)"`.
        value: the default as JSON, None for one that JSON does not hold.
        help: the trailing comment.
        computed: the default is not a literal: the cell computes it and the flow cannot show it.
        annotated: the author wrote the type.
        secret: the Secret block that holds the value (`# secret: BLOCK`).
        cell: number of the parameters cell.
        line: line of the assignment in that cell.
    """

    name: str
    type: str
    default: str
    value: Any = None
    help: str = ""
    computed: bool = False
    annotated: bool = False
    secret: str | None = None
    cell: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True)
class StepCell:
    """A cell as part of a step.

    Attributes:
        cell, index, id: the three names of the cell (see `Cell`).
        role: why the cell is in the step.
        metrics: the names whose scalars are metrics (role METRICS).
    """

    cell: int
    index: int
    id: str
    role: Role
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A group of cells that runs in one kernel.

    Attributes:
        name: unique in the pipeline; later parts of a divided step are `fit.2`, `fit.3`.
        cells: what runs, in notebook order.
        modifiers: what the author says about it.
        loads: variable -> the step that hands it over.
        saves: variables that later steps take from this one.
        restores: pseudo-variable ("random", "settings", "directory", "environment", "path", "modules") -> the
            step whose state this one continues.
        captures: pseudo-variables that later steps continue from this one.
        everything: a cell cannot be analysed: the step receives every live variable and hands over all it has.
        staying: those of `saves` that cannot leave the step's kernel, as far as the analysis can tell -> why.
        deletes: variables that are gone after the step.
    """

    name: str
    cells: tuple[StepCell, ...]
    modifiers: Modifiers = Modifiers()
    loads: Mapping[str, str] = field(default_factory=dict)
    saves: tuple[str, ...] = ()
    restores: Mapping[str, str] = field(default_factory=dict)
    captures: tuple[str, ...] = ()
    everything: bool = False
    staying: Mapping[str, str] = field(default_factory=dict)
    deletes: tuple[str, ...] = ()


ReasonKind = Literal["variable", "state", "world", "gate", "after", "opaque", "kernel"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one step waits for another, as a sentence about two cells.

    Attributes:
        kind: "variable" (data), "state" (random state, settings, ...), "world" (files, network, ...),
            "gate", "after" (stated by the author), "opaque" (nobody can know) or "kernel" (joined steps).
        name: the variable, pseudo-variable, path or step.
        text: for example `cell 7 reads "df", changed in cell 5`.
    """

    kind: ReasonKind
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Edge:
    """`downstream` waits for `upstream`, with every reason."""

    upstream: str
    downstream: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Steps that run in one kernel, one after the other: a variable that one hands to another cannot leave it.

    Attributes:
        steps: in the order in which they run.
        reasons: which variables of which steps, and why they cannot leave.
    """

    steps: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Preload:
    """An import that kernels of later steps may find done.

    Attributes:
        statement: for example `import pandas as pd`.
        index: the cell that holds it, 0-based over all cells.
    """

    statement: str
    index: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A notebook understood: parameters, steps in notebook order, and why each waits for others.

    Attributes:
        name: the flow's name.
        title: the first heading of the notebook, or its name.
        description: the first paragraph below it.
        notebook: the file's name.
        language, kernel: see `Notebook`.
        digest: blake3 of what the author wrote (cells and tags, not outputs).
        parameters, steps, edges: the pipeline.
        joined: steps that will run in one kernel, as far as the analysis can tell; a run may find more.
        preloads: imports that may be done ahead, in notebook order.
    """

    name: str
    title: str
    description: str
    notebook: str
    language: str
    kernel: str | None
    digest: str
    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    joined: tuple[Joined, ...] = ()
    preloads: tuple[Preload, ...] = ()

    def upstream(self, step: str) -> tuple[str, ...]:
        """The steps that `step` waits for, in notebook order."""
        found = {edge.upstream for edge in self.edges if edge.downstream == step}
        return tuple(each.name for each in self.steps if each.name in found)

    def step(self, name: str) -> Step:
        """The step of that name.

        Raises:
            KeyError: there is none.
        """
        for each in self.steps:
            if each.name == name:
                return each
        raise KeyError(name)

    @property
    def parameters_step(self) -> Step | None:
        """The step that holds the `parameters` cell, None where no cell has that tag."""
        for each in self.steps:
            if any(cell.role is Role.PARAMETERS for cell in each.cells):
                return each
        return None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What `build` writes: relative path with `/` -> content.

    The bytes depend on the notebook, its local modules and the version of nb2ops only.
    """

    pipeline: Pipeline
    files: Mapping[str, bytes]
    digest: str


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


@dataclass(frozen=True, slots=True)
class Run:
    """A flow run in the history: Prefect's state and time, with the way to our record.

    Attributes:
        id: Prefect's flow run id.
        name: Prefect's name of the run ("amber-fox").
        flow: the flow's name, which is the notebook's.
        notebook: path of the source notebook, None where unknown.
        deployment: name of the deployment, None for a run by hand.
        state: Prefect's state name.
        cause: "schedule", "hand" or "deployment" (a run of a deployment started by somebody).
        start, end, expected: times as ISO 8601 with offset, None where not there yet.
        seconds: wall time so far.
        message: Prefect's message of the state.
        url: the run's page in Prefect's own UI.
    """

    id: str
    name: str
    flow: str
    state: str
    notebook: str | None = None
    deployment: str | None = None
    cause: str = "hand"
    start: str | None = None
    end: str | None = None
    expected: str | None = None
    seconds: float | None = None
    message: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, newest first; `next` is the cursor of the page after it, None on the last."""

    runs: tuple[Run, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a deployment runs, and with what: exactly one of `cron`, `interval` and `rrule` is set.

    Attributes:
        cron: an expression of five fields.
        interval: seconds between two runs.
        rrule: a recurrence rule (RFC 5545).
        timezone: an IANA name.
        active: whether it fires.
        parameters: values for its runs in place of the deployment's.
    """

    cron: str | None = None
    interval: float | None = None
    timezone: str = "UTC"
    active: bool = True
    rrule: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A notebook that Prefect runs on a schedule.

    Attributes:
        id: Prefect's id.
        name: unique for the flow.
        flow: the flow's name.
        notebook: path of the source notebook where it was deployed.
        version: the bundle's digest.
        pool: work pool.
        paused: no schedule fires.
        schedules: when it runs.
        next_run: ISO 8601 with offset, None where nothing is scheduled.
        last_run: the newest run that started.
        workers_online: workers of the pool with a fresh heartbeat.
        owner: who deployed it, None where nb2ops did not make it.
        project: the project that the notebook belongs to.
        commit: git's commit of the deployed content, followed by "+changes" where it differed; None without git.
        changed: whether the notebook is no longer what was deployed; None where it cannot be read from here.
        parameters: values in place of the notebook's defaults.
    """

    id: str
    name: str
    flow: str
    notebook: str | None
    version: str | None
    pool: str | None
    paused: bool
    schedules: tuple[Schedule, ...] = ()
    next_run: str | None = None
    last_run: Run | None = None
    workers_online: int = 0
    owner: str | None = None
    project: str | None = None
    commit: str | None = None
    changed: bool | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
