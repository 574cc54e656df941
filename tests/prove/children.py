"""Forked processes in the place of kernels: each begins as a copy of one that has loaded the libraries already."""

from __future__ import annotations

import ctypes
import gc
import importlib
import io
import os
import pickle
import random
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from nb2ops.runtime.launch import PR_SET_PDEATHSIG

OWN = ("IPython.core.interactiveshell", "nb2ops.inkernel.session")
LIBRARIES = ("numpy", "pandas", "matplotlib.pyplot", "sklearn.linear_model", "sklearn.ensemble", "scipy.stats")
"""Half of what a child costs is due to them: it shares their memory, page by page."""
TIMEOUT = 60
"""Seconds that a child may take."""


class Died(Exception):
    """A child ended with an exception, or without a word."""


@dataclass(frozen=True)
class Shown:
    """What a cell gave: text of both streams, displays and figures, and the exception that it ended with."""

    text: str
    error: str | None


def names_libraries(text: str) -> bool:
    """Whether code may import one of the libraries that are loaded ahead."""
    roots = {library.partition(".")[0] for library in LIBRARIES}
    return any(root in text for root in {*roots, "pylab"})


def prepare(place: Path, libraries: Sequence[str] = LIBRARIES) -> None:
    """Load what every child needs, in the folder in which all of them will run, as a kernel does in a notebook's.

    Children fork from here: they inherit the libraries and an IPython shell.
    """
    place.mkdir(parents=True, exist_ok=True)
    os.chdir(place)
    os.environ["MPLBACKEND"] = "Agg"
    os.environ.pop("PYTHONPATH", None)
    for library in (*libraries, *OWN):
        importlib.import_module(library)
    _make_shell().run_cell("None", silent=True)
    sys.dont_write_bytecode = True  # a program that lists its folder shall not find what an import left there
    gc.collect()
    gc.freeze()


class Child:
    """A forked process that answers questions.

    Args:
        serve: called in the process; returns what answers.
    """

    def __init__(self, serve: Callable[[], Callable[[Any], Any]]) -> None:
        asked, self._questions = _pipe()
        self._answers, answered = _pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _serve(serve, asked, answered)
        asked.close()
        answered.close()

    def ask(self, question: Any) -> Any:
        """Return the answer to a question.

        Raises:
            Died: answering raised, ended the process, or took too long.
        """
        pickle.dump(question, self._questions)
        self._questions.flush()
        try:
            good, answer = pickle.load(self._answers)
        except EOFError:
            good, answer = False, "died without a word"
        if not good:
            raise Died(answer)
        return answer

    def close(self) -> None:
        """End the process."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._answers.close()
        with suppress(BrokenPipeError):
            self._questions.close()


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    reader, writer = os.pipe()
    return os.fdopen(reader, "rb"), os.fdopen(writer, "wb")


def end_with_parent() -> None:
    """Have this process killed when the one that made it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _serve(serve: Callable[[], Callable[[Any], Any]], asked: BinaryIO, answered: BinaryIO) -> None:
    end_with_parent()
    answer = None
    while True:
        question = pickle.load(asked)
        if answer is None:
            _seed()
            answer = serve()
        pickle.dump(_attempt(partial(answer, question)), answered)
        answered.flush()


def _seed() -> None:
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _attempt(act: Callable[[], Any]) -> tuple[bool, Any]:
    signal.alarm(TIMEOUT)
    try:
        return True, act()
    except BaseException:  # whatever a program raises is told to the parent
        return False, traceback.format_exc()


class _Stream(io.StringIO):
    def isatty(self) -> bool:
        return False


def _make_shell() -> Any:
    from IPython.core.compilerop import CachingCompiler
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
            shown = ", ".join(f"{kind}: {data[kind]}" for kind in sorted(data) if kind.startswith("text/"))
            sys.stdout.write(f"<display> {shown}\n")

    class Compiler(CachingCompiler):
        """Files the code of cells in a folder of its own, as a kernel's does."""

        def get_code_name(self, *arguments: Any) -> str:
            return f"/cells/{super().get_code_name(*arguments)}"

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    InteractiveShell.display_pub_class = Publisher
    InteractiveShell.compiler_class = Compiler
    return InteractiveShell.instance(config=config)


class Shell:
    """The IPython shell of a forked process."""

    def __init__(self) -> None:
        self.ipython = _make_shell()
        sys.stdout = sys.stderr = self.stream = _Stream()
        self.ipython.showtraceback = self._show_error
        self.ipython.showsyntaxerror = self._show_error

    def _show_error(self, *_: Any, **__: Any) -> None:
        kind, error, trace = sys.exc_info()
        told, places = str(error), self._places(trace)
        if isinstance(error, RecursionError):  # where in its turns it ends depends on who called the shell
            told, places = "", iter(sorted({*places}))
        self.stream.write(f"<error> {kind.__name__ if kind else ''}: {told} {' '.join(places)}\n")

    def _places(self, trace: TracebackType | None) -> Iterator[str]:
        """The cells and lines that a traceback names."""
        for frame, line in traceback.walk_tb(trace):
            number = self.ipython.compile._filename_map.get(frame.f_code.co_filename)
            if number is not None:
                yield f"In[{number}]:{line}"

    def pass_over(self) -> None:
        """Leave out a cell that has a prompt number of its own."""
        self.ipython.execution_count += 1

    def run(self, source: str) -> Shown:
        """Run a cell."""
        result = self.ipython.run_cell(source, store_history=True)
        _show_figures()
        text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        error = result.error_before_exec or result.error_in_exec
        return Shown(_comparable(text), None if error is None else _comparable(f"{type(error).__name__}: {error}"))


def _comparable(text: str) -> str:
    """Text without addresses and times."""
    text = re.sub(r"0x[0-9a-fA-F]{6,}", "0x..", text)
    text = re.sub(r"(CPU times|Wall time|per loop).*", r"\1", text)
    return re.sub(r"[\d.]+ [nuµm]?s (±|\+-) .*", "", text)


def _show_figures() -> None:
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is None:
        return
    for number in plt.get_fignums():
        picture = io.BytesIO()
        plt.figure(number).savefig(picture, dpi=40, format="png")
        sys.stdout.write(f"<figure {sha256(picture.getvalue()).hexdigest()[:8]}>\n")
    plt.close("all")
