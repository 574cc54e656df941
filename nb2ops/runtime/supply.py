"""Kernels for the steps of a run: spares that were forked before, forked ones, ordinary ones.

A kernel may have loaded what the notebook has imported before the step's first cell, what the step itself imports
where it cannot tell (`Preload.plain`), and nothing else. What is to be loaded therefore grows with the steps that have
started; a step that is tried again, and must not see it, gets an ordinary kernel. A further run in the same lane may
begin with steps that must not see it: then there is a second fork server, which loads nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Protocol, TypeVar

from nb2ops.model import Pipeline, Step
from nb2ops.runtime.forking import CannotFork, ForkServer, obstacle
from nb2ops.runtime.kernels import Kernel, Kernels, KernelSpec

SPARES = 2
"""Kernels that wait for steps; each costs a tenth of a second of processor time."""

T = TypeVar("T")


class Perform(Protocol):
    """Has something done in the main thread, with which kernels and fork servers end."""

    def __call__(self, act: Callable[[], T]) -> T:
        """Return what `act` returns."""


@dataclass(slots=True)
class _Source:
    """A fork server, and how many of the statements it has loaded."""

    server: ForkServer
    level: int = 0


@dataclass(frozen=True, slots=True)
class _Spare:
    kernel: Future[Kernel]
    level: int


class Supply:
    """Gives each step its kernel.

    Args:
        pipeline: says which steps there are, and what each may have loaded.
        spec: the kernel.
        kernels: starts ordinary kernels and knows all that live.
        directory: the kernels' working directory.
        scratch: a folder for logs.
        perform: does what only the main thread may do.
        likely: steps of which it is guessed that they will run, and others need not; None: all will.

    Attributes:
        logs: what the fork servers write.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        spec: KernelSpec,
        kernels: Kernels,
        directory: Path,
        scratch: Path,
        perform: Perform,
        likely: Collection[str] | None = None,
    ) -> None:
        self._pipeline, self._spec, self._kernels = pipeline, spec, kernels
        self._directory, self._scratch, self._perform = directory, scratch, perform
        self._statements = [each.statement for each in pipeline.preloads]
        self._pending = {step.name: step for step in pipeline.steps}
        self._lock = threading.Lock()
        self._sources: list[_Source] = []
        self.logs: list[Path] = []
        self._spares: list[_Spare] = []
        self._logs = 0
        self._jobs = SPARES
        self._likely = likely
        self._note: str | None = None
        self._obstacle = obstacle(spec)
        if self._obstacle is None:
            self._start_server()
            self._look_ahead()

    def foresee(self, likely: Collection[str]) -> None:
        """Say which steps will probably run."""
        with self._lock:
            self._likely = likely
            self._look_ahead()

    def expect(self, steps: Iterable[str] | None, jobs: int) -> None:
        """Say which steps will come (None: all), and how many at once; kernels are then forked ahead of them."""
        with self._lock:
            if steps is not None:
                self._pending = {name: self._pending[name] for name in steps}
            self._jobs = jobs
            if self._hindrance() is None and self._source(self._least()) is None:
                self._perform(self._start_server)
            self._look_ahead()

    def expect_no_more(self, step: Step) -> None:
        """Say that a step begins, be it in a kernel that another step has left to it."""
        with self._lock:
            self._pending.pop(step.name, None)

    def take(self, step: Step, log: Path) -> Kernel:
        """Return a kernel for a step; what it writes to its own streams is in `log` at last.

        Raises:
            OSError: it cannot be started.
        """
        with self._lock:
            if self._likely is not None and step.name not in self._likely:
                self._likely = None  # the guess was wrong: any step may come
            chosen = self._choose(step)
            self._look_ahead()
        if isinstance(chosen, str):
            return self._launch(log, chosen)
        ready = chosen.done()
        try:
            kernel = _living(chosen)
        except CannotFork as error:
            self._give_up(str(error))
            return self._launch(log, str(error))
        kernel.kind, kernel.why = "spare" if ready else "forked", self._note
        kernel.on_end(lambda: _keep(kernel.log, log))
        return kernel

    @property
    def servers(self) -> set[int]:
        """The processes of the fork servers."""
        return {source.server.pid for source in self._sources}

    def rest(self) -> None:
        """End the spares; the next run begins, and may need every step."""
        with self._lock:
            self._discard(lambda _: True)
            self._pending = {step.name: step for step in self._pipeline.steps}
            self._likely = None

    def stop(self) -> None:
        """End the spares and fork none any more."""
        with self._lock:
            self._obstacle = "the run ends"
            self._discard(lambda _: True)

    def close(self) -> None:
        """End the fork servers."""
        for source in self._sources:
            source.server.close()

    def _start_server(self) -> None:
        log = self._scratch / f"forkserver{len(self.logs)}.log"
        self.logs.append(log)
        try:
            self._sources.insert(0, _Source(ForkServer.start(self._kernels, self._spec, self._directory, log)))
        except OSError as error:
            self._obstacle = f"the fork server cannot be started: {error}"

    def _choose(self, step: Step) -> Future[Kernel] | str:
        """Return the kernel to be for a step, or why it must be an ordinary one."""
        level = self._allowed(step)
        if hindrance := self._hindrance():
            return hindrance
        fitting = [spare for spare in self._spares if spare.level <= level]
        if fitting:
            best = max(fitting, key=lambda spare: spare.level)
            self._spares.remove(best)
            return best.kernel
        source = self._source(level)
        if source is None:
            return f'the fork server has loaded what the notebook imports after step "{step.name}" begins'
        return self._fork(source)

    def _hindrance(self) -> str | None:
        """Why nothing is forked."""
        ended = next((source.server for source in self._sources if source.server.ended), None)
        if self._obstacle is None and ended is not None:
            self._obstacle = ended.refusal
        return self._obstacle

    def _source(self, level: int) -> _Source | None:
        """The fork server that has loaded most of what a step may have, None where each has loaded more."""
        fitting = [source for source in self._sources if source.level <= level]
        return max(fitting, key=lambda source: source.level, default=None)

    def _allowed(self, step: Step) -> int:
        """How many of the statements a step may find executed."""
        first, own = step.cells[0].index, {cell.index for cell in step.cells}
        found = takewhile(
            lambda each: each.index < first or (each.plain and each.index in own), self._pipeline.preloads
        )
        return len([*found]) if self._statements else 0

    def _least(self) -> int:
        """How many of the statements all steps to come may have loaded."""
        return min(map(self._allowed, self._coming()), default=self._sources[-1].level)

    def _coming(self) -> list[Step]:
        """The steps that have not begun and are thought to."""
        return [step for step in self._pending.values() if self._likely is None or step.name in self._likely]

    def _look_ahead(self) -> None:
        """Load what all steps to come may have, and fork kernels for those that come next."""
        if self._hindrance():
            return
        last, level = self._sources[-1], self._least()
        if level > last.level:
            last.server.preload(self._statements[last.level : level])
            last.level = level
        source = self._source(level)
        if source is None:
            return
        self._discard(lambda spare: spare.level < source.level)
        while len(self._spares) < min(SPARES, self._jobs, self._count_next()):
            self._spares.append(_Spare(self._fork(source), source.level))

    def _count_next(self) -> int:
        """How many steps wait for none that has not started."""
        coming = {step.name for step in self._coming()}
        return sum(coming.isdisjoint(self._pipeline.upstream(name)) for name in coming)

    def _fork(self, source: _Source) -> Future[Kernel]:
        self._logs += 1
        return source.server.fork(self._scratch / f"kernel{self._logs}.log")

    def _launch(self, log: Path, why: str) -> Kernel:
        kernel = self._perform(lambda: self._kernels.launch(self._spec, self._directory, log))
        kernel.why = why
        return kernel

    def _give_up(self, reason: str) -> None:
        """The fork server forks no more: replace one that may not load something by one that loads nothing."""
        with self._lock:
            if self._hindrance() or self._sources[-1].server.refusal is None:
                return
            self._spares.clear()
            self._note, self._statements = f"nothing was loaded ahead: {reason}", []
            self._perform(self._start_server)
            self._look_ahead()

    def _discard(self, unwanted: Callable[[_Spare], bool]) -> None:
        for spare in filter(unwanted, self._spares):
            spare.kernel.add_done_callback(_kill)
        self._spares = [spare for spare in self._spares if not unwanted(spare)]


def _living(future: Future[Kernel]) -> Kernel:
    kernel = future.result()
    if kernel.ended.is_set():
        raise CannotFork("the spare kernel has ended")
    return kernel


def _kill(kernel: Future[Kernel]) -> None:
    if kernel.exception() is None and not kernel.result().ended.is_set():
        with suppress(OSError):
            os.kill(kernel.result().pid, signal.SIGKILL)


def _keep(written: Path, log: Path) -> None:
    """Append what a kernel wrote to the step's log."""
    with suppress(OSError):
        log.parent.mkdir(parents=True, exist_ok=True)
        with written.open("rb") as source, log.open("ab") as target:
            target.write(source.read())
