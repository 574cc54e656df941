"""What a generated `flow.py` calls: a pipeline's steps as Prefect tasks.

A generated flow reads::

    with pipeline(__file__, locals()) as step:
        load = step("load")
        forest = step("forest", load)
        logistic = step("logistic", load)
        compare = step("compare", forest, logistic)

Each call submits a Prefect task of that name, which waits in a thread of its own while the supervisor process runs
the step's notebook. The same file runs under `nb2ops run`, `python flow.py` and a Prefect worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future as ConcurrentFuture
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGTERM
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.logging import get_run_logger
from prefect.states import Completed
from prefect.tasks import Task

from nb2ops.model import Json, Pipeline, RunResult, Step, StepState
from nb2ops.orchestration.api import answers_within
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.current import CurrentFlow, current_flow, try_again
from nb2ops.orchestration.ending import conclude, leave, task_state
from nb2ops.orchestration.forwarding import give_up
from nb2ops.orchestration.guard import guard
from nb2ops.orchestration.interruption import interruptible
from nb2ops.orchestration.logs import StepLogs, outlive_readers
from nb2ops.orchestration.noting import note
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.planning import flow_connection, mark, plan_run
from nb2ops.orchestration.policies import Policy
from nb2ops.orchestration.presence import present
from nb2ops.orchestration.publishing import publish
from nb2ops.orchestration.runstorage import RunStorage, run_address
from nb2ops.orchestration.telling import tell_of
from nb2ops.orchestration.watching import watched
from nb2ops.runtime.supervision import Supervisor
from nb2ops.wire import read_pipeline

Future = PrefectFuture[Any]
OnEvent = Callable[[Json], None]
PATIENCE = 60.0
"""Seconds that a run waits at its end for a server that is away: one that starts again takes up to half of it."""
IMPATIENCE = 2.0
"""The same for a run that was told to end."""


def unheard(event: Json) -> None:
    """Take an event that nobody listens to."""


def unnoticed() -> None:
    """Take the beginning of a run that nobody waits for."""


@dataclass
class Commission:
    """What whoever starts the flow hands to `pipeline`, and gets back.

    Attributes:
        options: how the run shall happen.
        supervisor: the process that runs the steps, started ahead of Prefect's import.
        on_event: called with every event of the run, from a thread of ours.
        on_begun: called when Prefect knows all about the run's beginning.
        result: how the run ended; None while it has not.
    """

    options: RunOptions
    supervisor: Supervisor
    on_event: OnEvent = unheard
    on_begun: Callable[[], None] = unnoticed
    result: RunResult | None = None


COMMISSION: ContextVar[Commission | None] = ContextVar("nb2ops_commission", default=None)


@contextmanager
def pipeline(flow_file: str, parameters: Mapping[str, Any]) -> Iterator[Steps]:
    """Run a pipeline's steps as tasks of the Prefect flow that is running.

    Leaving the block waits for all steps. A run that does not complete leaves the flow with its own state
    (`Failed`, `Rejected`, `TimedOut`, `Crashed`, `Cancelled`) and the sentence that says which cell and why.

    Args:
        flow_file: the generated `flow.py`; the rest of the bundle is beside it.
        parameters: the values of the flow's parameters.

    Raises:
        UsageError: not called in a flow, or the file's folder is not a bundle.
        Ended: a scheduled run that is not to run, see `nb2ops.orchestration.guard`.
    """
    outlive_readers()
    current = current_flow()
    bundle = Path(flow_file).absolute().parent
    with present(flow_connection(), str(current.run.id)), _executed(current, bundle, parameters) as steps:
        yield steps


@contextmanager
def _executed(current: CurrentFlow, bundle: Path, parameters: Mapping[str, Any]) -> Iterator[Steps]:
    source = read_pipeline(bundle)
    policy = Policy.from_environment()
    guard(current, policy)
    try_again(current, policy.retries)
    commission = COMMISSION.get() or _own_commission(bundle)
    steps = Steps(source, commission)
    with interruptible(commission.supervisor.cancel) as interruption:
        try:
            steps.begin(current, bundle, parameters)
            with watched(_watchable(current), str(current.run.id), steps.cancel):
                yield steps
                steps.wait()
        except BaseException:
            commission.supervisor.close()  # ends what runs; the record says Crashed
            raise
        result = replace(steps.stored(commission.supervisor.finish()), signal=interruption.signal)
        commission.result = result
        _stay_heard(current, source.notebook, commission, interruption.signal)
        if interruption.signal and current.is_deployed and not current.is_cancelling():
            interruption.pass_on()  # the worker itself is going: what becomes of its runs is Prefect's to say
        note(current, commission.options, result)
        publish(result)
        _report(commission.options, result)
        tell_of(current, flow_connection(), str(commission.options.notebook or source.notebook), result)
        conclude(current, source.notebook, result)


def _stay_heard(current: CurrentFlow, notebook: str, commission: Commission, signal: int | None) -> None:
    """Wait for a Prefect server that is away at the end of a run; leave the flow where it stays away."""
    connection, result = flow_connection(), commission.result
    if connection is None or result is None or answers_within(connection, IMPATIENCE if signal else PATIENCE):
        return
    warning = f"Prefect at {connection.url} does not know how the run ended: it did not answer."
    commission.result = replace(result, warnings=(*result.warnings, warning))
    note(current, commission.options, result)
    give_up()
    leave(current, notebook, result)


def _report(options: RunOptions, result: RunResult) -> None:
    """Write the report that was asked for; a run does not fail for want of one."""
    if not options.report or result.record is None:
        return
    from nb2ops.orchestration.accounts import report_end  # nbconvert, 0.5 s

    try:
        report_end(options, result)
    except Exception as error:
        get_run_logger().warning("There is no report: %s: %s", type(error).__name__, error)


def _own_commission(bundle: Path) -> Commission:
    options, preparation = RunOptions.from_environment().prepared(bundle)
    return Commission(options, Supervisor.start(preparation))


def _watchable(current: CurrentFlow) -> Connection | None:
    """Where to ask whether the run is cancelled; of a deployment's runs the worker is told."""
    return None if current.is_deployed else flow_connection()


