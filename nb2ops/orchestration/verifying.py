"""The law of equivalence on one notebook: it runs from top to bottom and as a pipeline, and each cell is compared.

Every run begins with a copy of the same files, the same hash seed and an empty folder for temporary files at the same
path. Where something differs the notebook runs from top to bottom once more: what differs between these two as well
is no matter of the pipeline.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from nb2ops.comparison.findings import CellDifference, Kind
from nb2ops.comparison.notebooks import compare
from nb2ops.errors import Interrupted, KernelDied, RunTimeout
from nb2ops.model import Failure, Json, Pipeline, RunResult, StepState
from nb2ops.orchestration.execution import execute
from nb2ops.orchestration.interruption import interruptible
from nb2ops.orchestration.labels import VERIFY
from nb2ops.orchestration.options import RunOptions, new_run_id, store
from nb2ops.orchestration.server import Progress
from nb2ops.orchestration.services import silent
from nb2ops.runtime.linear import LinearRun
from nb2ops.runtime.supervision import RunPlan
from nb2ops.runtime.workcopy import WorkCopy
from nb2ops.wire import read_pipeline

FOLDER = "verify"


class Verdict(StrEnum):
    """What `verify` says of a notebook.

    EQUAL: every cell shows the same, excused and soft differences apart.
    DIFFERENT: the pipeline shows something else.
    FAILS: the notebook itself fails from top to bottom; there is nothing to compare with.
    """

    EQUAL = "equal"
    DIFFERENT = "different"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out.

    Attributes:
        notebook: the file's name.
        cells: how many cells were compared.
        differences: the cells that show something else, in notebook order.
        failure: why the notebook itself fails (FAILS), or why its pipeline does (DIFFERENT).
        linear, pipeline, again: the executed notebooks, None for a run that was not needed.
        hint: what to do now, empty where there is nothing to do.
    """

    verdict: Verdict
    notebook: str
    cells: int
    differences: tuple[CellDifference, ...] = ()
    failure: Failure | None = None
    linear: str | None = None
    pipeline: str | None = None
    again: str | None = None
    hint: str = ""

    def count(self, kind: Kind) -> int:
        """How many cells differ in this way."""
        return sum(each.kind is kind for each in self.differences)


def verify(
    bundle: Path,
    parameters: Json,
    options: RunOptions,
    on_event: Callable[[Json], None],
    on_progress: Progress = silent,
    *,
    in_place: bool = False,
) -> Verification:
    """Run a bundle's notebook from top to bottom and as a pipeline, and compare what each cell shows.

    Args:
        bundle: the folder that `build` wrote.
        parameters: values for the flow's parameters, as the flow takes them.
        options: how each of the runs shall happen; `folder`, `hash_seed` and `temporary` are chosen here.
        on_event: called with every event of the pipeline's run, from another thread.
        on_progress: told what is going on.
        in_place: whether the runs work in the folder itself, one after the other, and not in copies.

    Raises:
        UsageError: the bundle, a parameter or the kernel is not usable, the folder is too large to be copied, or a
            secret is not to be had.
        ServiceError: no Prefect server answers, and none could be started.
        RunTimeout, Interrupted, KernelDied: a run came to no end of its own.
    """
    with _bench(bundle, parameters, options, in_place=in_place) as bench:
        on_progress("Top to bottom: running")
        linear = bench.run_linear("linear")
        if linear.failure:
            return _own_failure(bench.pipeline, linear)
        on_progress("As a pipeline: running")
        piped = bench.run_pipeline(on_event, on_progress)
        found = _compare(bench.pipeline, linear, piped)
        again = None
        if any(each.kind is Kind.DIFFERENT for each in found):
            on_progress("Top to bottom again, to see what varies by itself: running")
            again = bench.run_linear("again")
            if again.failure:
                return _own_failure(bench.pipeline, again)
            found = _compare(bench.pipeline, linear, piped, again)
        return _verdict(bench.pipeline, found, linear, piped, again)


