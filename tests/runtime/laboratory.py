"""Bundles written by hand, runs of them, and a look at what they leave."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil

from nb2ops.model import Json, Modifiers, Parameter, Pipeline, Preload, Role, RunResult, Step, StepCell, StepResult
from nb2ops.runtime.events import read_events
from nb2ops.runtime.supervision import RunPlan, Supervisor
from nb2ops.wire import pipeline_json

KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}


@dataclass(frozen=True)
class Part:
    """A cell of a notebook that is cut by hand: `loads` names variables with the steps they come from."""

    step: str
    source: str
    role: Role = Role.STEP
    tags: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    loads: Mapping[str, str] = field(default_factory=dict)
    modifiers: Modifiers | None = None


def make_bundle(
    folder: Path,
    parts: Sequence[Part],
    *parameters: Parameter,
    kernel: str = "python3",
    preloads: tuple[Preload, ...] = (),
) -> Path:
    """Write the bundle of a notebook named `nb` and return its folder."""
    cells = [
        nbformat.v4.new_code_cell(p.source, id=f"c{i}", metadata={"tags": list(p.tags)}) for i, p in enumerate(parts)
    ]
    steps = [_step(name, parts) for name in dict.fromkeys(part.step for part in parts)]
    bundle = folder / "bundle"
    (bundle / "steps").mkdir(parents=True)
    _write(bundle / "nb.ipynb", cells)
    for step in steps:
        _write(bundle / "steps" / f"{step.name}.ipynb", [cells[cell.index] for cell in step.cells])
    pipeline = Pipeline(
        "nb", "nb", "", "nb.ipynb", "python", kernel, "digest", parameters, tuple(steps), (), preloads=preloads
    )
    (bundle / "pipeline.json").write_text(json.dumps(pipeline_json(pipeline, "0.1.0")))
    return bundle


def _step(name: str, parts: Sequence[Part]) -> Step:
    mine = [(index, part) for index, part in enumerate(parts) if part.step == name]
    return Step(
        name=name,
        cells=tuple(StepCell(index + 1, index, f"c{index}", part.role, part.metrics) for index, part in mine),
        modifiers=next((part.modifiers for _, part in mine if part.modifiers), Modifiers()),
        loads={variable: source for _, part in mine for variable, source in part.loads.items()},
        saves=tuple(dict.fromkeys(v for part in parts for v, source in part.loads.items() if source == name)),
    )


def _write(path: Path, cells: list[Any]) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), path)


@dataclass
class Ran:
    """A finished run and its traces."""

    result: RunResult
    steps: dict[str, StepResult]
    events: list[Json]
    seconds: float

    @property
    def notebook(self) -> Any:
        return nbformat.read(self.result.notebook, as_version=4)

    @property
    def record(self) -> Json:
        return json.loads(Path(self.result.record).read_text())

    def text(self, index: int) -> str:
        """What the cell at that place of the executed notebook shows, streams and results."""
        outputs = self.notebook.cells[index].outputs
        return "".join(o.get("text") or o.get("data", {}).get("text/plain", "") or o.get("evalue", "") for o in outputs)

    def states(self) -> dict[str, str]:
        return {name: step.state.value for name, step in self.steps.items()}


class Lab:
    """Runs bundles in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.supervisor: Supervisor | None = None

    def bundle(self, parts: Sequence[Part], *parameters: Parameter, **options: Any) -> RunPlan:
        bundle = make_bundle(self.folder, parts, *parameters, **options)
        return RunPlan(f"run-{id(self)}", bundle, self.folder / "run", self.folder)

    def run(self, plan: RunPlan, *waves: Sequence[str], act: Callable[[Supervisor, Json], None] | None = None) -> Ran:
        """Run steps in waves, those of one wave at once; `act` is called with every event."""
        supervisor = self.supervisor = Supervisor.start()
        events: list[Json] = []
        begun = time.monotonic()

        def on_event(event: Json) -> None:
            events.append(event)
            if act:
                act(supervisor, event)

        supervisor.begin(plan, on_event)
        results = {}
        with ThreadPoolExecutor(8) as pool:
            for wave in waves:
                results.update(zip(wave, pool.map(supervisor.run_step, wave), strict=True))
        result = supervisor.finish()
        return Ran(result, results, events, time.monotonic() - begun)

    def at_once(self, parts: Sequence[Part], *parameters: Parameter, **changes: Any) -> Ran:
        """Run a notebook step after step."""
        plan = replace(self.bundle(parts, *parameters), **changes)
        return self.run(plan, *[[name] for name in dict.fromkeys(part.step for part in parts)])


def carrying(run: str) -> list[psutil.Process]:
    """Every live process whose environment carries the run's marker."""
    return [process for process in psutil.process_iter() if _marker(process) == run]


def _marker(process: psutil.Process) -> str | None:
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else process.environ().get("NB2OPS_RUN")
    except psutil.Error:
        return None


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until a condition holds and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return found


def logged(folder: Path, event: str) -> list[Json]:
    """The events of that name in a run's folder, as far as they are written."""
    return (
        [each for each in read_events(folder) if each["event"] == event] if (folder / "events.jsonl").exists() else []
    )
