"""Runs a program linearly, and as a pipeline: each step in a forked process, in an order that is not the notebook's.

Analysis and hand-over are the real ones (`compile_notebook`, `nb2ops.inkernel.session`); in place of kernels there are
IPython shells in children of a process that has imported the libraries already.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.inkernel.session import Session
from nb2ops.model import Pipeline
from nb2ops.runtime.handover import make_job
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


def in_child(act: Callable[[], Any]) -> Any:
    """Return what a function gives in a forked process.

    Raises:
        Died: it raised, ended, or took too long.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        answer = _attempt(act)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    good, answer = pickle.loads(content) if content else (False, "died without a word")
    if not good:
        raise Died(answer)
    return answer


def _attempt(act: Callable[[], Any]) -> tuple[bool, Any]:
    import random

    import numpy as np

    signal.alarm(TIMEOUT)
    random.seed()
    np.random.seed()
    try:
        return True, act()
    except BaseException:  # whatever a program raises is told to the parent
        return False, traceback.format_exc()


def run_linear(program: Program, folder: Path) -> list[Shown]:
    """Run all cells in one process, up to the first that fails."""
    place = _place(program, folder)

    def act() -> list[Shown]:
        _enter(place)
        shell, shown = Shell(), []
        for number, source in enumerate(program.cells):
            shown.append(shell.run(source))
            if shown[-1].error and not program.may_fail(number):
                break
        return shown

    found: list[Shown] = in_child(act)
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


def order_of(pipeline: Pipeline, *, last_first: bool) -> list[str]:
    """Return an order that the graph allows: the latest step that may run comes first, or notebook order."""
    names = [step.name for step in pipeline.steps]
    order: list[str] = []
    while len(order) < len(names):
        ready = [name for name in names if name not in order and set(pipeline.upstream(name)) <= set(order)]
        order.append(ready[-1] if last_first else ready[0])
    return order


def run_pipeline(program: Program, pipeline: Pipeline, order: list[str], folder: Path) -> dict[int, Shown]:
    """Run the steps, each in a process of its own; a failing cell ends the run."""
    place, run = _place(program, folder), folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    for name in ("packs", "reports"):
        (run / name).mkdir(parents=True)
    shown: dict[int, Shown] = {}
    for name in order:
        shown |= in_child(lambda name=name: _run_step(program, pipeline, name, place, run))
        if any(each.error and not program.may_fail(number) for number, each in shown.items()):
            break
    return shown


def _run_step(program: Program, pipeline: Pipeline, name: str, place: Path, run: Path) -> dict[int, Shown]:
    step = pipeline.step(name)
    job = make_job(pipeline, step, run, key=KEY, count=step.cells[0].cell)
    _enter(place)
    shell = Shell()
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
