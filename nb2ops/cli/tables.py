"""Values of the model as tables on the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from nb2ops.comparison.findings import CellDifference, Kind
from nb2ops.comparison.texts import agreement
from nb2ops.model import (
    Notebook,
    Pipeline,
    Problem,
    Run,
    RunPage,
    RunResult,
    Severity,
    Step,
    StepState,
    place,
)
from nb2ops.parameter_types import said

if TYPE_CHECKING:
    from nb2ops.compiler.names.listing import CellNames
    from nb2ops.compiler.proposals import Proposal
    from nb2ops.orchestration.lateness import Finding
    from nb2ops.orchestration.services import Services
    from nb2ops.orchestration.verifying import Verification

SEVERITY_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}
STATE_STYLES = {
    "Completed": "green",
    "Cached": "green",
    "Running": "blue",
    "Failed": "red",
    "Rejected": "red",
    "Crashed": "red",
    "TimedOut": "red",
    "Cancelled": "yellow",
    "Late": "yellow",
    "Skipped": "yellow",
}
SHOWN_NAMES = 6
KIND_STYLES = {"different": "red", "soft": "yellow", "excused": "cyan"}
SHOWN_CHARACTERS = 60
PIPE_WIDTH = 2_000


def console(*, err: bool = False) -> Console:
    """Return a console that never breaks a path or a sentence in a pipe."""
    found = LogConsole(stderr=True, highlight=False) if err else Console(highlight=False)
    if not found.is_terminal:
        found.width = PIPE_WIDTH
    return found


class LogConsole(Console):
    """A console on stderr for what a run tells while it goes on. Nobody has to read it to the end: the run goes on."""

    def on_broken_pipe(self) -> None:
        """Say no more, where rich would end the thread that wanted to."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def table(*columns: str, title: str | None = None) -> Table:
    """Return a table without lines."""
    found = Table(
        title=title, title_justify="left", box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in columns:
        found.add_column(column, overflow="fold")
    return found


def problems(found: Iterable[Problem], *, err: bool = False) -> None:
    """Print problems, one line each."""
    out = console(err=err)
    for each in found:
        line = Text(f"{each.severity}: ", style=SEVERITY_STYLES[each.severity])
        line.append(str(each), style="default")
        out.print(line)


def pipeline(found: Pipeline) -> None:
    """Print a pipeline's steps."""
    if not found.steps:
        return
    joined = {name: group.steps[0] for group in found.joined for name in group.steps[1:]}
    rows = table("step", "cells", "needs", "reads", "writes", *_kernel_column(joined))
    for step in found.steps:
        reads = [*step.loads, *(f"~{state}" for state in step.restores)]
        writes = [*step.saves, *(f"~{state}" for state in step.captures)]
        needs = ", ".join(found.upstream(step.name))
        row = (escape(step.name), _cells(step), escape(needs), _shortened(reads), _shortened(writes))
        rows.add_row(*row, *(_kernel(joined.get(step.name)) if joined else ()))
    console().print(rows)


def proposal(found: Proposal, notebook: Notebook) -> None:
    """Print proposed tags beside the cells they are for, and the pipeline that comes out."""
    out, sources = console(), {cell.index: cell.source for cell in notebook.cells}
    rows = table("cell", "tags", "begins with")
    for each in found.cells:
        line = Text(sources[each.index].strip().splitlines()[0], style="dim")
        line.truncate(SHOWN_CHARACTERS, overflow="ellipsis")
        rows.add_row(str(each.cell), Text(", ".join(each.tags)), line)
    out.print(rows)
    out.print("")
    problems(found.problems)
    pipeline(found.pipeline)


def _kernel_column(joined: object) -> tuple[str, ...]:
    """Return the heading of a column that is there only where steps are joined."""
    return ("kernel",) if joined else ()


def _kernel(first: str | None) -> tuple[str]:
    """Return whose kernel a step runs in, where it is not its own."""
    return ("" if first is None else escape(f"of {first}"),)


def _cells(step: Step) -> str:
    """Return cell numbers as ranges: `1-3, 7`."""
    numbers = [cell.cell for cell in step.cells]
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, each)) for each in ranges)


def _shortened(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_NAMES])
    return escape(f"{shown}, … {len(names)} in all" if len(names) > SHOWN_NAMES else shown)


def names(found: Iterable[CellNames]) -> None:
    """Print the names of each cell."""
    rows = table("cell", "defines", "uses", "changes", "deletes", "cannot be known")
    for each in found:
        lists = (each.defines, each.uses, each.changes, each.deletes)
        rows.add_row(str(each.cell), *map(_shortened, lists), escape("; ".join(each.opaque)))
    console().print(rows)


