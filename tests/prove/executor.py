"""Runs a program linearly, and as a pipeline: steps in processes of their own, in an order that the graph allows.

Analysis, hand-over and the choice of kernels are the real ones (`compile_notebook`, `nb2ops.inkernel.session`,
`nb2ops.runtime.sharing`); in place of kernels there are IPython shells in forked children.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb2ops.comparison.texts import comparable, only_repeats, warnings_in
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import InvalidNotebook
from nb2ops.inkernel import shell as shell_settings
from nb2ops.inkernel.session import Session
from nb2ops.model import Json, Pipeline, Role, Step
from nb2ops.runtime.handover import make_job, report, staying
from nb2ops.runtime.sharing import Separated, SharedKernel, Sharing
from tests.notebooks import write_notebook
from tests.prove.children import Child, Died, Shell, Shown
from tests.prove.programs import Program

KEY = "ab" * 16

LIBRARY_WARNING = "Pandas4Warning"
"""A warning of a library that may come again, as `verify` lets it: pandas keeps an engine beside each index, which
does not cross. To make it again pandas enters `warnings.catch_warnings`, and Python then forgets what it has shown."""

Partition = Callable[[Program], list[list[str]]]
"""Gives a program's cells their tags."""


@dataclass(frozen=True)
class Difference:
    """A cell, or a step as a whole, that gave something else than in the linear run."""

    where: str
    linear: str
    pipeline: str

    def __str__(self) -> str:
        return f"{self.where}: {self.linear} -> {self.pipeline}"


