"""The command run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nb2ops.cli.arguments import (
    DURATION,
    CommandWithPairs,
    directory_option,
    given_values,
    jobs_option,
    parameter_options,
    run_storage_option,
    verbose_option,
)
from nb2ops.errors import UsageError
from nb2ops.model import Pipeline, RunResult, StepState

if TYPE_CHECKING:
    from nb2ops.orchestration.options import RunOptions


@click.command(cls=CommandWithPairs)
@click.argument("target", metavar="NOTEBOOK_OR_BUNDLE", type=click.Path(path_type=Path))
@parameter_options
@click.option("--step", "only", multiple=True, metavar="NAME", help="Run this step and what it needs.")
@click.option("--from-step", metavar="NAME", help="Run this step, what waits for it, and what these need.")
@click.option("--to-step", metavar="NAME", help="Run up to this step and what it needs.")
@click.option("--timeout", type=DURATION, help="For the whole run.")
@click.option("--cell-timeout", "--execution-timeout", type=DURATION, help="For each cell.")
@jobs_option
@click.option("-k", "--kernel", metavar="NAME", help="Kernel instead of the notebook's.")
@directory_option
@click.option(
    "--cache/--no-cache",
    default=None,
    help="Whether what would give the same again need not run; default: $NB2OPS_CACHE, else --cache.",
)
@click.option("--force", is_flag=True, help="Run every step all the same, and keep the results.")
@click.option("--explain", is_flag=True, help="Say why each step ran, or which run has computed it.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Executed notebook and record go here too."
)
@run_storage_option
@click.option("--report", is_flag=True, help="Write a page about the run beside its record: report.html.")
@verbose_option
def run(
    target: Path,
    only: Sequence[str],
    from_step: str | None,
    to_step: str | None,
    timeout: float | None,
    cell_timeout: float | None,
    jobs: int | None,
    kernel: str | None,
    cwd: Path | None,
    cache: bool | None,
    force: bool,
    explain: bool,
    output: Path | None,
    run_storage: str | None,
    report: bool,
    **values: Any,
) -> int:
    """Run a notebook as a flow of Prefect, and show how it goes."""
    from nb2ops.cli import run_tables
    from nb2ops.cli.progress import Progress
    from nb2ops.compiler.selection import select
    from nb2ops.orchestration.execution import execute
    from nb2ops.orchestration.options import kept_at

    place = kept_at(cache)
    if (force or explain) and place is None:
        raise UsageError(f"{'--force' if force else '--explain'}: give --cache too, since no results are kept.")
    pipeline, bundle, options = prepare(target)
    _keep_source(target, pipeline, output)
    parameters = given_values(pipeline.parameters, **values)
    options = replace(
        options,
        output=output.absolute() if output else None,
        directory=cwd.absolute() if cwd else None,
        kernel=kernel,
        timeout=timeout,
        cell_timeout=cell_timeout,
        selection=select(pipeline, only, from_step, to_step),
        jobs=jobs,
        storage=run_storage,
        report=report or None,
        cache=place,
        forced=force,
    )
    with Progress(pipeline) as progress:
        result = execute(bundle, parameters, options, progress.on_event, progress.on_message)
    if explain:
        run_tables.reuse(result)
    return without_waiting(finish(result, pipeline.notebook))


@click.command(cls=CommandWithPairs)
@click.argument("run", metavar="RUN")
@parameter_options
@click.option("--from-step", metavar="STEP", help="This step and all that wait for it run again, also completed ones.")
@verbose_option
def resume(run: str, from_step: str | None, **values: Any) -> int:
    """Go on with a run that failed or was ended: steps that completed do not run again. RUN is its name or id.

    What has changed since (cells, parameters given here, data files) runs again, with what depends on it. A run that
    completed can be taken up again too, at a step: --from-step.
    """
    from nb2ops.cli import run_tables
    from nb2ops.cli.progress import Progress
    from nb2ops.orchestration.execution import execute
    from nb2ops.orchestration.resuming import find_interrupted
    from nb2ops.orchestration.services import reach

    found = find_interrupted(reach(), run, completed=from_step is not None)
    pipeline, bundle, options = prepare(found.target)
    options = replace(found.options(options), anew=_from(pipeline, from_step))
    parameters = {**found.values(pipeline), **given_values(pipeline.parameters, **values)}
    with Progress(pipeline) as progress:
        result = execute(bundle, parameters, options, progress.on_event, progress.on_message)
    run_tables.reuse(result)
    return without_waiting(finish(result, pipeline.notebook))


def _from(pipeline: Pipeline, step: str | None) -> tuple[str, ...]:
    """Return a step and all that wait for it."""
    from nb2ops.compiler.selection import descendants, named

    return tuple(sorted(descendants(pipeline, named(pipeline, [step])))) if step else ()


def without_waiting(code: int) -> int:
    """Return an exit code; where Prefect is away, end at once: its client would try for minutes to reach it."""
    from nb2ops.orchestration.forwarding import is_given_up

    if is_given_up():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _keep_source(target: Path, pipeline: Pipeline, output: Path | None) -> None:
    """The executed notebook has the source notebook's name; it must not take its place."""
    source = target / pipeline.notebook if target.is_dir() else target
    if output is not None and (output / pipeline.notebook).resolve() == source.resolve():
        raise UsageError(f"-o {output}: the executed notebook would overwrite {target}. Choose another folder.")


def prepare(target: Path) -> tuple[Pipeline, Path, RunOptions]:
    """Return pipeline, bundle folder and first options for a notebook or a bundle.

    Raises:
        InvalidNotebook: the notebook has problems.
        UsageError: the folder is no bundle.
    """
    from nb2ops.cli import tables
    from nb2ops.compiler.bundle import build_bundle, write_bundle
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.orchestration.options import RunOptions, store
    from nb2ops.wire import read_pipeline

    if target.is_dir():
        return read_pipeline(target), target, RunOptions()
    compilation = compile_notebook(target)
    bundle = build_bundle(compilation, target.parent)
    tables.problems(compilation.problems, err=True)
    folder = store(target.absolute().parent) / "bundles" / bundle.digest[:16]
    write_bundle(bundle, folder)
    return bundle.pipeline, folder, RunOptions(notebook=target.absolute())


def finish(result: RunResult, notebook: str) -> int:
    """Show how a run ended and return the exit code."""
    from nb2ops.cli import run_tables, tables

    tables.result(result, notebook)
    if result.state is StepState.CANCELLED and result.signal:
        return 128 + result.signal
    return run_tables.exit_code(result.state)


COMMANDS = (run, resume)
