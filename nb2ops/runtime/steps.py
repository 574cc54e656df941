"""One step of a run: a kernel, papermill, and what came of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import Any

from blake3 import blake3

from nb2ops.inkernel.masking import Mask
from nb2ops.model import Failure, Gate, Joined, Json, Pipeline, Role, Step, StepResult, StepState
from nb2ops.runtime import engine, failures, files, handover, memory, processes, results
from nb2ops.runtime.caching.reuse import Reuse
from nb2ops.runtime.confiding import hide_in_file, told
from nb2ops.runtime.events import EventLog
from nb2ops.runtime.kernels import Kernel, KernelSpec
from nb2ops.runtime.printed import Cut
from nb2ops.runtime.provenance import Provenance
from nb2ops.runtime.script import Outcome
from nb2ops.runtime.sharing import Arrival, SharedKernel
from nb2ops.wire import encode

TakeKernel = Callable[[Step, Path], Kernel]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all steps of a run share.

    Attributes:
        bundle: the folder that `build` wrote.
        folder: the run's folder.
        scratch: a private folder that goes when the run ends.
        values: the parameters to inject, typed.
        key: the secret of the packs' digests.
        cell_timeout: seconds that each cell may take.
        take_kernel: gives a step its kernel; the second argument is the file for its log.
        enter: what a step that begins finds in its kernel.
        leave: takes what cannot leave the kernel of a step that is done; whether a later step needs that kernel.
        reasons: the steps of a step's kernel so far, and why they share it.
        reuse: keeps results for later runs.
        secrets: parameter -> value, for the kernels that have to know.
        mask: hides them in what kernels say.
    """

    pipeline: Pipeline
    bundle: Path
    folder: Path
    scratch: Path
    spec: KernelSpec
    values: Mapping[str, Any]
    key: str
    cell_timeout: float | None
    events: EventLog
    provenance: Provenance
    take_kernel: TakeKernel
    enter: Callable[[Step], Arrival]
    leave: Callable[[Step, Mapping[str, str]], bool]
    reasons: Callable[[Step], Joined]
    reuse: Reuse
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    mask: Mask = field(default_factory=lambda: Mask(()))


