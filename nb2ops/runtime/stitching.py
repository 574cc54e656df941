"""The executed notebook: the source notebook with the outputs of the steps that ran.

Works on JSON alone, so that whoever finds a crashed run can do it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from nb2ops.model import Json, Pipeline
from nb2ops.runtime import displays, files

INJECTED = "injected-parameters"
_WIDGETS = "application/vnd.jupyter.widget-state+json"
_NOTES = ("papermill", "execution")
"""What papermill and nbclient note in a cell's metadata."""


def stitch(source: Json, pipeline: Pipeline, steps: Iterable[Json]) -> Json:
    """Return the source notebook with what its executed steps show; cells that did not run stay without outputs.

    Args:
        source: the notebook without outputs.
        pipeline: says which cell is whose.
        steps: executed step notebooks, in notebook order.
    """
    executed = list(steps)
    displays.rewrite(executed)
    ran = {cell["id"]: cell for step in executed for cell in step["cells"] if _has_run(cell)}
    places = {cell.index: cell.id for step in pipeline.steps for cell in step.cells}
    injected = {_before(step, cell): cell for step in executed for cell in step["cells"] if _is_injected(cell)}
    cells: list[Json] = []
    for index, cell in enumerate(source["cells"]):
        name = places.get(index)
        cells.append(_merge(cell, ran.get(name)))
        if name in injected:
            cells.append(injected[name])
    return {**source, "metadata": _metadata(source["metadata"], executed), "cells": cells}


def write_stitched(bundle: Path, pipeline: Pipeline, folder: Path) -> Path:
    """Write a run's executed notebook into its folder and return its path.

    Raises:
        OSError: it could not be written; no part of it is left.
    """
    found = (folder / "steps" / f"{step.name}.ipynb" for step in pipeline.steps)
    target = folder / pipeline.notebook
    executed = [_read(path) for path in found if path.exists()]
    files.write_json(target, stitch(_read(bundle / pipeline.notebook), pipeline, executed))
    return target


def _read(path: Path) -> Json:
    notebook: Json = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _has_run(cell: Json) -> bool:
    return bool(cell["metadata"].get("papermill", {}).get("start_time"))


def _is_injected(cell: Json) -> bool:
    return INJECTED in cell["metadata"].get("tags", ()) and _has_run(cell)


def _before(step: Json, injected: Json) -> str:
    """The id of the cell that stands before the injected one."""
    place = step["cells"].index(injected)
    return str(step["cells"][place - 1]["id"])


def _merge(cell: Json, executed: Json | None) -> Json:
    if executed is None:
        return cell
    notes = {name: executed["metadata"][name] for name in _NOTES if name in executed["metadata"]}
    shown = {"execution_count": executed["execution_count"], "outputs": executed["outputs"]}
    return {**cell, "metadata": {**cell["metadata"], **notes}, **shown}


def _metadata(metadata: Json, executed: list[Json]) -> Json:
    merged = dict(metadata)
    for step in executed:
        merged |= {name: step["metadata"][name] for name in ("language_info",) if step["metadata"].get(name)}
    papermill = _papermill([step["metadata"].get("papermill", {}) for step in executed])
    widgets = _widgets([step["metadata"].get("widgets", {}).get(_WIDGETS) for step in executed])
    return {**merged, **({"papermill": papermill} if executed else {}), **({"widgets": widgets} if widgets else {})}


def _papermill(notes: list[Json]) -> Json:
    """The notes of all steps as one run of papermill would have made them."""
    starts = [note["start_time"] for note in notes if note.get("start_time")]
    ends = [note["end_time"] for note in notes if note.get("end_time")]
    return {
        "parameters": {name: value for note in notes for name, value in note.get("parameters", {}).items()},
        "start_time": min(starts, default=None),
        "end_time": max(ends, default=None),
        "exception": any(note.get("exception") for note in notes) or None,
        "version": next((note["version"] for note in notes if "version" in note), None),
    }


def _widgets(states: list[Json | None]) -> Json:
    """The widgets of all kernels in one; their model ids are unique."""
    known = [state for state in states if state]
    models = {name: model for state in known for name, model in state["state"].items()}
    return {_WIDGETS: {**known[-1], "state": models}} if known else {}
