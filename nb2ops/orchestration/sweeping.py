"""A sweep: a notebook once per combination of parameter values; what no value changes runs once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import isnan
from pathlib import Path
from typing import Any

from nb2ops.errors import UsageError
from nb2ops.model import Json, Metric, Pipeline, RunResult, StepState
from nb2ops.orchestration import labels
from nb2ops.orchestration.execution import execute
from nb2ops.orchestration.options import ON, RunOptions, new_run_id
from nb2ops.orchestration.server import Progress
from nb2ops.orchestration.services import silent

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")
_CLOSING = {"[": "]", "{": "}", "(": ")", "'": "'", '"': '"'}
_QUOTES = "'\""
MOST = 1000
"""Runs of one sweep."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a sweep.

    Attributes:
        parameters: the swept ones.
        result: how the run ended.
    """

    parameters: Json
    result: RunResult

    @property
    def metrics(self) -> dict[str, Metric]:
        """Its metrics by name; the last of a name counts."""
        return {each.name: each for each in self.result.metrics}


def choices(text: str) -> list[str]:
    """Return the values that a text lists: `0.1,0.01`, or a range of whole numbers with both ends, `3..6`.

    Commas inside of brackets belong to a value.

    Raises:
        UsageError: a range has more values than a sweep may have runs.

    Example:
        >>> choices("3..5,9"), choices("[1,2],[3]")
        (['3', '4', '5', '9'], ['[1,2]', '[3]'])
    """
    return [value for part in _parts(text) for value in _values(part)]


def _values(part: str) -> list[str]:
    limits = _RANGE.fullmatch(part)
    if limits is None:
        return [part]
    first, last = map(int, limits.groups())
    if abs(last - first) >= MOST:
        raise UsageError(f"{part}: has {abs(last - first) + 1} values. A sweep has at most {MOST} runs.")
    step = 1 if last >= first else -1
    return [str(each) for each in range(first, last + step, step)]


def _parts(text: str) -> Iterator[str]:
    part, awaited = "", [""]
    for character in text:
        if character == "," and awaited == [""]:
            yield part.strip()
            part = ""
            continue
        part += character
        if character == awaited[-1]:
            awaited.pop()
        elif awaited[-1] not in (*_QUOTES,) and character in _CLOSING and (awaited[1:] or character not in _QUOTES):
            awaited.append(_CLOSING[character])
    yield part.strip()


def combinations(swept: Mapping[str, Sequence[Any]]) -> list[Json]:
    """Return every combination of values, the last parameter changing fastest.

    Raises:
        UsageError: there are none, or too many.
    """
    count = 1 if swept else 0
    for values in swept.values():
        count *= len(values)
    if not 0 < count <= MOST:
        raise UsageError(f"{count} combinations: a sweep has between 1 and {MOST}. Give -p NAME=1,2,3.")
    return [dict(zip(swept, values, strict=True)) for values in product(*swept.values())]


def sweep(
    bundle: Path,
    trials: Sequence[Json],
    options: RunOptions,
    on_trial: Callable[[int, Trial], None],
    on_progress: Progress = silent,
) -> tuple[str, list[Trial]]:
    """Run a bundle once per trial, each as a flow run of its own; a failed one does not end the others.

    Every run is given all swept parameters, also where a value is the notebook's own: cells then have the same prompt
    numbers in all of them, on which a result depends.

    Args:
        bundle: the folder that `build` wrote.
        trials: values for the flow's parameters, as the flow takes them.
        options: how each run shall happen; results of steps are kept whatever they say.
        on_trial: called at the end of each run, with its number from 1.
        on_progress: told what takes time before the first run begins.

    Returns:
        The tag that all runs have in Prefect, and the trials that ran: not all where one was cancelled.

    Raises:
        ServiceError: no Prefect server answers, and none could be started.
        UsageError: the bundle or a parameter is not usable.
    """
    tag = labels.sweep_tag(new_run_id())
    found: list[Trial] = []
    for number, parameters in enumerate(trials, 1):
        own = replace(options, cache=options.cache or ON, injected=tuple(parameters), tags=(*options.tags, tag))
        trial = Trial(parameters, execute(bundle, parameters, own, _unheard, on_progress))
        found.append(trial)
        on_trial(number, trial)
        if trial.result.state is StepState.CANCELLED:
            break
    return tag, found


def _unheard(_event: Json) -> None:
    """Nobody watches the steps of a trial."""


def check_metric(pipeline: Pipeline, name: str | None) -> None:
    """See that a notebook has a metric, before it runs many times.

    Raises:
        UsageError: it has none of that name.
    """
    names = {each: None for step in pipeline.steps for cell in step.cells for each in cell.metrics}
    if name is not None and name not in names:
        listed = ", ".join(names) or "none: tag the cell that computes them `metrics`"
        raise UsageError(f'"{name}" is not a metric of this notebook. It has: {listed}.')


def ranked(trials: Sequence[Trial], metric: str | None, *, lowest: bool = False) -> list[Trial]:
    """Return trials with the best first; those without the metric, or that did not complete, come last.

    Args:
        trials: in the order in which they ran.
        metric: by which; None for the first number that there is.
        lowest: a lower value is better.
    """
    numbers = (name for each in trials for name, found in each.metrics.items() if _is_number(found))
    chosen = metric or next(numbers, None)
    return sorted(trials, key=lambda each: _place(each, chosen, lowest=lowest))


def _place(trial: Trial, metric: str | None, *, lowest: bool) -> tuple[bool, float]:
    found = trial.metrics.get(metric or "")
    if found is None or not _is_number(found) or trial.result.state is not StepState.COMPLETED:
        return True, 0.0
    value = float(found.value or 0)
    if isnan(value):
        return True, 0.0
    return False, value if lowest else -value


def _is_number(metric: Metric) -> bool:
    return metric.kind == "number" and isinstance(metric.value, int | float)
