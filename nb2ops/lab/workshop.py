"""A process for what takes processor time or imports Prefect, so that the Jupyter server does neither.

It is started when it is first needed, does one task at a time, and ends with the server or when it has had nothing to
do for a while. A task that takes too long is ended with it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import weakref
from typing import Any

from nb2ops.model import Json

LAUNCH = (
    "from nb2ops.lean import FORMATS, do_without; do_without(*FORMATS); from nb2ops.lab.tasks import serve; serve()"
)


class Workshop:
    """One process and its tasks, see `nb2ops.lab.tasks`."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    async def do(self, task: str, **arguments: Any) -> bytes:
        """Return the JSON that a task makes.

        Args:
            task: its name.
            arguments: what it is given, as JSON.

        Raises:
            Answered: it found a fault.
            RuntimeError: it ended the process.
        """
        line = json.dumps({"task": task, "arguments": arguments}).encode() + b"\n"
        async with self._lock:
            try:
                header, body = await asyncio.to_thread(self._exchange, line)
            except asyncio.CancelledError:
                self.close()  # too late: what it does is of no use to anybody
                raise
        if header["status"] == 200:
            return body
        from nb2ops.lab.faults import Answered, Fault

        raise Answered(header["status"], Fault(**json.loads(body)))

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process = None

    def _exchange(self, line: bytes) -> tuple[Json, bytes]:
        for _ in range(2):  # it may just be ending, with nothing to do
            process = self._running()
            try:
                assert process.stdin
                assert process.stdout
                process.stdin.write(line)
                process.stdin.flush()
                header = process.stdout.readline()
                if header:
                    told: Json = json.loads(header)
                    return told, process.stdout.read(told["length"])
            except OSError:
                pass
            process.wait()
        raise RuntimeError(f"The process for notebooks ended with code {process.returncode}.")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._process = subprocess.Popen([sys.executable, "-c", LAUNCH], **pipes)  # type: ignore[call-overload]
            weakref.finalize(self, self._process.kill)
        return self._process
