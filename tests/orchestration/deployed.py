"""Runs of deployments, as tests wait for them."""

from __future__ import annotations

from datetime import UTC, datetime

from nb2ops.model import Json

OVER = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
ENOUGH, PAUSE = 240, 1.0
BUSY = """
import pathlib, time
pathlib.Path('began').touch()
while not pathlib.Path('end').exists():
    time.sleep(0.1)
"""
"""A cell that goes on until the file `end` is there."""


def due(runs: list[Json]) -> list[Json]:
    return [each for each in runs if each["expected_start_time"] <= datetime.now(UTC).isoformat()]


def over(runs: list[Json]) -> bool:
    return bool(runs) and all(each["state_type"] in OVER for each in runs)
