"""A notebook as a pipeline: steps, edges, parameters, and the files that they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

SETUP = "setup"


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
        type: the annotation as written, or the one that the default implies ("int", "list", "Any", ...); a range that
            the comment states becomes part of it ("Annotated[int, Field(ge=1, le=10)]").
        default: the default's source text, for example `"0.5"` or `"date(2024, 1, 1)"`.
        value: the default as JSON, None for one that JSON does not hold.
        help: the trailing comment, without a range.
        computed: the default is not a literal: the cell computes it and the flow cannot show it.
        annotated: the author wrote the type.
        secret: the Secret block that holds the value (`# secret: BLOCK`); then nothing is known of the default.
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
        seeds: the random generators that it seeds before anything else ("random", "numpy", "numpy=NAME").
    """

    cell: int
    index: int
    id: str
    role: Role
    metrics: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()


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
        doubts: why an earlier result of the step may not stand in for it, as far as its code tells.
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
    doubts: tuple[str, ...] = ()


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
        plain: nothing stands before it that could tell whether it is done: its own step may find it done too.
    """

    statement: str
    index: int
    plain: bool = False


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
    def secrets(self) -> Mapping[str, str]:
        """Parameter -> the Secret block that holds its value."""
        return {each.name: each.secret for each in self.parameters if each.secret}

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
