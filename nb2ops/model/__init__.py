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

from nb2ops.model.history import Deployment, PastRun, Run, RunPage, Schedule
from nb2ops.model.notebook import Cell, Json, Notebook, Problem, Severity, place
from nb2ops.model.pipeline import (
    SETUP,
    Bundle,
    Edge,
    Joined,
    Modifiers,
    Parameter,
    Pipeline,
    Preload,
    Reason,
    Role,
    Step,
    StepCell,
)
from nb2ops.model.result import Failure, Gate, Metric, RunResult, StepResult, StepState

__all__ = [
    "SETUP",
    "Bundle",
    "Cell",
    "Deployment",
    "Edge",
    "Failure",
    "Gate",
    "Joined",
    "Json",
    "Metric",
    "Modifiers",
    "Notebook",
    "Parameter",
    "PastRun",
    "Pipeline",
    "Preload",
    "Problem",
    "Reason",
    "Role",
    "Run",
    "RunPage",
    "RunResult",
    "Schedule",
    "Severity",
    "Step",
    "StepCell",
    "StepResult",
    "StepState",
    "place",
]
