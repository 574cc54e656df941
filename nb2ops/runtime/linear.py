"""A notebook from top to bottom in one kernel, by plain papermill: what a pipeline is measured by.

papermill runs in a child process that answers for every process of the run, as the supervisor does for a pipeline's.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from nb2ops.errors import KernelDied, UsageError
from nb2ops.model import RunResult
from nb2ops.runtime import failures, processes
from nb2ops.runtime.control import Channel
from nb2ops.runtime.supervision import ENDING, RunPlan

LOG = "kernel.log"
LAUNCH = """
import sys
from nb2ops.lean import FORMATS, STORES, do_without
do_without(*FORMATS, *STORES)
from nb2ops.runtime.linear_process import main
main(int(sys.argv[1]))
"""


class LinearRun:
    """A run of a bundle's notebook from top to bottom.

    Cells tagged `skip` are replaced by `pass`, so that the others keep their execution counts.

    Example:
        >>> run = LinearRun.start(plan)
        >>> run.wait().state
        <StepState.COMPLETED: 'Completed'>
    """

    def __init__(self, plan: RunPlan, process: subprocess.Popen[bytes], channel: Channel) -> None:
        self._plan, self._process, self._channel = plan, process, channel

    @classmethod
    def start(cls, plan: RunPlan) -> Self:
        """Start the run.

        Args:
            plan: as for a pipeline; `selection` and what Prefect knows have no meaning here.
        """
        processes.become_subreaper()
        plan.folder.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        with theirs, (plan.folder / LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", LAUNCH, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env={**os.environ, processes.MARKER: plan.run},
            )
        run = cls(plan, process, Channel(ours))
        run._channel.send({"plan": plan.to_json()})
        return run

    @property
    def pid(self) -> int:
        """The id of the process that papermill runs in."""
        return self._process.pid

    def wait(self) -> RunResult:
        """Return how the run ended, without results of steps; `failure` says which cell, `notebook` what it shows.

        Raises:
            UsageError: the bundle, the kernel or a parameter is not usable.
            KernelDied: the run's process has died.
        """
        from nb2ops.wire import decode

        try:
            answer = next(self._channel.receive(), None)
        finally:
            self.close()
        if answer is None:
            raise KernelDied(f"The process that ran the notebook top to bottom died. {self._last_words()}".strip())
        if "error" in answer:
            raise UsageError(answer["error"])
        return decode(RunResult, answer["result"])

    def cancel(self, exit_code: int) -> None:
        """End all processes of the run within some seconds; may be called from a signal handler.

        Args:
            exit_code: 130 after SIGINT, 143 after SIGTERM.
        """
        self._channel.send({"exit_code": exit_code})
        late = threading.Timer(ENDING, self._process.kill)
        late.daemon = True
        late.start()

    def close(self) -> None:
        """End the process, and with it what is left of the run."""
        self._channel.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        processes.kill(lambda: processes.marked(self._plan.run))

    def _last_words(self) -> str:
        return failures.tail(Path(self._plan.folder / LOG))
