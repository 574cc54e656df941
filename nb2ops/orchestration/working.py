"""Prefect's worker, whose runs import Prefect once instead of twice.

`python -m nb2ops.orchestration.working` takes the arguments of `python -m prefect`.
ADR 0035 says what the other import is for, and what it costs.
"""

from __future__ import annotations

import runpy
from typing import Any

from nb2ops.lean import FORMATS, do_without
from nb2ops.orchestration import engine


def start_runs_with(command: tuple[str, ...]) -> None:
    """Have process workers start runs with a command, where their pool and deployment name none.

    Args:
        command: the program and its arguments; which run it is stands in its environment.
    """
    from prefect.utilities.processutils import command_to_string
    from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

    class Configuration(ProcessJobConfiguration):
        def prepare_for_flow_run(self, *args: Any, **said: Any) -> None:
            self.command = self.command or command_to_string(list(command))
            super().prepare_for_flow_run(*args, **said)

    ProcessWorker.job_configuration = Configuration


def main() -> None:
    """Run Prefect's command line, in which a worker starts runs with our engine."""
    do_without(*FORMATS)
    start_runs_with(engine.COMMAND)
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
