"""An earlier run that did not come to its end: which of its steps need not run again.

The run's own folder is the store. What its author wants is to go on, so that doubts about clocks and networks do not
count; code, parameters, inputs and files must still be the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nb2ops.model import Json, Step, StepResult, StepState
from nb2ops.runtime import files, handover, record
from nb2ops.runtime.events import read_events
from nb2ops.runtime.provenance import content_digest

FACTS = ("cell-started", "cell-finished", "cell-shown")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a step of an earlier run left.

    Attributes:
        run: the run that computed it.
        cells: the events of its cells.
        traced: what was found out about its files and packages.
    """

    run: str
    result: StepResult
    report: Json
    cells: list[Json]
    traced: Json


class Earlier:
    """An earlier run, by its folder.

    Args:
        folder: with its events.

    Raises:
        OSError: there are none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events = list(read_events(folder))
        self._record = record.fold(self._events)
        self._results = {each.step: each for each in record.result_of(self._record, None).steps}
        self._steps = {each["name"]: each for each in self._record["steps"]}

    def keys(self, step: Step) -> Mapping[str, str] | None:
        """Return the parts of a step's key in that run, None where it has none."""
        found: Mapping[str, str] | None = self._steps.get(step.name, {}).get("cache", {}).get("key")
        return found

    def obstacle(self, step: Step) -> str | None:
        """Return why what a step left cannot be used whatever its key, None where it can."""
        known, result = self._steps.get(step.name), self._results.get(step.name)
        if known is None or result is None or result.state is not StepState.COMPLETED:
            return "it did not complete in the run that is resumed"
        if known["uncrossable"] or known["joined"]["steps"]:
            return "what it hands over cannot leave its kernel"
        return next(self._changes(step.name), None)

    def _changes(self, step: str) -> Iterator[str]:
        """What has become of the files of a step; one that the run itself wrote is another step's business to read."""
        written = {file["resolved"] for file in self._record["outputs"]}
        for file in self._record["outputs"]:
            if file["step"] == step and content_digest(file["resolved"]) != file["digest"]:
                yield f"{file['path']}, which it wrote, has changed"
        for file in self._record["inputs"]:
            known = file["digest"] is not None and file["resolved"] not in written
            if file["step"] == step and known and content_digest(file["resolved"]) != file["digest"]:
                yield f"{file['path']} has changed"

    def take(self, step: Step, folder: Path) -> Kept:
        """Put what a step left into another run's folder.

        Raises:
            OSError, ValueError: something of it is gone.
        """
        source, target = (handover.pack(each, step.name) for each in (self._folder, folder))
        target.parent.mkdir(parents=True, exist_ok=True, mode=files.PRIVATE_FOLDER)
        files.copy(source, target)
        notebook = Path("steps") / f"{step.name}.ipynb"
        files.copy(self._folder / notebook, folder / notebook)
        for cell in step.cells:
            text = Path("outputs") / f"cell-{cell.cell}.txt"
            if (self._folder / text).exists():
                (folder / text).parent.mkdir(exist_ok=True)
                shutil.copyfile(self._folder / text, folder / text)
        report = json.loads(handover.report(self._folder, step.name).read_text(encoding="utf-8"))
        mine = [event for event in self._events if event.get("step") == step.name]
        run = self._steps[step.name]["cache"].get("run") or self._record["run"]["id"]
        return Kept(run, self._results[step.name], report, _cells(mine), _traced(mine))


def _cells(events: list[Json]) -> list[Json]:
    """The events of a step's cells in its last try, or those that came with an earlier result."""
    found: list[Json] = []
    for event in events:
        if event["event"] == "step-started":
            found = []
        elif event["event"] == "step-reused":
            found = event["cells"]
        elif event["event"] in FACTS:
            found.append(event)
    return found


def _traced(events: list[Json]) -> Json:
    last: Json = next((event for event in reversed(events) if event["event"] == "step-traced"), {})
    return {"files": last.get("files", []), "distributions": last.get("distributions", {})}
