"""The fork server of a run: a process in the notebook's environment that forks kernels (`inkernel/forkserver.py`)."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Self

from nb2ops.model import Json
from nb2ops.runtime.control import Channel
from nb2ops.runtime.handover import lent_packages
from nb2ops.runtime.kernels import Kernel, Kernels, KernelSpec, connection_arguments

SWITCH = "NB2OPS_KERNELS"
"""An environment variable; `ordinary` turns forking off."""

_PROGRAM = Path(__file__).parent.parent / "inkernel" / "forkserver.py"
_LAUNCHER = ("-m", "ipykernel_launcher", "-f", "{connection_file}")
_CONTROL = 3


class CannotFork(Exception):
    """Why there is no forked kernel to be had."""


def obstacle(spec: KernelSpec, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return why kernels of a kernelspec are not forked, None where they are.

    Example:
        >>> obstacle(find_kernel("ir"))
        'its command is not `python -m ipykernel_launcher -f {connection_file}`'
    """
    if environment.get(SWITCH) == "ordinary":
        return f"{SWITCH} is ordinary"
    if sys.platform != "linux":
        return "only Linux ends a fork with its parent"
    if spec.argv[-len(_LAUNCHER) :] != _LAUNCHER or any(not each.startswith("-") for each in _options(spec)):
        return f"its command is not `python {' '.join(_LAUNCHER)}`"
    return None


def _options(spec: KernelSpec) -> tuple[str, ...]:
    """The interpreter's own options."""
    return spec.argv[1 : -len(_LAUNCHER)]


class ForkServer:
    """The supervisor's side of a fork server.

    Attributes:
        pid: its process.
        refusal: why it forks no more, None while it does.
        ended: whether it has gone.
    """

    def __init__(self, pid: int, kernels: Kernels, spec: KernelSpec, channel: Channel) -> None:
        self.pid = pid
        self._kernels, self._spec, self._channel = kernels, spec, channel
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Future[Kernel], Json, Path]] = {}
        self._forked: set[int] = set()
        self.refusal: str | None = None
        self.ended = False
        threading.Thread(target=self._listen, name="nb2ops-forking", daemon=True).start()

    @classmethod
    def start(cls, kernels: Kernels, spec: KernelSpec, directory: Path, log: Path) -> Self:
        """Start the server in the kernels' directory. Call it from the main thread, with which it ends.

        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            given = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), _CONTROL)]
            command = [spec.argv[0], *_options(spec), str(_PROGRAM), *lent_packages().values()]
            pid = kernels.spawn(command, spec, directory, log, given)
        return cls(pid, kernels, spec, Channel(ours))

    def preload(self, statements: Sequence[str]) -> None:
        """Have modules imported before the next fork; where that is refused, there is no next fork."""
        self._channel.send({"op": "preload", "statements": list(statements)})

    def fork(self, log: Path) -> Future[Kernel]:
        """Have a kernel forked.

        Returns:
            The kernel; raises `CannotFork` where the server refuses or has ended.
        """
        file, connection = self._kernels.connect(self._spec)
        kernel: Future[Kernel] = Future()
        with self._lock:
            if self.refusal:
                kernel.set_exception(CannotFork(self.refusal))
                return kernel
            number = next(self._numbers)
            self._waiting[number] = (kernel, connection, log)
        self._channel.send({"op": "fork", "id": number, "argv": connection_arguments(file), "log": str(log)})
        return kernel

    def close(self) -> None:
        """End the server, and with it the kernels that still run; it tells of their ends before its own."""
        self._channel.close_sending()

    def _listen(self) -> None:
        for message in self._channel.receive():
            if "forked" in message:
                self._note_fork(message["forked"], message["pid"])
            elif "ended" in message:
                self._forked.discard(message["ended"])
                self._kernels.bury(message["ended"], message["status"], message["usage"])
            elif message["preloaded"]:
                self.refusal = message["preloaded"]
        self._end()

    def _note_fork(self, number: int, pid: int | None) -> None:
        with self._lock:
            kernel, connection, log = self._waiting.pop(number)
        if pid is None:
            kernel.set_exception(CannotFork(self.refusal))
        else:
            self._forked.add(pid)
            kernel.set_result(self._kernels.adopt(Kernel(pid, self._spec, connection, log)))

    def _end(self) -> None:
        """The server has gone; its kernels go with it, if they did not ask the system not to."""
        with self._lock:
            self.ended = True
            self.refusal = self.refusal or "the fork server has ended"
            waiting, self._waiting = self._waiting, {}
        for kernel, _, _ in waiting.values():
            kernel.set_exception(CannotFork(self.refusal))
        for pid in self._forked:
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            self._kernels.bury_missing(pid)
        self._channel.close()
