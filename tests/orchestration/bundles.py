"""Bundle folders as `build` writes them, from a few lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nb2ops
from nb2ops.model import Edge, Modifiers, Parameter, Pipeline, Reason, Role, Step, StepCell
from nb2ops.wire import pipeline_json

NOTHING = Modifiers()


@dataclass(frozen=True)
class Part:
    """A step of a test's notebook: one code cell per source."""

    name: str
    sources: Sequence[str]
    after: Sequence[str] = ()
    loads: Mapping[str, str] | None = None
    role: Role = Role.STEP
    modifiers: Modifiers = NOTHING
    metrics: Sequence[str] = ()


def write_bundle(folder: Path, *parts: Part, name: str = "tiny", parameters: Sequence[Parameter] = ()) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = _pipeline(name, parts, parameters)
    cells = {part.name: _code_cells(part, step) for part, step in zip(parts, pipeline.steps, strict=True)}
    _write(folder / "pipeline.json", pipeline_json(pipeline, nb2ops.__version__))
    _write(folder / f"{name}.ipynb", _notebook([cell for each in cells.values() for cell in each]))
    for step, own in cells.items():
        _write(folder / "steps" / f"{step}.ipynb", _notebook(own))
    (folder / "flow.py").write_text(_flow(pipeline))
    return folder


def _pipeline(name: str, parts: Sequence[Part], parameters: Sequence[Parameter]) -> Pipeline:
    steps: list[Step] = []
    for part in parts:
        start = sum(len(step.cells) for step in steps)
        cells = tuple(
            StepCell(start + place + 1, start + place, f"cell-{start + place}", part.role, tuple(part.metrics))
            for place in range(len(part.sources))
        )
        steps.append(Step(part.name, cells, part.modifiers, dict(part.loads or {})))
    saved = {
        step.name: tuple(name for other in steps for name, source in other.loads.items() if source == step.name)
        for step in steps
    }
    return Pipeline(
        name=name,
        title=name,
        description="A tiny notebook.",
        notebook=f"{name}.ipynb",
        language="python",
        kernel="python3",
        digest="0123456789abcdef",
        parameters=tuple(parameters),
        steps=tuple(replace(step, saves=saved[step.name]) for step in steps),
        edges=tuple(
            Edge(upstream, part.name, (Reason("after", upstream, "stated"),))
            for part in parts
            for upstream in part.after
        ),
    )


def _code_cells(part: Part, step: Step) -> list[dict[str, object]]:
    return [
        {"cell_type": "code", "id": cell.id, "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for cell, source in zip(step.cells, part.sources, strict=True)
    ]


def _notebook(cells: Sequence[object]) -> object:
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}


def _flow(pipeline: Pipeline) -> str:
    signature = ", ".join(f"{each.name}: {each.type} = {each.default}" for each in pipeline.parameters)
    names = {step.name: f"step_{place}" for place, step in enumerate(pipeline.steps)}
    lines = [
        f"{names[step.name]} = step({', '.join([repr(step.name), *map(names.get, pipeline.upstream(step.name))])})"
        for step in pipeline.steps
    ]
    body = "\n        ".join(lines)
    return f'''from prefect import flow
from nb2ops import pipeline


@flow(name={pipeline.name!r})
def {pipeline.name}({signature}):
    """A tiny notebook."""
    with pipeline(__file__, locals()) as step:
        {body}


if __name__ == "__main__":
    {pipeline.name}()
'''


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1))
