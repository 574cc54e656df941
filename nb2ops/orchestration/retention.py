"""How long runs are kept: said on the command line, in the environment, or in `[tool.nb2ops]` of the project."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nb2ops.compiler.settings import read_project
from nb2ops.errors import UsageError

DAYS_VARIABLE = "NB2OPS_KEEP_DAYS"
RUNS_VARIABLE = "NB2OPS_KEEP_RUNS"


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept: a run goes when it is older than `days` and `runs` newer ones of its notebook are there.

    Attributes:
        days: age of a run, counted from when it was to begin.
        runs: how many of each notebook stay, however old.
    """

    days: int = 30
    runs: int = 20


def retention(
    days: int | None, runs: int | None, folder: Path, environment: Mapping[str, str] = os.environ
) -> Retention:
    """Return what holds: what is said, else the environment, else the project of a folder, else the default.

    Raises:
        UsageError: a number is none, or negative.

    Example:
        >>> retention(7, None, Path("/"), {"NB2OPS_KEEP_RUNS": "3"})
        Retention(days=7, runs=3)
    """
    project, default = read_project(folder), Retention()
    return Retention(
        _first(
            ("--keep-days", days),
            (DAYS_VARIABLE, environment.get(DAYS_VARIABLE)),
            (f"{project.file}: [tool.nb2ops] keep-days", project.settings.get("keep-days")),
            ("default", default.days),
        ),
        _first(
            ("--keep-runs", runs),
            (RUNS_VARIABLE, environment.get(RUNS_VARIABLE)),
            (f"{project.file}: [tool.nb2ops] keep-runs", project.settings.get("keep-runs")),
            ("default", default.runs),
        ),
    )


def _first(*said: tuple[str, Any]) -> int:
    where, value = next((where, value) for where, value in said if value is not None)
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if number < 0:
        raise UsageError(f"{where}: {value!r} is not a number of days or runs, 0 or more.")
    return number
