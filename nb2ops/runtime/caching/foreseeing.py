"""Which steps will run, as far as can be told before a run begins: their imports are loaded meanwhile.

A guess, read from the notes on each step's last run. Parameters and files are not looked at. A step that runs against
it gets a kernel as if nothing had been guessed.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from nb2ops.model import Json, Pipeline
from nb2ops.runtime.caching import key
from nb2ops.runtime.caching.reuse import last_note, lasting_doubts
from nb2ops.runtime.kernels import KernelSpec


def likely(
    pipeline: Pipeline, bundle: Path, notebook: str, cache: Path, spec: KernelSpec, directory: Path, seed: str
) -> frozenset[str]:
    """Return the steps that are not what they were when they ran last, and those that wait for them.

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
    found: set[str] = set()
    for step in pipeline.steps:
        if found.intersection(pipeline.upstream(step.name)) or lasting_doubts(pipeline, step):
            found.add(step.name)
            continue
        try:
            sources = key.read_sources(bundle / "steps" / f"{step.name}.ipynb")
        except (OSError, ValueError, KeyError):
            continue  # no such step can run, and whoever tries says why
        if _is_changed(last_note(cache, notebook, step), surroundings(step, sources=sources)):
            found.add(step.name)
    return frozenset(found)


def _is_changed(last: Json | None, now: key.Parts) -> bool:
    return last is None or bool(last["why"]) or any(last["parts"].get(name) != value for name, value in now.items())