def reasons(found: Pipeline) -> None:
    """Print why each step waits for others, and why it always runs."""
    out = console()
    for edge in found.edges:
        out.print(f"\n[bold]{escape(edge.downstream)}[/] waits for [bold]{escape(edge.upstream)}[/]")
        for reason in edge.reasons:
            out.print(f"  {escape(reason.text)}", soft_wrap=True)
    for step in found.steps:
        doubts = step.doubts if step.modifiers.cache else ("the tag cache:off",)
        if doubts:
            out.print(f"\n[bold]{escape(step.name)}[/] always runs; no earlier result stands in")
        for doubt in doubts:
            out.print(f"  {escape(doubt)}", soft_wrap=True)


def foretold(found: Pipeline, why: Mapping[str, Sequence[str]]) -> None:
    """Print which steps would run now, and why."""
    rows = table("step", "now", "why")
    for step in found.steps:
        reasons = why.get(step.name, ())
        rows.add_row(escape(step.name), "runs" if reasons else "need not run", escape("; ".join(reasons)))
    out = console()
    out.print()
    out.print(rows)
    told = "Told from each step's last run here: with another parameter, input or file more of them run, "
    out.print(f"{told}where an older result fits fewer.", soft_wrap=True)


def parameters(found: Pipeline) -> None:
    """Print a pipeline's parameters."""
    if not found.parameters:
        console().print("No parameters: tag a cell of defaults `parameters`.")
        return
    rows = table("name", "type", "default", "help")
    for each in found.parameters:
        default = f"{each.default} (computed)" if each.computed else each.default
        if each.secret:
            default = f"secret: {each.secret}"
        rows.add_row(escape(each.name), escape(said(each.type)), escape(default), escape(each.help))
    console().print(rows)


def state_text(name: str) -> Text:
    """Return a state in its colour."""
    return Text(name, style=STATE_STYLES.get(name, "default"))


def result(found: RunResult, notebook: str) -> None:
    """Print how a run ended: steps, metrics, gates, the failure, the executed notebook."""
    out = console()
    joined = any(step.joined for step in found.steps)
    rows = table("step", "state", "seconds", *_kernel_column(joined))
    for step in found.steps:
        seconds = "" if step.state is StepState.NOT_RUN else f"{step.seconds:.1f}"
        kernel = _kernel(step.joined[0] if step.joined else None) if joined else ()
        shown = "Cached" if step.cached else step.state.value
        rows.add_row(escape(step.step), state_text(shown), seconds, *kernel)
    out.print(rows)
    _metrics(found, out)
    _gates(found, out)
    for warning in (*found.warnings, *(text for step in found.steps for text in step.warnings)):
        out.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
    _failure(found, notebook, out)
    out.print(Text.assemble("\n", found.name, ": ", state_text(found.state.value), f" in {found.seconds:.1f} s"))
    if found.notebook:
        out.print(f"Executed notebook: {escape(_from_here(found.notebook))}", soft_wrap=True)
    report = Path(found.record).with_name("report.html") if found.record else None
    if report and report.is_file():
        out.print(f"Report: {escape(_from_here(str(report)))}", soft_wrap=True)


def _from_here(path: str) -> str:
    """Return a path relative to the working directory where it lies below."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _metrics(found: RunResult, out: Console) -> None:
    if found.metrics:
        rows = table("metric", "value")
        for metric in found.metrics:
            rows.add_row(escape(metric.name), escape(number_text(metric.value)))
        out.print("")
        out.print(rows)


def number_text(value: object) -> str:
    """Return a metric's value with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _gates(found: RunResult, out: Console) -> None:
    if found.gates:
        words = {True: ("passed", "green"), False: ("red", "red"), None: ("not reached", "yellow")}
        rows = table("gate", "", "values")
        for gate in found.gates:
            word, style = words[gate.passed]
            left, right = _sides(gate.left or "", gate.right or "")
            values = f"{left} {gate.operator} {right}" if gate.left is not None else ""
            rows.add_row(escape(gate.text), Text(word, style=style), escape(values))
        out.print("")
        out.print(rows)


def _sides(left: str, right: str) -> tuple[str, str]:
    """Return both sides of a comparison, numbers with six digits unless that hides what differs."""
    try:
        numbers = float(left), float(right)
    except ValueError:
        return left, right
    short = tuple(f"{number:.6g}" for number in numbers)
    kept = (float(short[0]) - float(short[1]) == 0) == (numbers[0] - numbers[1] == 0)
    return (short[0], short[1]) if kept else (left, right)