@dataclass(frozen=True)
class _Bench:
    """Where the runs take place, and what they share."""

    bundle: Path
    pipeline: Pipeline
    parameters: Json
    options: RunOptions
    folder: Path
    scratch: Path
    copy: WorkCopy | None

    def run_linear(self, name: str) -> RunResult:
        """Run the notebook from top to bottom; its failure is a result, not an error."""
        self._prepare()
        run = LinearRun.start(self._plan(name))
        with interruptible(run.cancel) as interruption:
            result = run.wait()
        if result.state is StepState.CANCELLED:
            raise Interrupted(
                "Interrupted while the notebook ran top to bottom.", exit_code=128 + (interruption.signal or 15)
            )
        if result.state is StepState.TIMED_OUT and result.failure:
            raise RunTimeout(f"Top to bottom: {result.failure.message}.")
        return result

    def run_pipeline(self, on_event: Callable[[Json], None], on_progress: Progress) -> RunResult:
        """Run the notebook as a flow; its failure is a result, not an error."""
        self._prepare()
        options = replace(self.options, folder=self.folder / "pipeline", cause=VERIFY)
        result = execute(self.bundle, self.parameters, options, on_event, on_progress)
        if result.state is StepState.CANCELLED:
            raise Interrupted("Interrupted while the pipeline ran.", exit_code=128 + (result.signal or 15))
        if result.state is StepState.TIMED_OUT and result.failure:
            raise RunTimeout(f"As a pipeline: {result.failure.message}.")
        if result.notebook is None:
            raise KernelDied(f"The pipeline left no notebook to compare: {' '.join(result.warnings)}")
        return result

    def _prepare(self) -> None:
        """Give the next run the files that the first one had."""
        temporary = self.options.temporary
        assert temporary is not None  # _bench chose it
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        if self.copy:
            self.copy.refresh()

    def _plan(self, name: str) -> RunPlan:
        from nb2ops.orchestration.planning import json_values, origins
        from nb2ops.orchestration.secrets import resolve_outside

        values = json_values(self.pipeline, self.parameters)
        return RunPlan(
            run=new_run_id(),
            bundle=self.bundle,
            folder=self.folder / name,
            directory=self.options.working_directory,
            parameters=values,
            origins=origins(self.pipeline, values),
            kernel=self.options.kernel,
            timeout=self.options.timeout,
            cell_timeout=self.options.cell_timeout,
            hash_seed=self.options.hash_seed,
            temporary=self.options.temporary,
            secrets=resolve_outside(self.pipeline),
        )


@contextmanager
def _bench(bundle: Path, parameters: Json, options: RunOptions, *, in_place: bool) -> Iterator[_Bench]:
    from nb2ops.runtime.kernels import hash_seed

    pipeline = read_pipeline(bundle)
    beside = options.notebook.parent if options.notebook else Path.cwd()
    folder = store(beside) / FOLDER / new_run_id()
    copy = None if in_place else WorkCopy(options.working_directory, folder / "work")
    scratch = Path(tempfile.mkdtemp(prefix="nb2ops-"))
    shared = replace(
        options,
        directory=copy.directory if copy else options.working_directory,
        hash_seed=hash_seed(),
        temporary=scratch / "tmp",
    )
    try:
        yield _Bench(bundle.absolute(), pipeline, parameters, shared, folder, scratch, copy)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if copy:
            copy.remove()


def _compare(
    pipeline: Pipeline, linear: RunResult, piped: RunResult, again: RunResult | None = None
) -> tuple[CellDifference, ...]:
    return compare(_notebook(linear), _notebook(piped), pipeline, _notebook(again) if again else None)


def _notebook(result: RunResult) -> Json:
    assert result.notebook is not None  # run_linear and run_pipeline saw to it
    notebook: Json = json.loads(Path(result.notebook).read_text(encoding="utf-8"))
    return notebook


def _own_failure(pipeline: Pipeline, linear: RunResult) -> Verification:
    hint = "Make it run top to bottom first: restart its kernel, run all cells, and see."
    return Verification(Verdict.FAILS, pipeline.notebook, 0, failure=linear.failure, linear=linear.notebook, hint=hint)


def _verdict(
    pipeline: Pipeline,
    found: tuple[CellDifference, ...],
    linear: RunResult,
    piped: RunResult,
    again: RunResult | None,
) -> Verification:
    different = [each for each in found if each.kind is Kind.DIFFERENT]
    same = not (different or piped.failure)
    return Verification(
        Verdict.EQUAL if same else Verdict.DIFFERENT,
        pipeline.notebook,
        sum(len(step.cells) for step in pipeline.steps),
        found,
        None if same else piped.failure,
        linear.notebook,
        piped.notebook,
        again.notebook if again else None,
        "" if same else _hint(pipeline, different),
    )


def _hint(pipeline: Pipeline, different: list[CellDifference]) -> str:
    """Return what to do about the first cell that differs; what the author stated is looked at first."""
    stated = [f"keeps:{name}" for step in pipeline.steps for name in step.modifiers.keeps]
    stated += [f"after:{name}" for step in pipeline.steps for name in step.modifiers.after]
    if stated:
        return f"The tags {', '.join(stated)} are your word for what nb2ops cannot know: try without them."
    where = f' cell {different[0].cell} (step "{different[0].step}")' if different else " the step that failed"
    return (
        f"Put{where} under one step:NAME with the cells that it depends on; `nb2ops check --explain` lists what each "
        "step takes over. If that tells nothing of it, it is a bug of nb2ops: please report it with both notebooks."
    )
