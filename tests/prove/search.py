"""The search for a generated program whose pipeline gives something else than its linear run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from tests.prove.children import Died
from tests.prove.executor import Bench, Difference
from tests.prove.generation import Generated, generated
from tests.prove.partitions import as_tagged

ROUND = 10
"""Programs that one run of hypothesis tries: after so many it would go on with variants of them, which are alike."""


@dataclass
class Tried:
    """What a search has done.

    Attributes:
        programs: how many were tried.
        failing: how many of them ended with an exception, the same in both runs.
        constructs: construct -> programs that use it.
        seconds: until the first counterexample, or the end.
        steps, hits: of runs with a cache: how many steps there were, and how many did not run.
    """

    programs: int = 0
    failing: int = 0
    constructs: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    steps: int = 0
    hits: int = 0

    def __add__(self, other: Tried) -> Tried:
        return Tried(
            self.programs + other.programs,
            self.failing + other.failing,
            self.constructs + other.constructs,
            self.seconds + other.seconds,
            self.steps + other.steps,
            self.hits + other.hits,
        )


def used_constructs(first_seed: int, programs: int) -> Counter[str]:
    """Return how many of so many programs use each construct; they are generated and not run."""
    found: Counter[str] = Counter()

    def note(each: Generated) -> None:
        found.update(each.constructs)

    for number in range(first_seed, first_seed + programs // ROUND):
        chosen = settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        seed(number)(chosen(given(generated())(note)))()
    return found


class Example(Protocol):
    """What a search tries."""

    @property
    def text(self) -> str:
        """It as it would stand in a file of programs."""


@dataclass(frozen=True)
class Counterexample:
    """What differs, made as small as the time allowed, and where."""

    example: Example
    difference: Difference


def processor_time() -> float:
    """Return the seconds that this process and its children have computed: the same on a busy machine."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class _Enough(BaseException):
    """The time is over; hypothesis lets it through."""


class _Differs(Exception):
    """What hypothesis shrinks."""


@dataclass
class Search:
    """Generates programs and tries them.

    Args:
        bench: runs them.
        seconds: to go on for, at most.
        programs: to try, at most.
        shrink: seconds for making a counterexample small.
        clock: what measures the seconds.
    """

    bench: Bench
    seconds: float
    programs: int = 10**9
    shrink: float = 60
    clock: Callable[[], float] = monotonic
    tried: Tried = field(default_factory=Tried)
    _smallest: Counterexample | None = None

    def run(self, first_seed: int) -> Counterexample | None:
        """Return the first counterexample, None where there is none within the time."""
        begun = self.clock()
        self._end = begun + self.seconds
        try:
            for number in range(first_seed, first_seed + 10**6):
                self._round(number)
        except (_Enough, _Differs, Flaky):  # a difference that does not come again is one
            pass
        if self._smallest is None:
            self.tried.seconds = self.clock() - begun
        return self._smallest

    def _round(self, number: int) -> None:
        phases = (Phase.generate, Phase.shrink) if self.shrink else (Phase.generate,)

        @seed(number)
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(self.examples())
        def law(each: Any) -> None:
            self._try(each)

        law()

    def examples(self) -> SearchStrategy[Any]:
        """What is tried: programs."""
        return generated()

    def _try(self, each: Any) -> None:
        if self._is_over():
            raise _Enough
        begun = self.clock()
        found = self.difference(each)
        if self._smallest is None:
            self.tried.seconds += self.clock() - begun
        if found is not None:
            if self._smallest is None:
                self._end = self.clock() + self.shrink
            self._smallest = Counterexample(each, found)
            raise _Differs

    def _is_over(self) -> bool:
        return self.clock() > self._end or (self._smallest is None and self.tried.programs >= self.programs)

    def difference(self, each: Any) -> Difference | None:
        """Return where an example first differs."""
        try:
            linear = self.bench.run_linear(each.program)
        except Died as error:
            return Difference("linear", "runs", str(error).strip().splitlines()[-1])
        failing = any(shown.error and not each.program.may_fail(at) for at, shown in linear.items())
        self.note(each.constructs, failing=failing)
        found = self.bench.compare(each.program, linear, as_tagged(each.program), orders=1)
        return found[0] if found else None

    def note(self, constructs: Iterable[str], *, failing: int = 0, steps: int = 0, hits: int = 0) -> None:
        """Count an example, until there is a counterexample."""
        if self._smallest is None:
            self.tried += Tried(1, failing, Counter(constructs), steps=steps, hits=hits)
