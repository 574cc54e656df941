"""The process of a run that the local worker starts: Prefect's engine, without what it loads for nothing.

`python -m nb2ops.orchestration.engine` reads from the environment which run it is, like `python -m prefect.engine`.
"""

from __future__ import annotations

import os
import runpy
import sys

from nb2ops.lean import FORMATS, do_without

COMMAND = (sys.executable, "-m", "nb2ops.orchestration.engine")


def main() -> None:
    """Run Prefect's engine in a session of its own: what is sent to the worker's processes as a group is not for it."""
    if os.getpgrp() != os.getpid():
        os.setsid()
    do_without(*FORMATS)
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