def _failure(found: RunResult, notebook: str, out: Console) -> None:
    failure = found.failure
    if failure is None:
        return
    where = place(notebook, failure.cell, failure.line, failure.step)
    out.print(f"\n[red]{escape(where)}:[/] {escape(failure.message)}")
    if failure.traceback and failure.kind is not StepState.REJECTED:
        out.print(Text(failure.traceback.rstrip()), soft_wrap=True)


def time_text(text: str | None) -> str:
    """Return a time in this machine's time zone."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S") if text else ""


def _seconds(run: Run) -> str:
    return "" if run.seconds is None else f"{run.seconds:.1f}"


def runs(page: RunPage, *, filtered: bool = False) -> None:
    """Print a page of runs; below one that went wrong, why."""
    out = console()
    if not page.runs:
        out.print("No run matches." if filtered else "No runs yet. Begin with: nb2ops run notebook.ipynb")
        return
    rows = table("started", "state", "notebook", "seconds", "cause")
    for each in page.runs:
        started = time_text(each.start or each.expected)
        rows.add_row(started, state_text(each.state), escape(each.flow), _seconds(each), each.cause)
        if each.message and each.state not in ("Completed", "Running"):
            rows.add_row("", "", Text(each.message, style="dim"))
    out.print(rows)
    if page.next:
        out.print(f"Older runs: nb2ops runs --cursor {page.next}", soft_wrap=True)


def services(found: Services) -> None:
    """Print what runs in the background."""
    out = console()
    if found.server:
        out.print(f"Prefect server: {found.connection} (process {found.server})", soft_wrap=True)
    else:
        out.print(f"Prefect: {found.connection}", soft_wrap=True)
    out.print(f"Worker: process {found.worker}" if found.worker else "Worker: none")


def findings(found: Iterable[Finding]) -> None:
    """Print what `doctor` found."""
    out = console()
    for each in found:
        mark = "[green]ok[/]" if each.ok else "[red]!![/]"
        out.print(f"{mark}  {escape(each.text)}", soft_wrap=True)
        if each.remedy:
            out.print(f"    type: {escape(each.remedy)}", soft_wrap=True)


def verification(found: Verification) -> None:
    """Print the cells that differ, the verdict, where the executed notebooks are, and what to do now."""
    out = console()
    if found.differences:
        out.print(_differing(found.differences))
        out.print("")
    out.print(Text(_verdict(found), style="green" if found.verdict == "equal" else "red"), soft_wrap=True)
    if found.failure:
        failure = found.failure
        where = place(found.notebook, failure.cell, failure.line, failure.step)
        out.print(f"{escape(where)}: {escape(failure.message)}", soft_wrap=True)
    if found.hint:
        out.print(escape(found.hint), soft_wrap=True)
    names = {"Top to bottom": found.linear, "As a pipeline": found.pipeline, "Top to bottom again": found.again}
    for name, path in names.items():
        if path:
            out.print(f"{name}: {escape(_from_here(path))}", soft_wrap=True)


def _differing(found: Iterable[CellDifference]) -> Table:
    rows = table("cell", "step", "", "where", "top to bottom", "pipeline")
    for each in found:
        first, *rest = each.parts
        where = first.place + (f", and {len(rest)} more" if rest else "")
        kind = Text(each.kind, style=KIND_STYLES[each.kind])
        sides = _excerpt(first.linear, first.pipeline), _excerpt(first.pipeline, first.linear)
        rows.add_row(str(each.cell), escape(each.step), kind, escape(where), *sides)
    return rows


def _excerpt(line: str | None, other: str | None) -> Text:
    """A line, cut where it is long so that what differs from the other one is seen."""
    if line is None:
        return Text("nothing", style="dim")
    common = agreement(line, other) if other is not None else len(line)
    begin = min(max(0, common - SHOWN_CHARACTERS // 3), max(0, len(line) - SHOWN_CHARACTERS))
    rest = line[begin:]
    cut = rest if len(rest) <= SHOWN_CHARACTERS else f"{rest[:SHOWN_CHARACTERS]}…"
    return Text(f"…{cut}" if begin else cut)


def _verdict(found: Verification) -> str:
    """Return the verdict as a sentence."""
    if found.verdict == "fails":
        return "The notebook itself fails from top to bottom; there is nothing to compare its pipeline with."
    different, soft, excused = (_cells_count(found.count(kind)) for kind in Kind)
    if found.verdict == "different":
        return f"Different: {different} of {found.cells}." if found.count(Kind.DIFFERENT) else "Different."
    notes = [
        f"{soft} shown with a warning more, as kernels are new" if found.count(Kind.SOFT) else "",
        f"{excused} excused, as two runs top to bottom differ there too" if found.count(Kind.EXCUSED) else "",
    ]
    return "; ".join([f"Equal: {_cells_count(found.cells)} compared", *filter(None, notes)]) + "."


def _cells_count(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"
