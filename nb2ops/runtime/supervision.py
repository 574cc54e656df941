"""The flow process's side of a run: it starts the supervisor, asks it for steps and hears its events.

Nothing heavy is imported here, so that the supervisor loads papermill while this process loads Prefect.
"""

from __future__ import annotations

import itertools
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from nb2ops.errors import KernelDied, UsageError
from nb2ops.model import Failure, Json, RunResult, StepResult, StepState
from nb2ops.runtime import processes
from nb2ops.runtime.control import Channel

OnEvent = Callable[[Json], None]
ENDING = 8.0
"""Seconds after a cancel by which steps must have been answered; processes end within 5."""
_TELLING = 0.2  # seconds for a supervisor that hangs to write where


@dataclass(frozen=True, slots=True)
class Preparation:
    """What of a plan is known early: enough to have kernels ready when the run begins.

    Attributes:
        marker: marks the processes, in their environment.
        reuses: earlier results may stand in for steps.
        cache: folder of earlier results, which tells what steps are likely to run.
        source: the notebook, by which that folder knows them.
    """

    marker: str
    bundle: Path
    directory: Path
    kernel: str | None = None
    hash_seed: str | None = None
    temporary: Path | None = None
    reuses: bool = False
    cache: Path | None = None
    source: Path | None = None

    def to_json(self) -> Json:
        """Return the preparation as JSON data."""
        return _json_fields(self)