@dataclass(frozen=True)
class Bench:
    """Runs programs in a folder, which must be the present directory of the children's parent."""

    folder: Path

    def differences(self, program: Program, *partitions: Partition, orders: int = 2) -> list[Difference]:
        """Return where pipelines of a program give something else than the linear run."""
        linear = self.run_linear(program)
        found = (self.compare(program, linear, partition(program), orders) for partition in partitions)
        return [difference for each in found for difference in each]

    def compare(
        self, program: Program, linear: dict[int, Shown], tags: list[list[str]], orders: int
    ) -> list[Difference]:
        """Return where the pipeline that tags make gives something else than the linear run, in so many orders."""
        try:
            pipeline = self.build(program, tags)
        except InvalidNotebook as error:
            return [Difference("build", "runs", str(error))]
        found = []
        for last_first in (True, False)[:orders]:
            order = "latest step first" if last_first else "notebook order"
            run = self._start(program, pipeline)
            try:
                piped = self.run_pipeline(program, run, last_first=last_first)
            except Died as error:
                found.append(Difference(order, "runs", str(error).strip().splitlines()[-1]))
                continue
            found += [
                Difference(f"{order}, cell {number + 1}", str(linear[number]), str(piped.get(number)))
                for number in different(program, linear, piped)
            ]
            if not run.had_choice:
                break
        return found

    def run_linear(self, program: Program) -> dict[int, Shown]:
        """Run all cells that are not skipped in one process, up to the first that fails."""
        self._furnish(program)
        return self.linear(program)

    def linear(self, program: Program) -> dict[int, Shown]:
        """Do so in the folder as it is."""

        def run(_: None) -> dict[int, Shown]:
            shell, shown = Shell(), {}
            for number, source in enumerate(program.cells):
                if program.is_skipped(number):
                    shell.pass_over()
                    continue
                shown[number] = shell.run(source)
                if shown[number].error and not program.may_fail(number):
                    break
                if program.injected(number):
                    shell.run(program.injected(number))
            return shown

        child = Child(lambda: self._enter(run))
        try:
            found: dict[int, Shown] = child.ask(None)
        finally:
            child.close()
        return found

    def build(self, program: Program, tags: list[list[str]]) -> Pipeline:
        """Return the pipeline of a program.

        Raises:
            InvalidNotebook: it is refused.
        """
        self._furnish(program)
        cells = [(" ".join(each), source) for each, source in zip(tags, program.cells, strict=True)]
        return compile_notebook(write_notebook(self.folder / "nb.ipynb", *cells)).checked()

    def _start(self, program: Program, pipeline: Pipeline) -> Run:
        self._furnish(program)
        return Run(pipeline, self.make_folder(), self.kernel(program))

    def kernel(self, program: Program) -> Callable[[], Callable[[Any], Any]]:
        """Return what makes a new process a kernel."""
        return lambda: self._enter(_Kernel(program))

    def run_pipeline(self, program: Program, run: Run, *, last_first: bool) -> dict[int, Shown]:
        """Run the steps; a failing cell ends the run.

        Args:
            program: what the pipeline was built from.
            run: of that pipeline, not begun yet.
            last_first: of the steps that may run, the latest goes first, not the earliest.

        Raises:
            Died: a step could not run.
        """
        shown: dict[int, Shown] = {}
        try:
            while step := run.next_step(last_first=last_first):
                shown |= run.execute(step)
                if any(each.error and not program.may_fail(number) for number, each in shown.items()):
                    break
        except Separated as problem:
            raise Died(str(problem)) from problem
        finally:
            run.close()
        return shown

    def make_folder(self) -> Path:
        """Make the folder of a run anew."""
        folder = self.folder.parent / "run"
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("packs", "reports"):
            (folder / name).mkdir(parents=True)
        return folder

    def _furnish(self, program: Program) -> None:
        """Make the program's own folder anew."""
        for left in self.folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        for name, text in program.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _enter(self, act: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Go to the program's folder, as a kernel does; return what answers."""
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        return act


def different(program: Program, linear: dict[int, Shown], piped: dict[int, Shown]) -> list[int]:
    """Return the cells that gave something else; where both runs failed, only one may have come to some others."""
    last = max(linear)
    failed = linear[last].error is not None and not program.may_fail(last) and piped.get(last) == linear[last]
    compared = sorted(linear.keys() & piped.keys() if failed else linear.keys())
    known: set[tuple[str, ...]] = set()
    found = []
    for number in compared:
        shown, other = linear[number], piped.get(number)
        known |= {each for each in warnings_in(comparable(shown.text)) if LIBRARY_WARNING in each[0]}
        if other != shown and not (other and _only_repeats(shown, other, known)):
            found.append(number)
    return found


def _only_repeats(linear: Shown, piped: Shown, known: set[tuple[str, ...]]) -> bool:
    return linear.error == piped.error and only_repeats(comparable(linear.text), comparable(piped.text), known)


@dataclass
class Run:
    """One run of a pipeline.

    Attributes:
        folder: the run's.
        serve: called in a new process; returns what answers.
        values: parameters that are injected.
        wanted: what jobs say besides.
        had_choice: several steps could have run at some time, so that another order would be another run.
    """

    pipeline: Pipeline
    folder: Path
    serve: Callable[[], Callable[[Any], Any]]
    values: Mapping[str, Any] = field(default_factory=dict)
    wanted: Mapping[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    children: dict[SharedKernel, Child] = field(default_factory=dict)
    had_choice: bool = False

    def __post_init__(self) -> None:
        self.sharing = Sharing(self.pipeline)

    def next_step(self, *, last_first: bool) -> Step | None:
        """Return a step that may run, None where all have."""
        free = [step for step in self.pipeline.steps if step.name not in self.done]
        ready = [step for step in free if self._is_ready(step)]
        self.had_choice = self.had_choice or len(ready) > 1
        return ready[-1 if last_first else 0] if free else None

    def _is_ready(self, step: Step) -> bool:
        return set(self.pipeline.upstream(step.name)) <= set(self.done) and not self.sharing.must_wait(step)

    def execute(self, step: Step) -> dict[int, Shown]:
        """Run a step in a kernel of its own, or in the one that holds what cannot leave it."""
        return self.perform(step, self.sharing.assign(step))

    def perform(self, step: Step, shared: SharedKernel) -> dict[int, Shown]:
        """Run a step in the kernel that it was given."""
        arrival, counts = self.sharing.enter(step), self.counts(step)
        job = make_job(self.pipeline, step, self.folder, key=KEY, count=counts[0], arrival=arrival, **self.wanted)
        if shared not in self.children:
            self.children[shared] = Child(self.serve)
        shown: dict[int, Shown] = self.children[shared].ask((step, counts, job))
        self.sharing.note(step, staying(json.loads(report(self.folder, step.name).read_text())))
        self.settle(step)
        return shown

    def counts(self, step: Step) -> list[int]:
        """The prompt numbers of a step's cells."""
        numbers = [cell.cell for cell in step.cells]
        holder = self.pipeline.parameters_step if self.values else None
        if holder is None:
            return numbers
        parameters = next(cell.cell for cell in holder.cells if cell.role is Role.PARAMETERS)
        return [number + (number > parameters) for number in numbers]

    def settle(self, step: Step) -> None:
        """A step is done."""
        self.sharing.settle(step)
        self.done.append(step.name)

    def close(self) -> None:
        """End all processes."""
        for child in self.children.values():
            child.close()


class _Kernel:
    """What a process that stands for a kernel does."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._shell = Shell()
        shell_settings.attend()

    def __call__(self, asked: tuple[Step, list[int], Json]) -> dict[int, Shown]:
        step, counts, job = asked
        session = Session(job, self._shell.ipython)
        session.begin()
        shown: dict[int, Shown] = {}
        for cell, count in zip(step.cells, counts, strict=True):
            session.before_cell(cell.id, count)
            shown[cell.index] = self._shell.run(self._program.cells[cell.index])
            session.after_cell(cell.id)
            if shown[cell.index].error and not self._program.may_fail(cell.index):
                session.finish(save=False)
                return shown
            if self._program.injected(cell.index):
                self._shell.run(self._program.injected(cell.index))
        session.finish(save=True)
        return shown
