"""Which steps will run, as far as can be told before a run begins: their imports are loaded meanwhile.

A guess, read from the notes on each step's last run. Parameters and files are not looked at. A step that runs against
it gets a kernel as if nothing had been guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from nb2ops.model import Json, Pipeline, Step
from nb2ops.runtime.caching import key
from nb2ops.runtime.caching.reuse import last_note, lasting_doubts
from nb2ops.runtime.kernels import KernelSpec


def foresee(
    pipeline: Pipeline, bundle: Path, notebook: str, cache: Path, spec: KernelSpec, directory: Path, seed: str
) -> Mapping[str, tuple[str, ...]]:
    """Return the steps that are not what they were when they ran last, and those that wait for them: name -> why.

    Args:
        pipeline: what will run.
        bundle: the folder that `build` wrote.
        notebook: what notes about its steps are filed under.
        cache: the folder of earlier results.
        spec: the kernel.
        directory: the kernels' working directory.
        seed: the random hash seed of the run.
    """
    surroundings = partial(key.surroundings, spec=spec, directory=directory, seed=seed)
    found: dict[str, tuple[str, ...]] = {}
    for step in pipeline.steps:
        before = [f"it waits for {name}, which will run" for name in pipeline.upstream(step.name) if name in found]
        why = lasting_doubts(pipeline, step) or _changes(step, bundle, last_note(cache, notebook, step), surroundings)
        if why or before:
            found[step.name] = (*why, *before)
    return found


def _changes(step: Step, bundle: Path, last: Json | None, surroundings: partial[key.Parts]) -> tuple[str, ...]:
    try:
        sources = key.read_sources(bundle / "steps" / f"{step.name}.ipynb")
    except (OSError, ValueError, KeyError):
        return ()  # no such step can run, and whoever tries says why
    if last is None:
        return ("it has not run here before",)
    now = surroundings(step, sources=sources)
    before = {name: value for name, value in last["parts"].items() if name in now or name.startswith(key.CELL)}
    changed = (f"{each} has changed" for each in key.differences(before, now))
    return (*changed, *last["why"])
