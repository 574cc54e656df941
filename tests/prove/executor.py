"""Runs a program linearly, and as a pipeline: steps in forked processes, in an order that is not the notebook's.

Analysis, hand-over and the choice of kernels are the real ones (`compile_notebook`, `nb2ops.inkernel.session`,
`nb2ops.runtime.sharing`); in place of kernels there are IPython shells in children of a process that has imported the
libraries already.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.inkernel import shell as shell_settings
from nb2ops.inkernel.session import Session
from nb2ops.model import Json, Pipeline, Step
from nb2ops.runtime.handover import make_job, report, staying
from nb2ops.runtime.sharing import Separated, SharedKernel, Sharing
from tests.notebooks import write_notebook
from tests.prove.programs import Program

KEY = "ab" * 16
TIMEOUT = 60


class Died(Exception):
    """A child ended with an exception, or without a word."""


@dataclass
class Shown:
    """What a cell gave: text of both streams, displays and figures, and the exception that it ended with."""

    text: str
    error: str | None


@dataclass
class Difference:
    """A cell, or a step as a whole, that gave something else than in the linear run."""

    where: str
    linear: str
    pipeline: str


class _Stream(io.StringIO):
    def isatty(self) -> bool:
        return False


class _Publisher(DisplayPublisher):
    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        sys.stdout.write(f"<display> {data.get('text/plain')}\n")


class Shell:
    """An IPython shell of a forked process."""

    def __init__(self) -> None:
        sys.stdout = sys.stderr = self.stream = _Stream()
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        InteractiveShell.display_pub_class = _Publisher
        self.ipython = InteractiveShell.instance(config=config)
        self.ipython.showtraceback = self._show_error
        self.ipython.showsyntaxerror = self._show_error

    def _show_error(self, *_: Any, **__: Any) -> None:
        kind, error, _traceback = sys.exc_info()
        self.stream.write(f"<error> {kind.__name__ if kind else ''}: {error}\n")

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
    text = re.sub(r"0x[0-9a-f]{6,}", "0x..", text)
    text = re.sub(r"(CPU times|Wall time|per loop).*", r"\1", text)
    return re.sub(r"[\d.]+ [nuµm]?s (±|\+-) .*", "", text)


def _show_figures() -> None:
    from hashlib import sha256

    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        picture = io.BytesIO()
        plt.figure(number).savefig(picture, dpi=40, format="png")
        sys.stdout.write(f"<figure {sha256(picture.getvalue()).hexdigest()[:8]}>\n")
    plt.close("all")


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


def _serve(serve: Callable[[], Callable[[Any], Any]], asked: BinaryIO, answered: BinaryIO) -> None:
    answer = None
    while True:
        question = pickle.load(asked)
        if answer is None:
            _seed()
            answer = serve()
        pickle.dump(_attempt(partial(answer, question)), answered)
        answered.flush()


def _seed() -> None:
    import random

    import numpy as np

    random.seed()
    np.random.seed()


def _attempt(act: Callable[[], Any]) -> tuple[bool, Any]:
    signal.alarm(TIMEOUT)
    try:
        return True, act()
    except BaseException:  # whatever a program raises is told to the parent
        return False, traceback.format_exc()


def run_linear(program: Program, folder: Path) -> list[Shown]:
    """Run all cells in one process, up to the first that fails."""
    place = _place(program, folder)

    def run(_: None) -> list[Shown]:
        shell, shown = Shell(), []
        for number, source in enumerate(program.cells):
            shown.append(shell.run(source))
            if shown[-1].error and not program.may_fail(number):
                break
        return shown

    def serve() -> Callable[[Any], Any]:
        _enter(place)
        return run

    child = Child(serve)
    try:
        found: list[Shown] = child.ask(None)
    finally:
        child.close()
    return found


def build(program: Program, every: int, folder: Path) -> Pipeline:
    """Return the pipeline of a program in which every so many cells are a step.

    Raises:
        InvalidNotebook: it is refused.
    """
    tagged = [
        (" ".join([*tags, *([f"step:s{number // every}"] if number % every == 0 else [])]), source)
        for number, (tags, source) in enumerate(zip(program.tags, program.cells, strict=True))
    ]
    place = _place(program, folder)
    return compile_notebook(write_notebook(place / "nb.ipynb", *tagged)).checked()


def run_pipeline(program: Program, pipeline: Pipeline, folder: Path, *, last_first: bool) -> dict[int, Shown]:
    """Run the steps; a failing cell ends the run.

    Args:
        program: what the pipeline was built from.
        pipeline: the steps.
        folder: for the program's files and the run's.
        last_first: of the steps that may run, the latest goes first, not the earliest.

    Raises:
        Died: a step could not run.
    """
    kernels = _Kernels(program, _place(program, folder))
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    for name in ("packs", "reports"):
        (run / name).mkdir(parents=True)
    sharing = Sharing(pipeline)
    shown: dict[int, Shown] = {}
    done: list[str] = []
    try:
        while len(done) < len(pipeline.steps):
            step = _next_step(pipeline, sharing, done, last_first=last_first)
            shown |= _run_in_kernel(pipeline, sharing, kernels, step, run)
            done.append(step.name)
            if any(each.error and not program.may_fail(number) for number, each in shown.items()):
                break
    except Separated as problem:
        raise Died(str(problem)) from problem
    finally:
        kernels.close()
    return shown


def _next_step(pipeline: Pipeline, sharing: Sharing, done: list[str], *, last_first: bool) -> Step:
    free = [step for step in pipeline.steps if step.name not in done]
    ready = [step for step in free if set(pipeline.upstream(step.name)) <= set(done) and not sharing.must_wait(step)]
    return ready[-1 if last_first else 0]


def _run_in_kernel(pipeline: Pipeline, sharing: Sharing, kernels: _Kernels, step: Step, run: Path) -> dict[int, Shown]:
    shared = sharing.assign(step)
    job = make_job(pipeline, step, run, key=KEY, count=step.cells[0].cell, arrival=sharing.enter(step))
    shown = kernels.of(shared).ask((step, job))
    sharing.note(step, staying(json.loads(report(run, step.name).read_text())))
    sharing.settle(step)
    return shown


class _Kernels:
    """Forked processes that stand for kernels."""

    def __init__(self, program: Program, place: Path) -> None:
        self._program, self._place = program, place
        self._children: dict[SharedKernel, Child] = {}

    def of(self, shared: SharedKernel) -> Child:
        if shared not in self._children:
            self._children[shared] = Child(self._serve)
        return self._children[shared]

    def _serve(self) -> Callable[[Any], Any]:
        _enter(self._place)
        shell = Shell()
        shell_settings.attend()
        return lambda asked: _run_step(self._program, shell, *asked)

    def close(self) -> None:
        for child in self._children.values():
            child.close()


def _run_step(program: Program, shell: Shell, step: Step, job: Json) -> dict[int, Shown]:
    session = Session(job, shell.ipython)
    session.begin()
    shown: dict[int, Shown] = {}
    for cell in step.cells:
        session.before_cell(cell.id, cell.cell)
        shown[cell.index] = shell.run(program.cells[cell.index])
        session.after_cell(cell.id)
        if shown[cell.index].error and not program.may_fail(cell.index):
            session.finish(save=False)
            return shown
    session.finish(save=True)
    return shown


def _place(program: Program, folder: Path) -> Path:
    """Make the program's own folder anew."""
    place = folder / "place"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name, text in program.files.items():
        (place / name).write_text(text)
    return place


def _enter(place: Path) -> None:
    os.chdir(place)
    sys.path.insert(0, str(place))