def may_reuse(cache: Path | str | None, resumed: Path | None, *, forced: bool) -> bool:
    """Whether earlier results may stand in for steps of a run (see `RunPlan`)."""
    return (cache is not None and not forced) or resumed is not None


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is to be run, where, and for whom.

    Attributes:
        run: nb2ops's id of the run.
        bundle: the folder that `build` wrote.
        folder: the run's folder: events, record, packs, executed notebook.
        directory: the kernels' working directory.
        parameters: name -> JSON value, as the flow was given them.
        origins: name -> "given" or "default"; only given parameters are injected.
        source: the notebook that the bundle was made of, which no run may overwrite.
        output: a folder that gets copies of the executed notebook and the record (`-o DIR`).
        kernel: the kernel's name in place of the notebook's.
        timeout, cell_timeout: seconds for the run and for each cell.
        selection: names of the steps to execute, None for all.
        hash_seed: `PYTHONHASHSEED` of the kernels; one of the run's own where it is None.
        temporary: the kernels' folder for temporary files; one of the run's own, removed with it, where it is None.
        jobs: how many steps run at once; as many as there are processors, two at least, where it is None.
        flow_run, deployment, cause, attempt: what Prefect knows about the run.
        on_death: `{"url", "headers", "body"}`, POSTed as JSON if the flow process vanishes.
        signing_key: the secret of the packs' digests; made for this run alone where it is None.
        secrets: parameter -> its value, a text or JSON with texts in it; told to kernels and written nowhere.
        cache: folder of earlier results; None where none are used or kept.
        cache_limit: bytes that it may take.
        cache_team: address of a store that others use too.
        forced: earlier results are not used, and new ones are kept.
        resumed: folder of an earlier run whose completed steps need not run again.
        anew: names of steps that run whatever that run or the cache has of them.
        marker: marks the processes of all runs of one supervisor; the run's id where it is None.
    """

    run: str
    bundle: Path
    folder: Path
    directory: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    source: Path | None = None
    output: Path | None = None
    kernel: str | None = None
    timeout: float | None = None
    cell_timeout: float | None = None
    selection: tuple[str, ...] | None = None
    hash_seed: str | None = None
    temporary: Path | None = None
    jobs: int | None = None
    flow_run: str | None = None
    deployment: str | None = None
    cause: str = "hand"
    attempt: int = 1
    on_death: Json | None = None
    signing_key: str | None = field(default=None, repr=False)
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    cache: Path | None = None
    cache_limit: int | None = None
    cache_team: str | None = None
    forced: bool = False
    resumed: Path | None = None
    anew: tuple[str, ...] = ()
    marker: str | None = None

    @property
    def preparation(self) -> Preparation:
        """What has to be prepared for it."""
        marker = self.marker or self.run
        reuses = may_reuse(self.cache, self.resumed, forced=self.forced)
        return Preparation(
            marker=marker,
            bundle=self.bundle,
            directory=self.directory,
            kernel=self.kernel,
            hash_seed=self.hash_seed,
            temporary=self.temporary,
            reuses=reuses,
            cache=self.cache,
            source=self.source,
        )

    def to_json(self) -> Json:
        """Return the plan as JSON data."""
        return _json_fields(self)


def _json_fields(value: Preparation | RunPlan) -> Json:
    found = {each.name: getattr(value, each.name) for each in fields(value)}
    return {name: str(each) if isinstance(each, Path) else each for name, each in found.items()}


class Supervisor:
    """A child process that runs the steps of a run and answers for every process of it.

    A lasting one runs one after another, whose kernels come from one fork server, until it is closed.

    Example:
        >>> supervisor = Supervisor.start()
        >>> supervisor.begin(plan, print)
        >>> supervisor.run_step("load").state
        <StepState.COMPLETED: 'Completed'>
        >>> supervisor.finish().state
        <StepState.COMPLETED: 'Completed'>
    """

    def __init__(self, process: subprocess.Popen[bytes], channel: Channel, *, lasting: bool = False) -> None:
        self._process, self._channel, self._lasting = process, channel, lasting
        self._plan: RunPlan | None = None
        self._scratch: str | None = None
        self._on_event: OnEvent = _ignore
        self._numbers = itertools.count(1)
        self._answers: dict[int, Future[Any]] = {}
        self._steps: set[str] = set()
        self._cancels: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._refusal: UsageError | KernelDied | None = UsageError("No run was begun.")
        self._gone = False
        self._ready = True
        self._reader = threading.Thread(target=self._listen, name="nb2ops-supervision", daemon=True)
        self._reader.start()
        threading.Thread(target=self._watch, name="nb2ops-watchdog", daemon=True).start()

    @classmethod
    def start(cls, preparation: Preparation | None = None, *, lasting: bool = False) -> Self:
        """Start the supervisor; it loads what it needs, and prepares kernels, while the caller goes on.

        Args:
            preparation: what is known of the first run.
            lasting: whether it stays for another run at the end of one that completes.
        """
        processes.become_subreaper()
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "nb2ops.runtime.supervisor", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        supervisor = cls(process, Channel(ours), lasting=lasting)
        supervisor._channel.send({"op": "prepare", "preparation": preparation and preparation.to_json()})
        return supervisor

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it can take a run."""
        return self._ready and not self._gone

    def begin(self, plan: RunPlan, on_event: OnEvent) -> None:
        """Start the run; `on_event` is then called from another thread for every event.

        Raises:
            UsageError: the bundle, the kernel or a parameter is not usable; the supervisor has ended.
            KernelDied: the supervisor has died.
        """
        self._plan, self._on_event, self._ready = plan, on_event, False
        try:
            self._scratch = self._ask("begin", plan=plan.to_json()).result()
            self._refusal = None
        except (UsageError, KernelDied) as error:
            self._refusal = error
            self.close()
            raise

    def run_step(self, name: str) -> StepResult:
        """Run a step and return how it ended; several may run at once, each in a thread of the caller."""
        from nb2ops.wire import decode  # pydantic

        self._steps.add(name)
        try:
            return decode(StepResult, self._ask("step", name=name).result())
        except KernelDied as error:
            failure = Failure(StepState.CRASHED, str(error), name)
            return StepResult(name, StepState.CRASHED, failure=failure)
        finally:
            self._steps.discard(name)

    def cancel(self, exit_code: int, by: str | None = None) -> None:
        """End all processes of the run within 5 seconds; returns at once and may be called from a signal handler.

        Steps that run are then answered as cancelled.

        Args:
            exit_code: 130 after SIGINT, 143 after SIGTERM.
            by: who asks for it, where no signal does.
        """
        self._channel.send({"op": "cancel", "exit_code": exit_code, "by": by})
        self._cancels.put(exit_code)

    def finish(self) -> RunResult:
        """End the run: stitch the notebook, fold the record, leave no process but those that a lasting one keeps.

        Raises:
            UsageError, KernelDied: the run was not begun; the reason is the one that `begin` gave.
            OSError: the supervisor has died and the run's events cannot be read.
        """
        from nb2ops.wire import decode

        if self._refusal:
            raise self._refusal
        try:
            result = decode(RunResult, self._ask("finish", stays=self._lasting).result())
        except KernelDied:
            result = self._crashed_run()
        self._ready = self._lasting and result.state is StepState.COMPLETED
        if not self._ready:
            self.close()
        return result

    def close(self) -> None:
        """End the supervisor, and with it what is left of the run; again and again does no harm."""
        self._channel.close()
        self._cancels.put(None)
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(ENDING)

    def _ask(self, op: str, **fields: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        with self._lock:
            number = next(self._numbers)
            if self._gone:
                answer.set_exception(_died())
                return answer
            self._answers[number] = answer
        self._channel.send({"op": op, "id": number, **fields})
        return answer

    def _listen(self) -> None:
        for message in self._channel.receive():
            if "event" in message:
                self._tell(message)
            else:
                self._settle(message)
        self._bury()

    def _tell(self, event: Json) -> None:
        try:
            self._on_event(event)
        except (Exception, SystemExit):  # a listener's defect must not keep answers from those who wait for them
            with suppress(OSError):
                traceback.print_exc()

    def _watch(self) -> None:
        """After a cancel, end a supervisor that does not answer for its steps; first it says where it hangs."""
        if self._cancels.get() is None:
            return
        time.sleep(ENDING)
        if self._steps:
            self._process.send_signal(signal.SIGQUIT)
            time.sleep(_TELLING)
            self._process.kill()

    def _settle(self, message: Json) -> None:
        with self._lock:
            answer = self._answers.pop(message["reply"])
        if "error" in message:
            kind = UsageError if message["kind"] == "usage" else KernelDied
            answer.set_exception(kind(message["error"]))
        else:
            answer.set_result(message["value"])

    def _bury(self) -> None:
        """The supervisor has gone: its kernels went with it, what they started became ours; end it, tell who waits."""
        if self._plan:
            marker = self._plan.preparation.marker
            processes.kill(lambda: processes.marked(marker))
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        with self._lock:
            self._gone = True
            waiting, self._answers = self._answers, {}
        for answer in waiting.values():
            answer.set_exception(_died())

    def _crashed_run(self) -> RunResult:
        from nb2ops.runtime.record import crashed_run

        assert self._plan is not None  # else finish has raised
        return crashed_run(self._plan.bundle, self._plan.folder)


def _died() -> KernelDied:
    return KernelDied("the supervisor of the run died")


def _ignore(_event: Json) -> None:
    """Before a run there is nobody to tell."""
