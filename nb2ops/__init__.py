"""Tagged notebook cells become a parameterized Prefect flow.

Importing the package is cheap: what needs Prefect, papermill or nbformat is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nb2ops.orchestration.execution import server
    from nb2ops.orchestration.flows import pipeline
    from nb2ops.orchestration.results import result

__version__ = "0.1.0"
__all__ = ["__version__", "pipeline", "result", "server"]

_HOMES = {
    "pipeline": "nb2ops.orchestration.flows",
    "result": "nb2ops.orchestration.results",
    "server": "nb2ops.orchestration.execution",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nb2ops' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