class StepRun:
    """One try of a step; it is the script that the engine follows (`script.Script`).

    Args:
        setting: what all steps share.
        step: the step.
        attempt: which try it is, from 1.
        shared: the kernel that it runs in.

    Attributes:
        exited: the notebook ended itself, by `sys.exit(0)` or `exit()`.
    """

    def __init__(self, setting: Setting, step: Step, attempt: int, shared: SharedKernel) -> None:
        self.setting, self.step, self.attempt, self._shared = setting, step, attempt, shared
        self._joined = tuple(shared.steps[:-1])
        self._kernel: Kernel | None = None
        self._verdict: Failure | None = None
        self._done = False
        self.exited = False
        self._leaving = False
        self._lock = threading.Lock()
        self._cells = {cell.id: cell for cell in step.cells}
        self._began = self._started = 0.0
        self._cells_done = 0
        self._timers = {"step": _Timer(), "cell": _Timer()}
        job = setting.scratch / f"{step.name}.{attempt}.json"
        self._calls = handover.Calls(job) if setting.spec.is_python else None
        self._report_file = handover.report(setting.folder, step.name)

    def execute(self) -> StepResult:
        """Run the step and return how it ended; nothing is raised for what a notebook or its kernel does."""
        start = self._began = time.monotonic()
        self.setting.events.emit("step-started", step=self.step.name, attempt=self.attempt)
        self._limit("step", self.step.modifiers.timeout, f'step "{self.step.name}"')
        outcome = self._outcome()
        self.exited = outcome.exited
        with self._lock:
            self._done = True
        for timer in self._timers.values():
            timer.cancel()
        report = self._report()
        result = self._result(outcome, report, time.monotonic() - start)
        self.setting.events.emit("step-finished", step=self.step.name, result=encode(result), report=report)
        kept = result if not outcome.exited else replace(result, state=StepState.NOT_RUN)
        self.setting.provenance.trace(self.step.name, report, partial(self.setting.reuse.keep, self.step, kept, report))
        return result

    def stop(self, failure: Failure) -> bool:
        """Give the step a reason to end, which becomes its result; whether it was in time and the first one."""
        with self._lock:
            if self._done or self._verdict:
                return False
            self._verdict = failure
            return True

    def _outcome(self) -> Outcome:
        problem = self._missing_packs() or self._lost_kernel()
        if problem:
            self.stop(problem)
        try:
            return Outcome() if self.stopped else self._run()
        except Exception as error:  # whatever it is, the flow waits for an answer
            self.stop(Failure(StepState.CRASHED, f"{type(error).__name__}: {error}", self.step.name))
            return Outcome()
        finally:
            if self._kernel and not self._leaving:
                processes.end_family(self._kernel.pid, self._kernel.ended.is_set)

    def _run(self) -> Outcome:
        setting, pipe = self.setting, self.setting.scratch / f"{self.step.name}.{self.attempt}.pipe"
        names = handover.secrets_of(setting.pipeline, self.step, setting.folder) if self._calls else ()
        with told(pipe, {name: setting.secrets[name] for name in names}) as ready:
            return self._execute(ready)

    def _execute(self, pipe: Path | None) -> Outcome:
        self._write_job(pipe)
        kernel = self._kernel = self._shared.kernel or self._launch()
        self._limit_memory(kernel)
        notebook = Path("steps") / f"{self.step.name}.ipynb"
        outcome = engine.execute(self.setting.bundle / notebook, self._values(), kernel, self)
        self._leaving = outcome.state is not StepState.CRASHED or kernel.ended.is_set()
        engine.write_notebook(outcome.notebook, self.setting.folder / notebook)
        return outcome

    def _launch(self) -> Kernel:
        kernel = self._shared.kernel = self.setting.take_kernel(self.step, self._kernel_log)
        kernel.on_end(lambda: self._kernel_ended(kernel))
        return kernel

    def _limit_memory(self, kernel: Kernel) -> None:
        """Let the step have what it may use; a step before it in this kernel may have had something else."""
        size = self.step.modifiers.memory
        if size or self._joined:
            held = memory.limit(kernel.pid, size)
            by = held.by if held else None
            self.setting.events.emit("memory-limited", step=self.step.name, limit=size, by=by)

    def _lost_kernel(self) -> Failure | None:
        kernel = self._shared.kernel
        if kernel is None or not kernel.ended.is_set():
            return None
        died = failures.describe_exit(kernel.exit_code)
        message = f'the kernel of step "{self._joined[0]}", in which this step has to run, died before it: {died}'
        return Failure(StepState.CRASHED, message, self.step.name, traceback=failures.tail(kernel.log))

    def _missing_packs(self) -> Failure | None:
        for name in handover.producers(self.setting.pipeline, self.step):
            if not handover.pack(self.setting.folder, name).exists():
                needed = ", ".join(variable for variable, source in self.step.loads.items() if source == name)
                message = f'needs {needed or "the state"} of step "{name}", which has not run'
                return Failure(StepState.FAILED, message, self.step.name)
        return None

    def _write_job(self, pipe: Path | None) -> None:
        shared, count = self.setting, self._count(self.step.cells[0].cell)
        for path in (self._report_file, handover.pack(shared.folder, self.step.name)):
            path.parent.mkdir(exist_ok=True, mode=files.PRIVATE_FOLDER)
            path.unlink(missing_ok=True)  # an earlier try's
        if self._calls:
            arrival = shared.enter(self.step)
            job = handover.make_job(
                shared.pipeline,
                self.step,
                shared.folder,
                key=shared.key,
                count=count,
                arrival=arrival,
                pipe=pipe,
                digests=shared.reuse.wants_digests,
                generators=shared.reuse.generators,
            )
            files.write_json(self._calls.job, job, files.PRIVATE)

    def _values(self) -> Mapping[str, Any]:
        return self.setting.values if self.step == self.setting.pipeline.parameters_step else {}

    def _count(self, number: int) -> int:
        return prompt_number(self.setting.pipeline, self.setting.values, number)

    def _kernel_ended(self, kernel: Kernel) -> None:
        if kernel.exit_code != -SIGKILL:  # else the group is asked why first
            memory.release(kernel.pid)
        if self.setting.mask:
            hide_in_file(self._kernel_log, self.setting.mask)
        ended = {"pid": kernel.pid, "exit_code": kernel.exit_code, **kernel.usage}
        self.setting.events.emit("kernel-ended", step=self.step.name, **ended)

    @property
    def _kernel_log(self) -> Path:
        return self.setting.folder / "kernels" / f"{self.step.name}.log"

    # What the engine asks and tells

    @property
    def mask(self) -> Mask:
        """Hides secrets in what the kernel says."""
        return self.setting.mask

    @property
    def stopped(self) -> bool:
        """Whether no further cell may start."""
        return self._verdict is not None

    @property
    def begin(self) -> str | None:
        """The expression to evaluate before the first cell."""
        return self._calls.begin if self._calls else None

    def before(self, cell: str) -> str | None:
        """The expression to evaluate before a cell; none for the injected one."""
        if self._calls is None or cell not in self._cells:
            return None
        return self._calls.before(cell, self._count(self._cells[cell].cell))

    def after(self, cell: str) -> str | None:
        """The expression to evaluate after a cell."""
        return self._calls.after(cell) if self._calls and cell in self._cells else None

    def finish(self, *, save: bool) -> str | None:
        """The expression to evaluate at the end."""
        return self._calls.finish(save=save) if self._calls else None

    def keeps_kernel(self) -> bool:
        """Whether the kernel lives on for later steps."""
        return self.setting.leave(self.step, handover.staying(self._report())) and not self.stopped

    def wait_for_threads(self) -> str | None:
        """The expression that waits for threads of the cells; none once the step is stopped."""
        return self._calls.wait if self._calls and self._report().get("threads") and not self.stopped else None

    def ready(self, language: Json) -> None:
        """Tell that the kernel answers."""
        kernel = self._kernel
        assert kernel is not None
        if self._joined:
            why = [reason.text for reason in self.setting.reasons(self.step).reasons]
            fields = {"pid": kernel.pid, "steps": self._joined, "why": why}
            self.setting.events.emit("kernel-joined", step=self.step.name, **fields)
            return
        started = {"kind": kernel.kind, "why": kernel.why, "pid": kernel.pid}
        version = language.get("version")
        self.setting.events.emit("kernel-started", step=self.step.name, **started, language_version=version)

    def cell_started(self, cell: str) -> None:
        """Tell, and limit its time."""
        found = self._cells.get(cell)
        if found:
            self._started = time.monotonic()
            place = self.step.cells.index(found) + 1
            total = len(self.step.cells)
            fields = {"cell": found.cell, "index": found.index, "id": cell, "i": place, "n": total}
            self.setting.events.emit("cell-started", step=self.step.name, **fields)
            self._limit("cell", self.setting.cell_timeout, f"cell {found.cell}")

    def cell_finished(self, cell: str, state: StepState, node: Any) -> None:
        """Tell, with digests of what the cell was and what it showed."""
        self._timers["cell"].cancel()
        found = self._cells.get(cell)
        if found:
            verdict = self._verdict
            self._cells_done += state is StepState.COMPLETED
            self.setting.events.emit(
                "cell-finished",
                step=self.step.name,
                cell=found.cell,
                state=verdict.kind if verdict and state is not StepState.COMPLETED else state,
                seconds=round(time.monotonic() - self._started, 3),
                count=node.execution_count,
                source=_digest(node.source),
                outputs=[_digest(output) for output in node.outputs],
            )

    def cell_shown(self, cell: str, node: Any, cut: Cut | None) -> None:
        """Tell what a cell shows at last."""
        found = self._cells.get(cell)
        if found:
            hidden = {"bytes": cut.bytes, "file": str(cut.file) if cut.file else None} if cut else None
            outputs = [_digest(output) for output in node.outputs]
            self.setting.events.emit("cell-shown", step=self.step.name, cell=found.cell, outputs=outputs, cut=hidden)

    def text_file(self, cell: str) -> Path:
        """Where the full text of a cell is kept."""
        number = failures.number_of(self.step, cell)
        return self.setting.folder / "outputs" / f"cell-{'parameters' if number is None else number}.txt"

    def output(self, cell: str, stream: str, text: str) -> None:
        """Pass on what a cell wrote."""
        self.setting.events.output(self.step.name, failures.number_of(self.step, cell), stream, text)

    # Time limits

    def _limit(self, kind: str, seconds: float | None, what: str) -> None:
        if seconds:
            failure = Failure(StepState.TIMED_OUT, f"{what} took longer than {seconds:g} s", self.step.name)
            self._timers[kind].start(seconds, lambda: self._time_out(failure))

    def _time_out(self, failure: Failure) -> None:
        if self.stop(failure) and self._kernel:
            processes.end_family(self._kernel.pid, self._kernel.ended.is_set)

    # The result

    def _report(self) -> Json:
        try:
            found: Json = json.loads(self._report_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found

    def _result(self, outcome: Outcome, report: Json, seconds: float) -> StepResult:
        gates = results.gates(self.step, report)
        found = self._found(outcome, gates)
        failure = self._judged(outcome, found) if self._verdict else found
        return StepResult(
            step=self.step.name,
            state=failure.kind if failure else StepState.COMPLETED,
            seconds=round(seconds, 3),
            cells_done=self._cells_done,
            failure=failure,
            metrics=results.metrics(self.step, report),
            gates=gates,
            warnings=(
                *(results.not_tried_again(self.step, self._joined) if failure else ()),
                *results.lingering(self.step, outcome.lingering),
            ),
            joined=self._joined,
            repeatable=not self._joined,
        )

    def _found(self, outcome: Outcome, gates: tuple[Gate, ...]) -> Failure | None:
        if outcome.error:
            failure = failures.from_error(self.step, outcome.error)
            gate = results.red_gate(self.step, outcome.error, gates)
            return results.rejection(gate, failure) if gate else failure
        if outcome.state is StepState.CRASHED and self._kernel:
            killed = self._kernel.exit_code == -SIGKILL and memory.ran_out(self._kernel.pid, self._began)
            memory.release(self._kernel.pid)
            return failures.from_death(self.step, outcome.cell, self._kernel.exit_code, self._kernel.log, killed)
        return None

    def _judged(self, outcome: Outcome, found: Failure | None) -> Failure | None:
        """The reason to stop, at the place where it was felt."""
        assert self._verdict is not None
        cell = failures.number_of(self.step, outcome.cell) or self._verdict.cell
        line, traceback = (found.line, found.traceback) if found else (None, "")
        return replace(self._verdict, step=self.step.name, cell=cell, line=line, traceback=traceback)


def prompt_number(pipeline: Pipeline, injected: Mapping[str, Any], number: int) -> int:
    """Return the prompt number of a cell: papermill's injected cell takes the one after the parameters cell."""
    holder = pipeline.parameters_step
    if not injected or holder is None:
        return number
    parameters = next(cell.cell for cell in holder.cells if cell.role is Role.PARAMETERS)
    return number + (number > parameters)


@dataclass(slots=True)
class _Timer:
    """A timer that is started anew for each cell."""

    _timer: threading.Timer | None = field(default=None)

    def start(self, seconds: float, act: Callable[[], None]) -> None:
        self._timer = threading.Timer(seconds, act)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        if self._timer:
            self._timer.cancel()


def _digest(value: Any) -> str:
    data = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return blake3(data.encode("utf-8", errors="surrogatepass")).hexdigest()
