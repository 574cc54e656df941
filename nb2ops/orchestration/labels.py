"""How nb2ops marks its flow runs and deployments in Prefect, so that the history can name the notebook.

Labels and environment carry the exact path; a tag carries the file's name, because Prefect filters by tags and
shows them in its own UI.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from nb2ops.model import Json
from nb2ops.orchestration.options import NOTEBOOK_VARIABLE

NOTEBOOK = "nb2ops.notebook"
VERSION = "nb2ops.version"
RUN = "nb2ops.run"
FOLDER = "nb2ops.folder"
STORAGE = "nb2ops.storage"
MACHINE = "nb2ops.machine"
PROCESS = "nb2ops.process"
LEASE = "nb2ops.lease"
CAUSE = "nb2ops.cause"
DATA = "data"
VERIFY = "verify"
SWEEP = "sweep"
"""The causes that stand in the label; the others are seen from the run."""
CHANGED = "nb2ops.changed"
"""The files whose content started the run, in words."""
NOTIFIED = "nb2ops.notified"
"""Which try of the run was told of, and what became of the message."""
PINS_VARIABLE = "NB2OPS_PINS"
SECRETS_VARIABLE = "NB2OPS_SECRETS"
"""In a deployment's environment: which parameters are secrets, `token=api-token key=other`."""


def notebook_tag(notebook: str) -> str:
    """Return the tag of everything that stems from a notebook.

    Example:
        >>> notebook_tag("/home/ada/reports/sales.ipynb")
        'notebook:sales.ipynb'
    """
    return f"notebook:{PurePath(notebook).name}"


def sweep_tag(sweep: str) -> str:
    """Return the tag of every run of a sweep.

    Example:
        >>> sweep_tag("20261128T060000-1f2e3d4c")
        'sweep:20261128T060000-1f2e3d4c'
    """
    return f"sweep:{sweep}"


def text(labels: Mapping[str, Any] | None, name: str) -> str | None:
    """Return the value of a label as text, None where it is missing."""
    value = (labels or {}).get(name)
    return None if value is None else str(value)


def notebook_of(deployment: Json | None) -> str | None:
    """Return the source notebook of a deployment as Prefect lists it, None where nb2ops did not make it."""
    return text(environment_of(deployment), NOTEBOOK_VARIABLE)


def environment_of(deployment: Json | None) -> Mapping[str, str]:
    """Return what a deployment, as Prefect lists it, gives to its flow processes."""
    return ((deployment or {}).get("job_variables") or {}).get("env") or {}


def naming_secrets(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what says in a deployment's environment which parameters are secrets; nothing where none is."""
    return {SECRETS_VARIABLE: " ".join(f"{name}={block}" for name, block in secrets.items())} if secrets else {}


def secrets_of(deployment: Json | None) -> dict[str, str]:
    """Return parameter -> Secret block of a deployment as Prefect lists it."""
    pairs = (each.partition("=") for each in environment_of(deployment).get(SECRETS_VARIABLE, "").split())
    return {name: block for name, _, block in pairs}


def cause(labels: Mapping[str, Any] | None, *, scheduled: bool, deployed: bool) -> str:
    """Return why a run is there: "data", "verify", "schedule", "deployment" (somebody started one) or "hand".

    "sweep" is the run that a sweep's own runs belong to.
    """
    told = text(labels, CAUSE)
    if told in (DATA, VERIFY, SWEEP):
        return told
    if scheduled:
        return "schedule"
    return "deployment" if deployed else "hand"


def step_of(task: Json) -> str:
    """Return the step of a task run, whose own name Prefect knows only once it has heard that it began.

    Example:
        >>> step_of({"name": "fit-6fc", "task_key": "fit-af60ccb7"})
        'fit'
    """
    return str(task["task_key"]).rpartition("-")[0] or str(task["name"])
