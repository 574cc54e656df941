"""Which step runs in which kernel: each in one of its own, unless what it needs cannot leave another's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from nb2ops.joining import STATE, describe, join_steps, needed, predicted, run_order
from nb2ops.model import Joined, Pipeline, Step

if TYPE_CHECKING:
    from nb2ops.runtime.kernels import Kernel


@dataclass(eq=False, slots=True)
class SharedKernel:
    """A kernel in which steps run, one after the other; mostly it is one step.

    Attributes:
        kernel: None until its first step has started it.
        steps: the steps that ran in it or run now, in order.
        held: variable or `~state` -> the step whose version of it is in the kernel.
        kept: no step runs in it now, and a later one will.
        left: no later step needed it, and it has been let go.
    """

    kernel: Kernel | None = None
    steps: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    kept: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a step finds in its kernel; nothing where the kernel is new.

    Attributes:
        steps: the steps that ran there before.
        held: variable or `~state` -> the step whose version of it is there.
        ahead: variable -> step, for later steps of this kernel, which see it first, also where the kernel has an
            older version: objects that one pack makes of one object are one only when they are read together.
        dropped: variables that are there and that steps elsewhere have deleted since.
    """

    steps: tuple[str, ...] = ()
    held: Mapping[str, str] = field(default_factory=dict)
    ahead: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


class Separated(Exception):
    """A step needs what is in two kernels and can leave neither; the text says what to do."""


class Sharing:
    """Decides it for one run, as steps start and end. Not for several threads at once.

    Args:
        pipeline: what runs.
        selection: the steps that will run, None for all.
    """

    def __init__(self, pipeline: Pipeline, selection: Collection[str] | None = None) -> None:
        self._order = run_order(pipeline.steps, pipeline.edges)
        self._position = {step.name: at for at, step in enumerate(self._order)}
        self._opaque = frozenset(step.name for step in pipeline.steps if step.everything)
        self._selection = frozenset(self._position if selection is None else selection)
        self._staying = predicted(pipeline.steps)
        self._kernels: dict[str, SharedKernel] = {}
        self._ended: set[str] = set()

    def must_wait(self, step: Step) -> bool:
        """Whether an earlier step of the same kernel has not ended yet: in a kernel, notebook order holds."""
        earlier = takewhile(lambda other: other is not step, self._group(step))
        return any(other.name in self._selection - self._ended for other in earlier)

    def assign(self, step: Step) -> SharedKernel:
        """Return the kernel in which a step that starts now runs.

        Raises:
            Separated: it would have to run in two.
        """
        self._kernels.pop(step.name, None)  # an earlier try's
        found = self._candidates(step)
        if len(found) > 1:
            raise Separated(self._separation(step))
        shared = self._kernels[step.name] = found[0] if found else SharedKernel()
        shared.steps.append(step.name)
        shared.kept = False
        return shared

    def enter(self, step: Step) -> Arrival:
        """Note that a step begins in its kernel, and return what it finds there."""
        shared = self._kernels[step.name]
        arrival = Arrival(tuple(shared.steps[:-1]), dict(shared.held), self._ahead(step), self._deleted(step))
        for name in arrival.dropped:
            shared.held.pop(name, None)
        shared.held |= {**arrival.ahead, **step.loads, **_states(step.restores)}
        return arrival

    def note(self, step: Step, staying: Mapping[str, str]) -> None:
        """Note what the kernel reports at the end of a step: variables that cannot leave it, and why.

        That a state cannot leave is known from the code, if it is predicted: a context manager that was entered.
        """
        predicted = (pair for pair in self._staying if pair[0] == step.name and not pair[1].startswith(STATE))
        for pair in list(predicted):
            del self._staying[pair]
        self._staying |= {(step.name, name): why for name, why in staying.items()}
        made = dict.fromkeys((*step.saves, *(STATE + state for state in step.captures)), step.name)
        self._kernels[step.name].held |= made

    def settle(self, step: Step) -> None:
        """Note that a step has ended and is not tried again."""
        self._ended.add(step.name)

    def keep_after(self, step: Step) -> bool:
        """Return whether a later step will run in the kernel of this one, which is kept then."""
        shared = self._kernels[step.name]
        waiting = (each for each in self._order if each.name in self._selection and each.name not in self._kernels)
        shared.kept = bool(self._staying) and any(shared in self._candidates(each) for each in waiting)
        shared.left = not shared.kept
        return shared.kept

    def kept(self) -> list[SharedKernel]:
        """Return the kernels that wait for a step."""
        return [shared for shared in _unique(self._kernels.values()) if shared.kept]

    def reasons(self, step: Step) -> Joined:
        """Return the steps of a step's kernel so far, with why they share it."""
        names = self._kernels[step.name].steps
        return describe([self._order[self._position[name]] for name in names], self._staying)

    def _group(self, step: Step) -> list[Step]:
        groups = join_steps(self._order, self._staying)
        return next((group for group in groups if step in group), [])

    def _candidates(self, step: Step) -> list[SharedKernel]:
        """Return the kernels that hold what a step needs, else the one of its group if there is one."""
        direct = _unique(self._kernels.get(source) for source, _ in self._needed(step))
        if direct:
            return direct
        others = _unique(self._kernels.get(other.name) for other in self._group(step) if other is not step)
        there = [shared for shared in others if not shared.left]
        return there if len(there) == 1 else []

    def _needed(self, step: Step) -> list[tuple[str, str]]:
        at = self._position[step.name]
        return [pair for pair in needed(step, self._staying, self._opaque) if self._position[pair[0]] < at]

    def _ahead(self, step: Step) -> dict[str, str]:
        """Return what later steps of the kernel need next of the packs that this step reads."""
        sources = {*step.loads.values(), *step.restores.values()}
        held = self._kernels[step.name].held
        later = [other for other in self._group(step) if self._position[other.name] > self._position[step.name]]
        needed_next: dict[str, str] = {}
        for other in later:
            needed_next = {**other.loads, **needed_next}
        return {
            name: source
            for name, source in needed_next.items()
            if source in sources
            and (source, name) not in self._staying
            and name not in step.loads
            and held.get(name) != source
        }

    def _deleted(self, step: Step) -> tuple[str, ...]:
        steps = self._kernels[step.name].steps
        if len(steps) < 2:
            return ()
        between = self._order[self._position[steps[-2]] + 1 : self._position[step.name]]
        return tuple(name for other in between for name in other.deletes if other.name not in steps)

    def _separation(self, step: Step) -> str:
        pairs = self._needed(step)
        what = " and ".join(
            f'{_thing(name)} of step "{source}" ({self._staying[source, name]})' for source, name in pairs
        )
        return (
            f"needs {what}, which cannot leave their kernels, and these are not one. "
            f'Give these steps one name, for example "{pairs[0][0]}", so that they run together.'
        )


def _thing(name: str) -> str:
    return f"the {name.removeprefix(STATE)}" if name.startswith(STATE) else f'"{name}"'


def _states(states: Mapping[str, str]) -> dict[str, str]:
    return {STATE + state: source for state, source in states.items()}


def _unique(found: Iterable[SharedKernel | None]) -> list[SharedKernel]:
    return list(dict.fromkeys(each for each in found if each is not None))
