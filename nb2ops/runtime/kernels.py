"""Kernels: finding them, starting them, noticing their end. The one module that touches jupyter_client's specs."""

from __future__ import annotations

import itertools
import json
import os
import re
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from nb2ops.errors import UsageError
from nb2ops.model import Json
from nb2ops.runtime.processes import MARKER, tied

DEFAULT_KERNEL = "python3"
PYTHON = "python"
_CHANNELS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
_WITHOUT_HISTORY = ("--HistoryManager.hist_file=:memory:",)
_PRIVATE = ("PREFECT_", "NB2OPS_SIGNING_KEY", "NB2OPS_SECRET_", "JPY_")
"""What a kernel must not inherit: credentials, and names by which Jupyter tells a kernel who its parent is."""


@dataclass(frozen=True, slots=True)
class KernelSpec:
    """A kernel that is installed.

    Attributes:
        argv: the command, with `{connection_file}` still in it.
        environment: what the kernelspec adds to the environment.
    """

    name: str
    language: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ipykernel(self) -> bool:
        """Whether it is IPython's kernel, which speaks the IPC transport."""
        return any("ipykernel" in argument for argument in self.argv)

    @property
    def is_python(self) -> bool:
        """Whether the kernel runs Python."""
        return self.language.lower() == PYTHON

    @property
    def interpreter(self) -> str:
        """The path of the program that runs."""
        return shutil.which(self.argv[0]) or self.argv[0]


def find_kernel(name: str | None, language: str = PYTHON) -> KernelSpec:
    """Return the installed kernel of that name; None: the default one of the language.

    Args:
        name: the kernelspec's name.
        language: the notebook's language, in lower case.

    Raises:
        UsageError: there is none, it runs something else than the notebook's language, or not on this machine.
    """
    manager = KernelSpecManager()
    name = name or _default_kernel(manager, language)
    try:
        found = manager.get_kernel_spec(name)
    except (NoSuchKernel, ValueError) as error:
        installed = ", ".join(sorted(manager.find_kernel_specs())) or "none"
        raise UsageError(f'No kernel "{name}"; installed: {installed}. Choose one with --kernel.') from error
    provisioner = found.metadata.get("kernel_provisioner", {}).get("provisioner_name", "local-provisioner")
    if provisioner != "local-provisioner":
        raise UsageError(f'Kernel "{name}" is started by {provisioner!r}; nb2ops starts kernels on this machine only.')
    if (found.language.lower() == PYTHON) != (language == PYTHON):
        text = f'Kernel "{name}" runs {found.language}, the notebook is in {language}.'
        raise UsageError(f"{text} Choose another one with --kernel.")
    return KernelSpec(name, found.language, _command(found.argv, found.resource_dir), dict(found.env))


def _default_kernel(manager: KernelSpecManager, language: str) -> str:
    if language == PYTHON:
        return DEFAULT_KERNEL
    installed = manager.get_all_specs()
    fitting = sorted(name for name, each in installed.items() if each["spec"]["language"].lower() == language)
    if not fitting:
        raise UsageError(f"No kernel for {language} is installed. Install one, or choose one with --kernel.")
    return fitting[0]


def _command(argv: list[str], resources: str) -> tuple[str, ...]:
    """Fill in a kernelspec's command as jupyter_client does: a bare `python` is the one that runs us."""
    first, *rest = argv
    if re.fullmatch(r"python(3(\.\d+)?)?", first):
        first = sys.executable
    values = {"{resource_dir}": resources, "{prefix}": sys.prefix}
    return tuple(_fill(argument, values) for argument in (first, *rest))


