"""The command line as a process of its own, which ends when its work is done.

Python takes every module apart before a process ends; of Prefect's that takes 0.3 s, and nobody sees it done.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

from nb2ops.cli.app import main


class _End:
    """Called when all threads and all other exit handlers are through, as the one that was registered first."""

    code: object = None

    def __call__(self) -> None:
        if not isinstance(self.code, int):
            return  # an exception that nobody expected: Python reports it
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # closed, or nobody reads it any more
                stream.flush()
        os._exit(self.code)


def run() -> NoReturn:
    """Run the command line that this process was started with, and end the process."""
    end = _End()
    atexit.register(end)
    try:
        main()
    except SystemExit as leaving:
        end.code = leaving.code or 0
        raise
