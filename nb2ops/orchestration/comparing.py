"""Two runs side by side: parameters, metrics, steps, environment, cells with what they show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nb2ops.comparison.versions import CellPair, pair_cells
from nb2ops.model import Json
from nb2ops.runtime.record import RECORD
from nb2ops.runtime.stitching import INJECTED

OUTPUT_LIMIT = 1_000_000
"""Characters of a cell's outputs, as JSON; larger ones are left out."""
ENVIRONMENT = ("interpreter", "language_version", "platform")
Values = Mapping[str, Any]


def compare_records(first: Path | None, second: Path | None) -> Json:
    """Return what two runs have in common and what not.

    Args:
        first: the folder of its record, None where that is not on this machine.
        second: the same of the other run.
    """
    folders = (first, second)
    records = [_read(each / RECORD) if each else None for each in folders]
    left, right = (each or {} for each in records)
    metrics = [
        {(each["step"], each["name"]): each["value"] for each in found.get("metrics", ())} for found in (left, right)
    ]
    steps = [{each["name"]: each for each in found.get("steps", ())} for found in (left, right)]
    return {
        "parameters": _values(
            *({each["name"]: each["value"] for each in found.get("parameters", ())} for found in (left, right))
        ),
        "metrics": [
            _metric(key, *(each.get(key) for each in metrics)) for key in dict.fromkeys((*metrics[0], *metrics[1]))
        ],
        "steps": [_step(name, *(each.get(name) for each in steps)) for name in dict.fromkeys((*steps[0], *steps[1]))],
        "environment": _changed(_environment(left), _environment(right)),
        "cells": _cells(folders, left, right),
        "notices": [_NOTICES[place] for place, found in enumerate(records) if found is None],
    }


_NOTICES = (
    "The record of the first run is not on this machine.",
    "The record of the second run is not on this machine.",
)


def _read(path: Path) -> Json | None:
    try:
        found: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _values(first: Values, second: Values) -> list[Json]:
    return [_value(name, first.get(name), second.get(name)) for name in dict.fromkeys((*first, *second))]


def _value(name: str, first: Any, second: Any) -> Json:
    return {"name": name, "values": [first, second], "same": json.dumps(first) == json.dumps(second)}


def _metric(key: tuple[str, str], first: Any, second: Any) -> Json:
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (first, second))
    difference = second - first if numbers else None
    return {**_value(key[1], first, second), "step": key[0], "difference": difference}


def _step(name: str, first: Json | None, second: Json | None) -> Json:
    known = (first, second)
    return {
        "name": name,
        "states": [each and each["state"] for each in known],
        "seconds": [each["seconds"] if each and each["start"] else None for each in known],
    }


def _environment(record: Json) -> Values:
    known = record.get("environment") or {}
    told = {name: known.get(name) for name in ENVIRONMENT if name in known}
    return {**told, **(known.get("distributions") or {})}


def _changed(first: Values, second: Values) -> list[Json]:
    """Return what both have in different versions; what only one has loaded, for a traceback say, is no difference."""
    return [each for each in _values(first, second) if None not in each["values"] and not each["same"]]


def _cells(folders: tuple[Path | None, Path | None], *records: Json) -> list[Json]:
    """Return the cells of both notebooks; none where one of them is not here."""
    notebooks = [_notebook(folder, record) for folder, record in zip(folders, records, strict=True)]
    if notebooks[0] is None or notebooks[1] is None:
        return []
    places = [
        {cell["id"]: (cell, step["name"]) for step in each["steps"] for cell in step["cells"]} for each in records
    ]
    pairs = pair_cells(notebooks[0], notebooks[1])
    return [
        _cell(pair, [each.get(pair.id) for each in places]) for pair in pairs if any(pair.id in each for each in places)
    ]


def _notebook(folder: Path | None, record: Json) -> Json | None:
    """Return the executed notebook without the cell that holds the given parameters."""
    found = _read(folder / record["run"]["bundle"]["notebook"]) if folder and record else None
    if found:
        found["cells"] = [each for each in found["cells"] if INJECTED not in each["metadata"].get("tags", ())]
    return found


def _cell(pair: CellPair, places: list[tuple[Json, str] | None]) -> Json:
    differs = pair.source != "same" or pair.shown != "same"
    return {
        "cells": [each and each[0]["cell"] for each in places],
        "indexes": [each and each[0]["index"] for each in places],
        "id": pair.id,
        "steps": [each and each[1] for each in places],
        "source": pair.source,
        "shown": pair.shown,
        "sources": [each and "".join(each["source"]) for each in pair.cells] if pair.source != "same" else None,
        "outputs": [each and _outputs(each) for each in pair.cells] if differs else None,
        "parts": [{"place": place, "values": [first, second]} for place, first, second in pair.parts],
    }


def _outputs(cell: Json) -> list[Json] | None:
    outputs: list[Json] = cell["outputs"]
    return outputs if len(json.dumps(outputs)) <= OUTPUT_LIMIT else None