class Steps:
    """Submits the steps of a pipeline; what the name `step` means in a generated flow."""

    def __init__(self, source: Pipeline, commission: Commission) -> None:
        self.pipeline = source
        self.commission = commission
        self.logs = StepLogs()
        self._futures: list[Future] = []
        self._repeatable: dict[str, bool] = {}
        self._storage: RunStorage | None = None

    def begin(self, current: CurrentFlow, bundle: Path, parameters: Mapping[str, Any]) -> None:
        """Tell the supervisor what runs, and Prefect which notebook it is."""
        options = self.commission.options
        plan = plan_run(current, self.pipeline, bundle, options, parameters)
        if options.storage:
            self._storage = RunStorage.begin(run_address(options.storage, plan.run), bundle)
        mark(current, self.pipeline, options, plan)
        self.commission.on_begun()
        self.commission.supervisor.begin(plan, self.heard)

    def __call__(self, name: str, *upstream: Future) -> Future:
        """Submit a step.

        Args:
            name: the step's name.
            upstream: the steps that it waits for.

        Raises:
            KeyError: the pipeline has no step of that name.
        """
        step = self.pipeline.step(name)
        future: Future = self._task(step).submit(wait_for=[_ended(each) for each in upstream], return_state=False)
        self._futures.append(future)
        return future

    def wait(self) -> None:
        """Wait for every step that was submitted."""
        for future in self._futures:
            future.wait()

    def cancel(self) -> None:
        """End what runs, because Prefect wants it."""
        self.commission.supervisor.cancel(128 + SIGTERM, by="Prefect")

    def heard(self, event: Json) -> None:
        """Pass an event of the run on to the step's log and to whoever started the run."""
        self.logs.write(event)
        if self._storage:
            self._storage.heard(event)
        self.commission.on_event(event)

    def stored(self, result: RunResult) -> RunResult:
        """Return how the run ended, once its files are in the storage that was asked for."""
        return self._storage.close(result) if self._storage else result

    def _task(self, step: Step) -> Task[[], State[None]]:
        def execute() -> State[None]:
            return self._run(step)

        def may_be_tried_again(*_: Any) -> bool:
            return self._repeatable.get(step.name, True)

        execute.__qualname__ = step.name  # Prefect groups task runs by it
        return Task(
            execute,
            name=step.name,
            task_run_name=step.name,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=step.modifiers.retries or 0,
            retry_delay_seconds=step.modifiers.retry_delay or 0,
            retry_condition_fn=may_be_tried_again,
        )

    def _run(self, step: Step) -> State[None]:
        """Run a step in the thread of its task. The supervisor starts none any more once one has failed."""
        with self.logs.of(step.name):
            result = self.commission.supervisor.run_step(step.name)
        self._repeatable[step.name] = result.repeatable and result.state is not StepState.REJECTED
        return task_state(self.pipeline.notebook, result)


def _ended(future: Future) -> Future:
    """Return a future that completes when a step ends, however it ends.

    Prefect leaves the task runs behind a failed one Pending for ever. Behind this one they run, learn from the
    supervisor that nothing starts any more, and end as `NotRun`; Prefect's graph shows who waited for whom.
    """
    ended: ConcurrentFuture[State[Any]] = ConcurrentFuture()
    future.add_done_callback(lambda _: ended.set_result(Completed(data="ended")))
    return PrefectConcurrentFuture(future.task_run_id, ended)
