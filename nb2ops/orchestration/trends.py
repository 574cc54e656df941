"""What a deployment's past runs tell: their metrics, and what the next one takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from nb2ops.errors import Nb2opsError
from nb2ops.model import Deployment, Json
from nb2ops.orchestration.authoring import parameters_json
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.inspecting import run_folders
from nb2ops.orchestration.store import bundle_folder
from nb2ops.runtime.record import RECORD
from nb2ops.wire import read_pipeline

HISTORY = 20
"""Past runs that are looked at."""


@dataclass(frozen=True, slots=True)
class Point:
    """A metric of one run."""

    run: str
    start: str | None
    value: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric in the runs that have it, oldest first."""

    name: str
    points: tuple[Point, ...]


def takes(deployment: Deployment) -> list[Json]:
    """Return what a run of a deployment takes; nothing where its bundle is not on this machine."""
    folder = bundle_folder(deployment.version) if deployment.version else None
    try:
        return parameters_json(read_pipeline(folder).parameters) if folder else []
    except Nb2opsError:
        return []


def trends(connection: Connection, deployment: Deployment) -> tuple[Trend, ...]:
    """Return the metrics of a deployment's past runs whose record is on this machine.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    found: dict[str, list[Point]] = {}
    folders = run_folders(connection, [past.id for past in deployment.history])
    for past in reversed(deployment.history):
        folder = folders.get(past.id)
        for metric in _metrics(folder) if folder else ():
            if metric["kind"] == "number" and isinstance(metric["value"], int | float):
                found.setdefault(metric["name"], []).append(Point(past.id, past.start, metric["value"]))
    return tuple(Trend(name, tuple(points)) for name, points in found.items())


def _metrics(folder: Path) -> list[Json]:
    try:
        record: Json = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    metrics: list[Json] = record["metrics"]
    return metrics
