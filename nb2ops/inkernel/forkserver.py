"""Kernels by fork: `python forkserver.py CLOUDPICKLE BLAKE3` in the notebook's own environment, one process per run.

The arguments are the folders of these packages, which it lends to the in-kernel side (see `boot`).
It imports ipykernel once, later what the notebook imports, and forks a kernel whenever it is asked to. The child
becomes what `python -m ipykernel_launcher` makes of a process. What may not be loaded in advance is refused, and then
this process forks no more. Needs the standard library and ipykernel, nothing else.

JSON lines arrive at descriptor 3 and leave by it::

    {"op": "preload", "statements": ["import numpy as np"]}  ->  {"preloaded": null | "why not"}
    {"op": "fork", "id": 1, "argv": [...], "log": "..."}     ->  {"forked": 1, "pid": 42}
                                                                 {"ended": 42, "status": 0, "usage": {...}}

Everything runs in the main thread: a kernel ends with the thread that forked it. At the end of the input all
kernels end.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import json
import os
import selectors
import signal
import socket
import sys
import types
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec
from runpy import _run_code  # type: ignore[attr-defined]  # the frames that an ordinary kernel has
from typing import Any

Message = dict[str, Any]

CONTROL = 3
PR_SET_PDEATHSIG = 1
LAUNCHER = "ipykernel_launcher"
MACHINERY = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
)
"""What a kernel imports while it starts."""

PRELOADED = "_nb2ops_preloaded"
"""Where the first step's beginning finds what imports left beside `sys.modules`."""
_MAIN_OF_CHILDREN = "__mp_main__"
"""What `multiprocessing` calls the main module besides, from its import on."""


def _load_beside(name: str) -> Any:
    """Return a module of this folder; the notebook's environment has no nb2ops, and shall not see it."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_nb2ops_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


boot = _load_beside("boot")
preloading = _load_beside("preloading")


class Server:
    """Takes requests one by one and tells when kernels end."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._buffer = b""
        self._kernels: set[int] = set()
        self._traces = preloading.Traces()
        self._refusal: str | None = None
        self._wake, self._woken = os.pipe()
        self._selector = selectors.DefaultSelector()

    def serve(self) -> Message | None:
        """Work until the other end closes; return the request in a child that shall become its kernel."""
        for descriptor in (self._wake, self._woken):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fd == self._wake:
                    self._notice()
                elif request := self._read():
                    return request

    def _read(self) -> Message | None:
        try:
            data = self._control.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._end()
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if request["op"] == "preload":
                self._preload(request["statements"])
            elif self._fork(request):
                return dict(request)
        return None

    def _preload(self, statements: Sequence[str]) -> None:
        try:
            preloading.preload(statements, self._traces)
        except preloading.Refused as refusal:
            self._refusal = str(refusal)
        gc.freeze()  # else each kernel copies what its collector looks at, and takes twice the processor time
        self._say(preloaded=self._refusal)

    def _fork(self, request: Message) -> bool:
        """Fork and tell; whether this is the child."""
        if self._refusal:  # what is half loaded must not become a kernel
            self._say(forked=request["id"], pid=None)
            return False
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            self._leave(parent, request["log"])
            return True
        self._kernels.add(child)
        self._say(forked=request["id"], pid=child)
        return False

    def _leave(self, parent: int, log: str) -> None:
        """In the child: keep nothing of the server, lead a session, end with the parent."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        self._control.close()
        for descriptor in (self._wake, self._woken):
            os.close(descriptor)
        _write_to(log)
        _reseed()
        if self._traces.any:
            preloading.use_streams(self._traces.streams)
            rest: Any = types.ModuleType(PRELOADED)
            rest.apply = self._traces.apply
            sys.modules[PRELOADED] = rest

    def _notice(self) -> None:
        with suppress(OSError):
            os.read(self._wake, 1 << 12)
        self._reap(os.WNOHANG)

    def _reap(self, options: int) -> None:
        """Tell of kernels that have ended; without WNOHANG, wait for all of them."""
        while self._kernels:
            pid, status, usage = os.wait4(-1, options)
            if not pid:
                return
            self._kernels.discard(pid)
            seconds = round(usage.ru_utime + usage.ru_stime, 3)
            used = {"cpu_seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024}
            self._say(ended=pid, status=status, usage=used)

    def _say(self, **message: Any) -> None:
        with suppress(OSError):  # nobody listens: the end of the input comes next
            self._control.sendall(json.dumps(message).encode() + b"\n")

    def _end(self) -> None:
        for kernel in self._kernels:
            for kill in (os.killpg, os.kill):  # one that was forked just now does not lead its group yet
                with suppress(OSError):
                    kill(kernel, signal.SIGKILL)
        self._reap(0)
        os._exit(0)


# In the child


def _write_to(log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(descriptor, number)
    os.close(descriptor)


def _reseed() -> None:
    """Give numpy's global generator a state of its own; `random` does so by itself."""
    if "numpy.random" in sys.modules:
        import_module("numpy.random").seed()


def prepare(argv: Sequence[str]) -> tuple[Any, dict[str, Any], ModuleSpec]:
    """Make this process look as one that was started by `python -m ipykernel_launcher`; return what to run."""
    spec = importlib.util.find_spec(LAUNCHER)
    assert spec is not None  # the kernelspec names it
    loader: Any = spec.loader
    main = types.ModuleType("__main__")
    main.__dict__.update(__spec__=spec, __file__=spec.origin)
    sys.modules["__main__"] = main
    if _MAIN_OF_CHILDREN in sys.modules:
        sys.modules[_MAIN_OF_CHILDREN] = main
    orig: list[str] = getattr(sys, "orig_argv", [])
    orig[-len(sys.argv) :] = ["-m", LAUNCHER, *argv]
    sys.argv[:] = [str(spec.origin), *argv]
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    return loader.get_code(LAUNCHER), vars(main), spec


def load_machinery() -> None:
    """Import what every kernel needs; a part that this version of ipykernel does not have is none of its kernels'."""
    for name in MACHINERY:
        with suppress(ImportError):
            import_module(name)


def main() -> Message | None:
    """Serve; return the request in a child that shall become its kernel."""
    if sys.path and os.path.abspath(sys.path[0]) == os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=CONTROL)
    control.set_inheritable(False)
    load_machinery()
    boot.load_ahead(*sys.argv[1:])
    return Server(control).serve()


if __name__ == "__main__":
    _request = main()
    if _request:
        _code, _namespace, _spec = prepare(_request["argv"])
        _run_code(_code, _namespace, None, "__main__", _spec)
