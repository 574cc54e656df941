"""The process of a linear run (`linear.py` starts it).

It leads a session of its own, adopts the orphans of its kernel, and ends every process of the run when papermill is
done, when it is told to, when time is over, and when the other end has gone.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from nb2ops.errors import UsageError
from nb2ops.inkernel.masking import Mask
from nb2ops.model import Failure, Json, Pipeline, Role, RunResult, StepState
from nb2ops.runtime import engine, failures, processes
from nb2ops.runtime.confiding import told
from nb2ops.runtime.control import Channel
from nb2ops.runtime.ground import modules_of
from nb2ops.runtime.kernels import find_kernel, hash_seed, kernel_environment
from nb2ops.runtime.run import given_values
from nb2ops.runtime.script import Outcome
from nb2ops.runtime.supervision import RunPlan
from nb2ops.wire import decode, encode, read_pipeline

_SIGNALS = {130: "SIGINT", 143: "SIGTERM"}


class Execution:
    """papermill's run of a plan's notebook, in this process."""

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan
        self.pipeline = read_pipeline(plan.bundle)
        self._verdict: Failure | None = None
        self._lock = threading.Lock()

    def run(self) -> RunResult:
        """Run the notebook and return how it ended.

        Raises:
            UsageError: the kernel or a parameter is not usable.
        """
        plan, pipeline = self.plan, self.pipeline
        spec = find_kernel(plan.kernel or pipeline.kernel, pipeline.language)
        values = given_values(pipeline, plan)
        self._become_like_a_kernel()
        output = plan.folder / pipeline.notebook
        cells = {cell.id for step in pipeline.steps for cell in step.cells}
        begun = time.monotonic()
        with told(plan.folder / "secrets.pipe", plan.secrets) as pipe:
            secret = (_declaring(pipeline), pipe) if pipe else None
            notebook = engine.linear_notebook(plan.bundle / pipeline.notebook, values, cells, spec, secret)
            engine.write_notebook(notebook, output)
            outcome = engine.execute_plainly(output, spec, plan.cell_timeout, Mask(plan.secrets.values()))
        processes.end(processes.descendants)
        failure = self._failure(outcome)
        state = failure.kind if failure else StepState.COMPLETED
        seconds = round(time.monotonic() - begun, 3)
        return RunResult(plan.run, None, pipeline.name, state, (), seconds, str(output), failure=failure)

    def stop(self, failure: Failure) -> None:
        """End the kernel and all that descends from it; the first reason counts."""
        with self._lock:
            self._verdict = self._verdict or failure
        processes.interrupt(process.pid for process in processes.descendants())
        processes.wait_until(lambda: not processes.descendants(), processes.INTERRUPT_GRACE)
        processes.end(processes.descendants)

    def _become_like_a_kernel(self) -> None:
        """Take the environment and the folder that a pipeline's kernels get; papermill's kernel inherits both."""
        plan = self.plan
        temporary = plan.temporary or Path(tempfile.gettempdir())
        seed = plan.hash_seed or hash_seed()
        environment = kernel_environment(os.environ, plan.run, temporary, seed, modules_of(plan.bundle, plan.directory))
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(plan.directory)

    def _failure(self, outcome: Outcome) -> Failure | None:
        step = next((step for step in self.pipeline.steps for cell in step.cells if cell.id == outcome.cell), None)
        if self._verdict:
            cell = failures.number_of(step, outcome.cell) if step else None
            return Failure(self._verdict.kind, self._verdict.message, step.name if step else None, cell)
        if outcome.state is StepState.COMPLETED:
            return None
        if step and outcome.error:
            return failures.from_error(step, outcome.error)
        cell = failures.number_of(step, outcome.cell) if step else None
        message = "the kernel died"
        if outcome.state is StepState.TIMED_OUT:
            message = f"cell {cell} took longer than {self.plan.cell_timeout:g} s"
        return Failure(outcome.state, message, step.name if step else None, cell)


def _declaring(pipeline: Pipeline) -> str:
    """The id of the cell that declares the parameters."""
    return next(cell.id for step in pipeline.steps for cell in step.cells if cell.role is Role.PARAMETERS)


def main(descriptor: int) -> None:
    """Serve the process at the other end of the socket."""
    processes.become_subreaper()
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    channel = Channel(control)
    messages = channel.receive()
    request = next(messages, None)
    if request:
        channel.send(_answer(request, messages))
    channel.close()
    os._exit(0)  # no thread matters any more


def _answer(request: Json, messages: Iterator[Json]) -> Json:
    try:
        execution = Execution(decode(RunPlan, request["plan"]))
        _limit(execution)
        threading.Thread(target=_listen, args=(execution, messages), daemon=True).start()
        return {"result": encode(execution.run())}
    except UsageError as error:
        return {"error": str(error)}


def _limit(execution: Execution) -> None:
    seconds = execution.plan.timeout
    if seconds:
        failure = Failure(StepState.TIMED_OUT, f"the run took longer than {seconds:g} s")
        timer = threading.Timer(seconds, execution.stop, (failure,))
        timer.daemon = True
        timer.start()


def _listen(execution: Execution, messages: Iterator[Json]) -> None:
    """Stop when told to; when the other end has gone, leave as soon as nothing is left."""
    for message in messages:
        reason = f"interrupted by {_SIGNALS.get(message['exit_code'], 'a request')}"
        execution.stop(Failure(StepState.CANCELLED, reason))
    execution.stop(Failure(StepState.CRASHED, "nobody waits for the run any more"))
    os._exit(1)
