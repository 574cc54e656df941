"""Tagged notebook cells become a parameterized Prefect flow.

Importing the package is cheap: what needs Prefect, papermill or nbformat is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nb2ops.interface.deployments import deploy
    from nb2ops.interface.notebooks import build, check, verify
    from nb2ops.interface.runs import run, runs
    from nb2ops.orchestration.execution import server
    from nb2ops.orchestration.flows import pipeline
    from nb2ops.orchestration.results import result
    from nb2ops.widgets import ui

__version__ = "0.1.0"
__all__ = ["__version__", "build", "check", "deploy", "pipeline", "result", "run", "runs", "server", "ui", "verify"]

_HOMES = {
    "build": "nb2ops.interface.notebooks",
    "check": "nb2ops.interface.notebooks",
    "deploy": "nb2ops.interface.deployments",
    "pipeline": "nb2ops.orchestration.flows",
    "result": "nb2ops.orchestration.results",
    "run": "nb2ops.interface.runs",
    "runs": "nb2ops.interface.runs",
    "server": "nb2ops.orchestration.execution",
    "ui": "nb2ops.widgets",
    "verify": "nb2ops.interface.notebooks",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nb2ops' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
