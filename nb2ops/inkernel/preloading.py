"""Importing ahead, in the fork server, what forked kernels shall find imported: as a kernel would, or not at all.

`forkserver` loads this file by its path; it needs the standard library and IPython.
"""

from __future__ import annotations

import builtins
import locale
import os
import signal
import sys
import sysconfig
import threading
import types
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import glob
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

INLINE = "module://matplotlib_inline.backend_inline"
FORK_PROOF = frozenset(("jemalloc_bg_thd",))
"""Names of the system's threads that may run at a fork: jemalloc's (pyarrow has it) only gives memory back, and
jemalloc itself makes a fork do without it."""


class Refused(BaseException):
    """Why something cannot be loaded in advance; no `except Exception` of an import shall swallow it."""


class Traces:
    """What imports change beside `sys.modules`: taken back until the notebook's first step begins.

    Attributes:
        any: whether anything was imported.
        environment: variables that imports set.
        filters: warning filters that imports added in front of those before.
        streams: the kernel's `sys.stdout` and `sys.stderr`, as imports met them.
    """

    def __init__(self) -> None:
        self.streams = make_streams()
        self.any = False
        self.environment: dict[str, str] = {}
        self.filters: list[Any] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Note what the imports in the block leave, and take it back.

        Raises:
            Refused: it cannot be taken back.
        """
        self.any = True
        self.apply()
        environment, filters = dict(os.environ), list(warnings.filters)
        yield
        added = len(warnings.filters) - len(filters)
        if added < 0 or list(warnings.filters)[added:] != filters or environment.keys() - os.environ.keys():
            raise Refused("importing removes warning filters or environment variables")
        changed = {name: value for name, value in os.environ.items() if environment.get(name) != value}
        if changed.keys() & environment.keys():
            raise Refused("importing changes environment variables")
        own = set(self.environment)
        self.environment.update(changed)
        self.filters = list(warnings.filters)[: added + len(self.filters)]
        for name in own | changed.keys():
            del os.environ[name]
        del warnings.filters[: len(self.filters)]  # type: ignore[attr-defined]

    def apply(self) -> None:
        """Bring back what was taken."""
        os.environ.update(self.environment)
        warnings.filters[0:0] = self.filters  # type: ignore[index]
        with warnings.catch_warnings():
            pass  # leaving it tells the interpreter that filters have changed


class InstalledOnly(PathFinder):
    """Finds modules as `PathFinder` does, and refuses those that are not installed: they are the notebook's own.

    Attributes:
        refused: the modules that were refused.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []
        kinds = ("stdlib", "platstdlib", "purelib", "platlib")
        found = {sysconfig.get_paths()[kind] for kind in kinds}
        found |= {path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")}
        self._roots = tuple(os.path.join(each, "") for path in found for each in (path, os.path.realpath(path)))

    def find_spec(  # type: ignore[override]  # PathFinder is never made
        self, name: str, path: Any = None, target: Any = None
    ) -> ModuleSpec | None:
        """Return the module's spec.

        Raises:
            Refused: it is not installed.
        """
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.has_location and not os.path.abspath(spec.origin or "").startswith(self._roots):
            self.refused.append(name)
            raise Refused(f"{name} is not an installed module")
        return spec


def preload(statements: Sequence[str], traces: Traces) -> None:
    """Import ahead what the notebook has imported by the time that the next kernel is needed.

    Raises:
        Refused: it would not be the same as importing in a kernel.
    """
    if _startup_files():
        raise Refused("IPython runs startup files of the user's")
    before = _surroundings()
    with traces.kept(), _as_in_a_kernel(), _silently(traces.streams):
        for statement in statements:
            _execute(statement)
    if _surroundings() != before:
        raise Refused("importing changes paths, signals, streams, hooks, open files or the locale")
    if threading.active_count() > 1 or _threads_after_fork() > 1:
        raise Refused("importing starts threads")


def _startup_files() -> list[str]:
    """What IPython runs when a kernel starts: it might look at what is loaded."""
    folder = os.path.join(import_module("IPython.paths").get_ipython_dir(), "profile_default", "startup")
    return [path for pattern in ("*.py", "*.ipy") for path in glob(os.path.join(folder, pattern))]


def _execute(statement: str) -> None:
    try:
        exec(compile(statement, "<nb2ops>", "exec"), {"__name__": "__main__"})
    except Exception as error:
        raise Refused(f'"{statement}" raises {type(error).__name__}: {error}') from error


def _surroundings() -> tuple[Any, ...]:
    """What a process holds beside modules: an import that changes it must happen in the kernel."""
    signals = [signal.getsignal(number) for number in sorted(signal.valid_signals())]
    streams = (sys.stdin, sys.stdout, sys.stderr, sys.displayhook, sys.excepthook, sys.unraisablehook)
    files = [name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
    return list(sys.path), os.getcwd(), signals, streams, sorted(files), locale.setlocale(locale.LC_ALL)


def _threads_after_fork() -> int:
    """Count the system's threads that matter once a fork has had libraries end theirs (OpenBLAS does)."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    names = (_thread_name(thread) for thread in os.listdir("/proc/self/task"))
    return sum(name not in FORK_PROOF for name in names if name)


def _thread_name(thread: str) -> str | None:
    """Return what the system calls a thread, None where it has ended."""
    try:
        with open(f"/proc/self/task/{thread}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


@contextmanager
def _as_in_a_kernel() -> Iterator[None]:
    """Import as a kernel does: with its path and backend, IPython's filter, and nobody asking for the shell."""
    asked: list[str] = []
    finder, place = sys.meta_path.index(PathFinder), _place_of_directory()
    backend = os.environ.get("MPLBACKEND")
    shell = import_module("IPython.core.interactiveshell").InteractiveShell

    def initialized(_: Any) -> bool:
        asked.append(_who_asks())
        return False

    guard = InstalledOnly()
    sys.meta_path[finder] = guard
    vars(builtins)["get_ipython"] = Shell
    sys.path.insert(place, "")
    os.environ["MPLBACKEND"] = backend or INLINE
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    shell_filter, shell.initialized = warnings.filters[0], classmethod(initialized)
    try:
        yield
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]
        del shell.initialized  # the inherited one comes back
        sys.meta_path[sys.meta_path.index(guard)] = PathFinder
        sys.path.remove("")
        warnings.filters.remove(shell_filter)  # type: ignore[attr-defined]
        if backend is None:
            del os.environ["MPLBACKEND"]
    if guard.refused:  # and some import went on without
        raise Refused(f"{guard.refused[0]} is not an installed module")
    if asked:
        raise Refused(f"{asked[0]} looks for IPython's shell while it is imported")


def _who_asks() -> str:
    frame: types.FrameType | None = sys._getframe(2)
    while frame and str(frame.f_globals.get("__name__", "")).startswith("IPython."):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")) if frame else "something"


def _place_of_directory() -> int:
    """Where IPython puts the working directory: before the first folder of packages."""
    names = [os.path.basename(path) for path in sys.path]
    return next((place for place, name in enumerate(names) if name in ("site-packages", "dist-packages")), 0)


class Shell:
    """What a library finds where it asks `get_ipython()` whether it is in a kernel, as pandas does."""

    kernel = True


def make_streams() -> tuple[Any, Any]:
    """Return what shall be the kernel's `sys.stdout` and `sys.stderr`: imports keep them, as default arguments.

    They are ipykernel's streams, not yet set up; until they are, they only note whether something was printed.
    """

    class EarlyStream(import_module("ipykernel.iostream").OutStream):  # type: ignore[misc]
        printed = False

        def __init__(self) -> None:
            pass

        def write(self, _: str) -> None:
            self.printed = True

        def isatty(self) -> bool:
            return False

        def flush(self) -> None:
            pass

        def close(self) -> None:
            pass

    return EarlyStream(), EarlyStream()


def use_streams(streams: tuple[Any, Any]) -> None:
    """Let the kernel that starts next set up these streams instead of new ones."""
    module = import_module("ipykernel.iostream")
    kind, waiting = module.OutStream, {"stdout": streams[0], "stderr": streams[1]}

    def set_up(session: Any, thread: Any, name: str, **options: Any) -> Any:
        stream = waiting.pop(name)
        if not waiting:
            module.OutStream = kind  # type: ignore[attr-defined]
        vars(stream).clear()
        stream.__class__ = kind
        stream.__init__(session, thread, name, **options)
        return stream

    module.OutStream = set_up  # type: ignore[attr-defined]


@contextmanager
def _silently(streams: tuple[Any, Any]) -> Iterator[None]:
    """Import with the kernel's streams, and catch what is printed there or past them.

    Raises:
        Refused: something was printed, which a kernel shows.
    """
    kept, usual = (os.dup(1), os.dup(2)), (sys.stdout, sys.stderr)
    printed = os.memfd_create("printed")
    for number in (1, 2):
        usual[number - 1].flush()
        os.dup2(printed, number)
    sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        sys.stdout, sys.stderr = usual
        for number, descriptor in enumerate(kept, 1):
            usual[number - 1].flush()
            os.dup2(descriptor, number)
            os.close(descriptor)
        size = os.fstat(printed).st_size
        os.close(printed)
    if size or any(stream.printed for stream in streams):
        raise Refused("importing prints or warns")