def _fill(argument: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        argument = argument.replace(name, value)
    return argument


class Kernel:
    """A kernel's process and the way to it.

    Attributes:
        pid: the process, which leads a session and a group of its own.
        connection: the connection file's content.
        log: what the process wrote before, beside or after the kernel's own streams.
        kind: "ordinary", "forked" when it was wanted, or "spare": forked before.
        why: why it is ordinary, None where it is not.
        exit_code: negative for a signal, None while it runs.
        usage: CPU seconds and peak memory in bytes, known once it ended.
        widgets: what its clients, one for each step, keep of its widgets.
    """

    def __init__(self, pid: int, spec: KernelSpec, connection: Json, log: Path, kind: str = "forked") -> None:
        self.pid, self.spec, self.connection, self.log, self.kind = pid, spec, connection, log, kind
        self.why: str | None = None
        self.exit_code: int | None = None
        self.usage: Json = {}
        self.widgets: dict[str, Any] = {}
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the process has ended, at once if it already has."""
        with self._lock:
            if not self.ended.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def end(self, exit_code: int, usage: Json) -> None:
        """Note the end."""
        with self._lock:
            self.exit_code, self.usage = exit_code, usage
            self.ended.set()
        for callback in self._callbacks:
            callback()


class Kernels:
    """The kernels of a run.

    Args:
        scratch: a short folder that nobody else may enter, for sockets and connection files.
        environment: what all kernels get.
    """

    def __init__(self, scratch: Path, environment: Mapping[str, str]) -> None:
        self._scratch, self._environment = scratch, environment
        self._lock = threading.Lock()
        self._spawned = threading.Event()
        self._live: dict[int, Kernel] = {}
        self._count = itertools.count(1)
        threading.Thread(target=self._reap, name="nb2ops-reaper", daemon=True).start()

    def launch(self, spec: KernelSpec, directory: Path, log: Path) -> Kernel:
        """Start a kernel in `directory`. Call it from the main thread: a kernel ends with the thread that made it."""
        file, connection = self.connect(spec)
        argv = [_fill(argument, {"{connection_file}": str(file)}) for argument in spec.argv]
        with self._lock:
            pid = self._spawn([*argv, *_options(spec)], spec, directory, log)
            kernel = self._live[pid] = Kernel(pid, spec, connection, log, "ordinary")
        self._spawned.set()
        return kernel

    def spawn(self, argv: list[str], spec: KernelSpec, directory: Path, log: Path, streams: Sequence[Any]) -> int:
        """Start another process like a kernel, with more open files; call it from the main thread."""
        pid = self._spawn(argv, spec, directory, log, streams)
        self._spawned.set()
        return pid

    def connect(self, spec: KernelSpec) -> tuple[Path, Json]:
        """Write the next connection file and return it with its content."""
        return connect(spec, self._scratch / f"k{next(self._count)}")

    def adopt(self, kernel: Kernel) -> Kernel:
        """Count a kernel that somebody else started as one of the run."""
        with self._lock:
            self._live[kernel.pid] = kernel
        return kernel

    def bury(self, pid: int, status: int, usage: Json) -> None:
        """Note the end of a kernel, or of anything else."""
        with self._lock:
            kernel = self._live.pop(pid, None)
        if kernel:
            kernel.end(os.waitstatus_to_exitcode(status), usage)

    def bury_missing(self, pid: int) -> None:
        """Note the end of a killed kernel if nobody is left to tell of it."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            self.bury(pid, signal.SIGKILL, {"cpu_seconds": None, "peak_bytes": None})

    def live(self) -> list[Kernel]:
        """The kernels that have not ended."""
        with self._lock:
            return list(self._live.values())

    def _spawn(
        self, argv: Sequence[str], spec: KernelSpec, directory: Path, log: Path, more: Sequence[Any] = ()
    ) -> int:
        launch = tied(argv, directory)
        log.parent.mkdir(parents=True, exist_ok=True)
        streams = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            *more,
        ]
        extra = {name: Template(value).safe_substitute(self._environment) for name, value in spec.environment.items()}
        return os.posix_spawn(launch[0], launch, {**self._environment, **extra}, file_actions=streams)

    def _reap(self) -> None:
        while True:
            self._spawned.wait()
            self._spawned.clear()
            self._reap_all()

    def _reap_all(self) -> None:
        """Note the end of kernels, and of orphans that became ours, until no child is left."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return
            peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            seconds = round(usage.ru_utime + usage.ru_stime, 3)
            self.bury(pid, status, {"cpu_seconds": seconds, "peak_bytes": peak})


def connection_arguments(file: Path) -> list[str]:
    """Return what IPython's kernel is started with."""
    return ["-f", str(file), *_WITHOUT_HISTORY]


def _options(spec: KernelSpec) -> tuple[str, ...]:
    return _WITHOUT_HISTORY if spec.is_ipykernel else ()


def connect(spec: KernelSpec, base: Path) -> tuple[Path, Json]:
    """Write a connection file: IPC for IPython's kernel, TCP on the loopback address for others."""
    file = base.with_suffix(".json")
    if not spec.is_ipykernel:
        return file, dict(write_connection_file(str(file), transport="tcp", kernel_name=spec.name)[1])
    connection: Json = {
        "transport": "ipc",
        "ip": str(base),
        "key": secrets.token_hex(32),
        "signature_scheme": "hmac-sha256",
        "kernel_name": spec.name,
        **{name: number for number, name in enumerate(_CHANNELS, 1)},
    }
    file.touch(0o600)
    file.write_text(json.dumps(connection))
    return file, connection


def kernel_environment(
    inherited: Mapping[str, str], run: str, temporary: Path, hash_seed: str, modules: Path | None
) -> dict[str, str]:
    """Return the environment that all kernels of a run share: no credentials, one hash seed, the run's marker.

    Args:
        inherited: the environment of this process.
        run: the run's id.
        temporary: the run's folder for temporary files.
        hash_seed: for `PYTHONHASHSEED`.
        modules: a folder of modules that come before any other.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith(_PRIVATE)}
    ours = {MARKER: run, "TMPDIR": str(temporary), "PYTHONHASHSEED": hash_seed}
    if modules is not None:
        ours["PYTHONPATH"] = os.pathsep.join([str(modules), *filter(None, [kept.get("PYTHONPATH")])])
    return {**kept, **ours}


def hash_seed() -> str:
    """Return a seed for `PYTHONHASHSEED`: the one in the environment, else a new one."""
    inherited = os.environ.get("PYTHONHASHSEED", "random")
    return inherited if inherited.isdigit() else str(secrets.randbelow(2**32))
