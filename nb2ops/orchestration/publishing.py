"""What a run shows in Prefect's own UI besides states and logs: a table of metrics and gates, the executed notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from nb2ops.model import Gate, Metric, RunResult

VERDICT = {True: "passed", False: "failed", None: "not reached"}


def publish(result: RunResult) -> None:
    """Create the artifacts of the flow run that is running."""
    slug = _slug(result.name)
    if result.metrics or result.gates:
        create_markdown_artifact(
            _tables(result), key=f"{slug}-metrics", description=f"Metrics and quality gates of {result.name}"
        )
    if result.notebook:
        create_markdown_artifact(
            _notebook(Path(result.notebook)), key=f"{slug}-notebook", description=f"Executed notebook of {result.name}"
        )


def _tables(result: RunResult) -> str:
    parts = []
    if result.metrics:
        parts.append(_table(("metric", "value", "step", "cell"), map(_metric_row, result.metrics)))
    if result.gates:
        parts.append(_table(("gate", "result", "left", "right", "step", "cell"), map(_gate_row, result.gates)))
    return "\n\n".join(parts)


def _metric_row(metric: Metric) -> Sequence[object]:
    return metric.name, metric.value, metric.step, metric.cell


def _gate_row(gate: Gate) -> Sequence[object]:
    return f"`{gate.text}`", VERDICT[gate.passed], gate.left, gate.right, gate.step, gate.cell


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def _notebook(path: Path) -> str:
    return f"Executed notebook: [{path.name}]({path.absolute().as_uri()})\n\n`{path.absolute()}`"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "notebook"
