"""The command that runs a notebook with many values: sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nb2ops.cli.arguments import (
    CommandWithPairs,
    directory_option,
    echo_json,
    given_values,
    jobs_option,
    output_option,
    pair,
    verbose_option,
)
from nb2ops.cli.runs import prepare, without_waiting
from nb2ops.model import Json, Pipeline, StepState

if TYPE_CHECKING:
    from nb2ops.orchestration.sweeping import Trial


@click.command(cls=CommandWithPairs)
@click.argument("target", metavar="NOTEBOOK_OR_BUNDLE", type=click.Path(path_type=Path))
@click.option(
    "-p",
    "--param",
    "pairs",
    multiple=True,
    metavar="NAME=VALUES",
    help="Values of a parameter: 0.1,0.01 or 3..6; every combination is a run.",
)
@click.option("--by", metavar="METRIC", help="By which metric the runs are ranked; default: the first number.")
@click.option("--lowest", is_flag=True, help="The lowest is the best, not the highest.")
@jobs_option
@directory_option
@output_option
@verbose_option
def sweep(
    target: Path,
    pairs: Sequence[str],
    by: str | None,
    lowest: bool,
    jobs: int | None,
    cwd: Path | None,
    form: str | None,
) -> int:
    """Run a notebook once per combination of values, and list the metrics, best first.

    Steps that no value changes run once: the other runs take over their results. The first run is made alone, then
    --jobs of them at once. Ends with code 1 where a run did not complete.
    """
    from nb2ops.cli import run_tables
    from nb2ops.orchestration.sweeping import check_metric, combinations, ranked, sweep

    pipeline, bundle, options = prepare(target)
    trials = combinations(_swept(pipeline, pairs))
    check_metric(pipeline, by)

    def tell(number: int, trial: Trial) -> None:
        run_tables.trial(number, len(trials), trial, pipeline.notebook)

    def progress(message: str) -> None:
        click.echo(message, err=True)

    options = replace(options, jobs=jobs, directory=cwd.absolute() if cwd else None)
    tag, found = sweep(bundle, trials, options, tell, progress)
    best = ranked(found, by, lowest=lowest)
    if form == "json":
        echo_json({"tag": tag, "trials": [_trial_json(each) for each in best]})
    else:
        run_tables.trials(best, tag)
    return without_waiting(_exit_code(found))


def _swept(pipeline: Pipeline, pairs: Sequence[str]) -> dict[str, list[object]]:
    """Return the values of each parameter, fitting its type, each once."""
    from nb2ops.orchestration.sweeping import choices

    texts: dict[str, dict[str, None]] = {}
    for name, text in (pair(each, "-p") for each in pairs):
        texts.setdefault(name, {}).update(dict.fromkeys(choices(text)))
    return {
        name: [given_values(pipeline.parameters, [f"{name}={each}"], (), (), (), ())[name] for each in values]
        for name, values in texts.items()
    }


def _trial_json(trial: Trial) -> Json:
    from nb2ops.wire import encode

    metrics = {name: encode(metric)["value"] for name, metric in trial.metrics.items()}
    return {"parameters": trial.parameters, "metrics": metrics, **encode(trial.result)}


def _exit_code(found: Sequence[Trial]) -> int:
    signals = [each.result.signal for each in found if each.result.state is StepState.CANCELLED and each.result.signal]
    if signals:
        return 128 + signals[0]
    return int(any(each.result.state is not StepState.COMPLETED for each in found))


COMMANDS = (sweep,)
