"""A sweep: a notebook once per combination of parameter values; what no value changes runs once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import product
from math import isnan
from pathlib import Path
from typing import Any

from nb2ops.errors import UsageError
from nb2ops.model import Json, Metric, Pipeline, Role, RunResult, StepState
from nb2ops.orchestration import labels
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.execution import execute
from nb2ops.orchestration.interruption import threads_interruptible
from nb2ops.orchestration.lanes import Lanes
from nb2ops.orchestration.options import RunOptions, kept_at, new_run_id
from nb2ops.orchestration.server import Progress
from nb2ops.orchestration.services import silent
from nb2ops.orchestration.subflows import ParentRun
from nb2ops.runtime.processes import usual_jobs
from nb2ops.wire import read_pipeline

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
    """Run a bundle once per trial, each as a subflow of one flow run; a failed one does not end the others.

    The first runs alone; of the others as many run at once as `options.jobs` says. None begins while another computes
    a step for both of them. Every run is given all swept parameters, also where a value is the notebook's own: cells
    then have the same prompt numbers in all of them, on which a result depends.

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
    tag, pipeline = labels.sweep_tag(new_run_id()), read_pipeline(bundle.absolute())
    found: dict[int, Trial] = {}

    lanes = Lanes()
    parent = ParentRun(pipeline.name, str(options.notebook or pipeline.notebook), _swept(trials), tag)
    shared = replace(options, cache=kept_at(wanted=True), injected=tuple(trials[0]), tags=(*options.tags, tag))

    def run(number: int) -> Trial:
        def subflow(connection: Connection) -> str:
            return parent.subflow(connection, number + 1, trials[number])

        with lanes.one() as lane:
            own = replace(shared, marker=lane.marker)
            return Trial(trials[number], execute(bundle, trials[number], own, _unheard, on_progress, subflow, lane))

    def tell(number: int, trial: Trial) -> bool:
        found[number] = trial
        on_trial(number + 1, trial)
        return not (parent.cancelled or trial.result.state is StepState.CANCELLED)

    queue = Queue(pipeline, trials)
    first = queue.begin()
    assert first is not None  # nothing runs that it would have to wait for
    with closing(lanes), parent:
        if tell(first, run(first)):
            queue.end(first)
            _run_rest(queue, run, tell, options.jobs or usual_jobs())
        parent.state = StepState.CANCELLED if parent.cancelled else _state(found.values())
    return tag, [found[number] for number in sorted(found)]


def _swept(trials: Sequence[Json]) -> Json:
    """Return all values of each parameter, in the order in which they come."""
    return {name: [*{repr(each[name]): each[name] for each in trials}.values()] for name in trials[0]}


def _state(trials: Iterable[Trial]) -> StepState:
    """Return how a sweep of these ends."""
    states = {each.result.state for each in trials}
    if StepState.CANCELLED in states:
        return StepState.CANCELLED
    return StepState.COMPLETED if states == {StepState.COMPLETED} else StepState.FAILED


def _run_rest(queue: Queue, run: Callable[[int], Trial], tell: Callable[[int, Trial], bool], jobs: int) -> None:
    """Run what a queue lets begin, so many at once, until it is empty or `tell` says that this is the end."""
    running: dict[Future[Trial], int] = {}
    goes_on = True
    with threads_interruptible(), ThreadPoolExecutor(jobs, "nb2ops-sweep") as pool:
        while True:
            while goes_on and len(running) < jobs and (number := queue.begin()) is not None:
                running[pool.submit(run, number)] = number
            if not running:
                return
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                number = running.pop(ended)
                queue.end(number)
                goes_on = tell(number, ended.result()) and goes_on


class Queue:
    """Says which trial may begin: none that needs a step which a running one computes for both.

    Args:
        pipeline: knows which steps a parameter reaches.
        trials: values of the swept parameters, the same ones in all.

    Example:
        queue = Queue(pipeline, [{"depth": 3}, {"depth": 4}])
        number = queue.begin()
        run(number)
        queue.end(number)
    """

    def __init__(self, pipeline: Pipeline, trials: Sequence[Json]) -> None:
        reached = _reached(pipeline, set(trials[0]))
        self._waiting = {
            number: {(step, *(repr(trial[name]) for name in names)) for step, names in reached.items()}
            for number, trial in enumerate(trials)
        }
        self._running: dict[int, set[tuple[str, ...]]] = {}
        self._made: set[tuple[str, ...]] = set()

    def begin(self) -> int | None:
        """Return the trial that begins now, None where there is none or one must end before."""
        making = set[tuple[str, ...]]().union(*self._running.values()) - self._made
        for number, steps in self._waiting.items():
            if not steps & making:
                self._running[number] = self._waiting.pop(number)
                return number
        return None

    def end(self, number: int) -> None:
        """Note that a trial has ended."""
        self._made |= self._running.pop(number)


def _reached(pipeline: Pipeline, swept: set[str]) -> dict[str, list[str]]:
    """Return which swept parameters each step depends on; the step that declares them hands each on by itself."""
    declaring = {step.name for step in pipeline.steps if any(cell.role is Role.PARAMETERS for cell in step.cells)}
    found: dict[str, set[str]] = {}
    for step in pipeline.steps:
        above = [found[name] for name in pipeline.upstream(step.name) if name not in declaring and name in found]
        found[step.name] = swept if step.everything else (swept & set(step.loads)).union(*above)
    return {name: sorted(names) for name, names in found.items()}


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
