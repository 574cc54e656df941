"""A notebook checked, built and verified."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from nb2ops.compiler.bundle import build_bundle, write_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import InvalidNotebook, Nb2opsError
from nb2ops.model import Json, Pipeline, Problem, Severity
from nb2ops.orchestration.verifying import Verification
from nb2ops.pages import fragments, graph
from nb2ops.wire import decode

_VERDICTS = {0, 1, 2}


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found.

    Attributes:
        problems: all of them, in notebook order.
        pipeline: the steps, None where the file is no notebook.
    """

    problems: tuple[Problem, ...]
    pipeline: Pipeline | None

    @property
    def ok(self) -> bool:
        """Whether the notebook can be built: warnings and notices do not matter."""
        return all(each.severity is not Severity.ERROR for each in self.problems)

    def __str__(self) -> str:
        return "\n".join(f"{each.severity}: {each}" for each in self.problems) or "No problems."

    def _repr_html_(self) -> str:
        picture = graph.picture(self.pipeline) if self.pipeline else ""
        return fragments.problems(self.problems) + picture


def check(notebook: str | PathLike[str]) -> Checked:
    """Return all problems of a notebook, and its pipeline. None of the notebook's code is run.

    Examples:
        >>> found = nb2ops.check("sales.ipynb")
        >>> found.ok, [step.name for step in found.pipeline.steps]
        (True, ['setup', 'load', 'total'])
    """
    try:
        compilation = compile_notebook(Path(notebook))
    except InvalidNotebook as error:
        return Checked(error.problems, None)
    return Checked(compilation.problems, compilation.pipeline)


def build(notebook: str | PathLike[str], folder: str | PathLike[str] | None = None) -> Path:
    """Write a notebook's flow and return its folder: flow.py, step notebooks, pipeline.json, prefect.yaml.

    Args:
        notebook: the source.
        folder: where to; else `NAME_pipeline` beside the notebook.

    Raises:
        InvalidNotebook: the notebook has errors.
        Conflict: files that nb2ops did not write are in the way.

    Examples:
        >>> sorted(path.name for path in nb2ops.build("sales.ipynb").iterdir())
        ['flow.py', 'manifest.json', 'pipeline.json', 'prefect.yaml', 'sales.ipynb', 'steps']
    """
    path = Path(notebook)
    target = Path(folder) if folder is not None else path.parent / f"{path.stem}_pipeline"
    write_bundle(build_bundle(compile_notebook(path), path.parent), target)
    return target


def verify(
    notebook: str | PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
    kernel: str | None = None,
    in_place: bool = False,
) -> Verification:
    """Run a notebook top to bottom and as a pipeline, and compare what every cell shows. Returns when that is done.

    Args:
        notebook: the source.
        parameters: values in place of its defaults.
        timeout: seconds for each of the runs.
        kernel: name of the kernelspec; else the notebook's.
        in_place: work in the notebook's folder itself, not in copies of it.

    Raises:
        InvalidNotebook: the notebook has errors.
        Nb2opsError: a parameter does not fit, Prefect does not answer, or a run came to no end of its own.

    Examples:
        >>> found = nb2ops.verify("sales.ipynb", {"rows": 4})
        >>> found.verdict.value, found.cells
        ('equal', 5)
    """
    compile_notebook(Path(notebook)).checked()
    said: dict[str, str | None] = {
        "--param-yaml": json.dumps(dict(parameters)) if parameters else None,
        "--timeout": None if timeout is None else str(timeout),
        "--kernel": kernel,
    }
    words = [word for name, value in said.items() if value is not None for word in (name, value)]
    flags = ["--in-place"] if in_place else []
    command = [sys.executable, "-m", "nb2ops", "verify", str(notebook), "-o", "json", *words, *flags]
    done = subprocess.run(
        command, capture_output=True, text=True
    )  # a process of its own: it takes signals, and Prefect
    return decode(Verification, _answer(done))


def _answer(done: subprocess.CompletedProcess[str]) -> Json:
    """Return what `verify` printed; what it complained of is an error."""
    try:
        found: Json = json.loads(done.stdout) if done.returncode in _VERDICTS else {}
    except ValueError:
        found = {}
    if not found:
        text = done.stderr.strip().removeprefix("nb2ops: ")
        raise Nb2opsError(text or f"verify ended with code {done.returncode}.")
    return found
