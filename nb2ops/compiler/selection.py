"""Parts of a pipeline: steps with all that they need, or all that needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from nb2ops.errors import UsageError
from nb2ops.model import Pipeline


def select(
    pipeline: Pipeline, only: Sequence[str], from_step: str | None, to_step: str | None
) -> tuple[str, ...] | None:
    """Return the steps to run, with all that they need; None for the whole pipeline.

    Args:
        pipeline: what the steps belong to.
        only: these.
        from_step: this one and all that wait for it.
        to_step: this one.

    Raises:
        UsageError: a name is not a step of the pipeline.
    """
    if not (only or from_step or to_step):
        return None
    wanted = named(pipeline, only)
    if to_step:
        wanted |= named(pipeline, [to_step])
    if from_step:
        wanted |= descendants(pipeline, named(pipeline, [from_step]))
    wanted |= ancestors(pipeline, wanted)
    return tuple(step.name for step in pipeline.steps if step.name in wanted)


def named(pipeline: Pipeline, names: Iterable[str]) -> set[str]:
    """Return the steps of these names; `fit` stands for all its parts.

    Raises:
        UsageError: a name is not that of a step.
    """
    found: set[str] = set()
    for name in names:
        parts = {step.name for step in pipeline.steps if name in (step.name, step.name.split(".")[0])}
        if not parts:
            known = [step.name for step in pipeline.steps]
            near = get_close_matches(name, known, n=1)
            hint = f'Did you mean "{near[0]}"?' if near else f"It has: {', '.join(known)}."
            raise UsageError(f'{pipeline.notebook}: "{name}" is not a step. {hint}')
        found |= parts
    return found


def ancestors(pipeline: Pipeline, steps: Iterable[str]) -> set[str]:
    """Return every step that these wait for, directly or not."""
    return closure(steps, [(edge.downstream, edge.upstream) for edge in pipeline.edges])


def descendants(pipeline: Pipeline, steps: Iterable[str]) -> set[str]:
    """Return these steps and every one that waits for them, directly or not."""
    wanted = set(steps)
    return wanted | closure(wanted, [(edge.upstream, edge.downstream) for edge in pipeline.edges])


def closure(steps: Iterable[str], edges: list[tuple[str, str]]) -> set[str]:
    """Return every step that can be reached from these along (from, to) edges."""
    found: set[str] = set()
    todo = list(steps)
    while todo:
        step = todo.pop()
        reached = {target for source, target in edges if source == step} - found
        found |= reached
        todo += reached
    return found
