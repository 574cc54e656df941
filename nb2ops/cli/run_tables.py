"""How single runs look on a terminal: their steps, their logs, their ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.text import Text

from nb2ops.cli.tables import console, number_text, state_text, table, time_text
from nb2ops.model import Run, RunResult, StepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2ops.orchestration.details import LogLine, RunDetails, StepRun
    from nb2ops.orchestration.sweeping import Trial

EXIT_CODES = {
    StepState.COMPLETED: 0,
    StepState.FAILED: 1,
    StepState.REJECTED: 1,
    StepState.TIMED_OUT: 124,
    StepState.CRASHED: 138,
    StepState.CANCELLED: 143,
    "Skipped": 143,
}


def exit_code(state: str) -> int:
    """Return what a command exits with that waited for a run."""
    return EXIT_CODES.get(state, 1)


def step(found: StepRun) -> None:
    """Print that a step's state has changed."""
    console(err=True).print(f"{found.name}: {found.state}", markup=False)


def reuse(found: RunResult) -> None:
    """Print which steps did not run, and why the others did."""
    if found.record is None:
        return
    record = json.loads(Path(found.record).read_text(encoding="utf-8"))
    rows = table("step", "", "why")
    for each in record["steps"]:
        known = each["cache"]
        why = f"computed by run {known['run']}" if known["hit"] else "; ".join(known["why"])
        rows.add_row(escape(each["name"]), "cached" if known["hit"] else "ran" * (each["attempts"] > 0), escape(why))
    console().print(rows)


def trial(number: int, count: int, found: Trial, notebook: str) -> None:
    """Print how a run of a sweep ended."""
    values = ", ".join(f"{name}={value}" for name, value in found.parameters.items())
    failure = found.result.failure
    why = f": {failure.sentence(notebook)}" if failure else ""
    console(err=True).print(f"{number} of {count}: {values}: {found.result.state}{why}", markup=False, soft_wrap=True)


def trials(found: Sequence[Trial], tag: str) -> None:
    """Print the runs of a sweep: swept parameters, metrics, how each ended."""
    swept = list(dict.fromkeys(name for each in found for name in each.parameters))
    measured = list(dict.fromkeys(name for each in found for name in each.metrics))
    rows = table(*map(escape, (*swept, *measured)), "state", "steps run", "seconds", "run")
    for each in found:
        values = [str(each.parameters.get(name, "")) for name in swept]
        metrics = [number_text(each.metrics[name].value) if name in each.metrics else "" for name in measured]
        ran = [step for step in each.result.steps if step.cached is None and step.state is not StepState.NOT_RUN]
        how = (state_text(each.result.state.value), str(len(ran)), f"{each.result.seconds:.1f}", each.result.run)
        rows.add_row(*map(escape, (*values, *metrics)), *how)
    out = console()
    out.print(rows)
    out.print(f"In Prefect these runs have the tag {tag}.", soft_wrap=True)


def ended(found: Run) -> None:
    """Print how a run ended."""
    out = console()
    seconds = "" if found.seconds is None else f" in {found.seconds:.1f} s"
    out.print(Text.assemble(f"{found.flow}, {found.name}: ", state_text(found.state), seconds))
    if found.message and found.state != StepState.COMPLETED:
        out.print(Text(found.message), soft_wrap=True)


def details(found: RunDetails) -> None:
    """Print a run with its steps, parameters and files."""
    out = console()
    ended(found.run)
    facts = {
        "notebook": found.run.notebook,
        "deployment": found.run.deployment,
        "cause": f"{found.run.cause}: {found.changed}" if found.changed else found.run.cause,
        "version": found.version and found.version[:12],
        "slot": time_text(found.run.expected) if found.run.cause == "schedule" else None,
        "started": time_text(found.run.start),
        "ended": time_text(found.run.end),
        "attempts": str(found.attempts) if found.attempts > 1 else None,
        "parameters": json.dumps(found.parameters, ensure_ascii=False) if found.parameters else None,
        "executed": found.notebook,
        "record": found.record,
        "message": found.notified,
        "in Prefect": found.run.url,
    }
    rows = table("", "")
    rows.show_header = False
    for name, value in facts.items():
        if value:
            rows.add_row(Text(name, style="dim"), escape(value))
    out.print(rows)
    if found.steps:
        out.print(_steps(found))
    out.print(f"Its log: nb2ops logs {found.run.id}", soft_wrap=True)


def _steps(found: RunDetails) -> object:
    rows = table("step", "state", "started", "seconds")
    for each in found.steps:
        seconds = "" if each.seconds is None else f"{each.seconds:.1f}"
        rows.add_row(escape(each.name), state_text(each.state), time_text(each.start), seconds)
    return rows


def log_line(found: LogLine) -> None:
    """Print a line of a log."""
    line = Text(f"{time_text(found.time)} ", style="dim")
    line.append(f"{found.step}: " if found.step else "", style="bold")
    line.append(found.text, style={"ERROR": "red", "CRITICAL": "red", "WARNING": "yellow"}.get(found.level, "default"))
    console().print(line, soft_wrap=True)
