"""The key of a step: everything that is known before it runs and on which its result depends, by name.

Two keys are compared part by part, so that it can be said why a step runs. A part is a text; a name says what it is:
`cell:7`, `input:df`, `state:random`, `parameter:rows`, `environment:TZ`.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from blake3 import blake3

import nb2ops
from nb2ops.model import Json, Pipeline, Step
from nb2ops.runtime.handover import package_folder, producers, report
from nb2ops.runtime.kernels import KernelSpec

Parts = Mapping[str, str]

_VARIABLES = (
    "LANG", "LC_", "TZ", "PYTHON", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "BLIS_", "KMP_", "GOTO_", "MPL", "CUDA_",
    "NUMPY_", "NPY_", "PANDAS_", "SKLEARN_", "SCIPY_", "JOBLIB_", "NUMBA_", "HOME", "USER", "NB2OPS_KERNELS",
    "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR",
)  # fmt: skip
"""Beginnings of the names of environment variables that libraries read."""
CELL = "cell:"
"""Beginning of the names of parts that are code."""
_WORDS = {
    "cell": "code of cell {}",
    "input": "input {}",
    "all": "what step {} hands over",
    "state": "the {} before it",
    "parameter": "parameter {}",
    "environment": "environment variable {}",
    "nb2ops": "nb2ops itself",
    "interpreter": "the interpreter",
    "kernel": "the kernel",
    "platform": "the system",
    "directory": "the working directory",
    "hash seed": "the hash seed",
    "numbers": "the prompt numbers of its cells",
    "step": "what other steps take from it",
}


def parts(
    pipeline: Pipeline,
    step: Step,
    folder: Path,
    *,
    sources: Mapping[str, str],
    values: Mapping[str, Any],
    spec: KernelSpec,
    directory: Path,
    seed: str,
    counts: Sequence[int],
) -> Parts:
    """Return the parts of a step's key.

    Args:
        pipeline: what runs.
        step: the step; those before it have run.
        folder: the run's folder, with the reports of the steps before it.
        sources: cell id -> source and tags, as one text.
        values: parameters that are injected in this step, typed.
        spec: the kernel.
        directory: the kernels' working directory.
        seed: the random hash seed of the run.
        counts: the prompt numbers of the step's cells.
    """
    return {
        **surroundings(step, sources=sources, spec=spec, directory=directory, seed=seed),
        "numbers": " ".join(map(str, counts)),
        **{f"parameter:{name}": f"{type(value).__name__} {value!r}" for name, value in values.items()},
        **dict(_inputs(pipeline, step, folder)),
    }


def surroundings(step: Step, *, sources: Mapping[str, str], spec: KernelSpec, directory: Path, seed: str) -> Parts:
    """Return the parts of a step's key that are known before any step has run: its code, and what it runs in.

    Args:
        step: the step.
        sources: cell id -> source and tags, as one text.
        spec: the kernel.
        directory: the kernels' working directory.
        seed: the random hash seed of the run.
    """
    found = {
        "nb2ops": f"{nb2ops.__version__} {_own_code()}",
        "interpreter": _interpreter(spec.interpreter),
        "kernel": _digest([spec.name, spec.argv, dict(spec.environment)]),
        "platform": f"{platform.platform()} {platform.machine()}",
        "directory": str(directory),
        "hash seed": seed,
        "step": _digest(_contract(step)),
    }
    found |= {f"environment:{name}": _digest(os.environ[name]) for name in os.environ if name.startswith(_VARIABLES)}
    return found | {f"{CELL}{cell.cell}": _digest(sources[cell.id]) for cell in step.cells}


def read_sources(notebook: Path) -> dict[str, str]:
    """Return the cells of a step notebook: id -> source and tags."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return {
        cell["id"]: json.dumps([_text(cell["source"]), sorted(cell["metadata"].get("tags", []))])
        for cell in cells
        if cell["cell_type"] == "code"
    }


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def digest(found: Parts) -> str:
    """Return the key that parts make."""
    return _digest(dict(found))


def differences(before: Parts, now: Parts) -> list[str]:
    """Return in words which parts differ.

    Example:
        >>> differences({"cell:7": "1", "input:df": "a"}, {"cell:7": "2", "input:df": "a"})
        ['code of cell 7']
    """
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return [_in_words(name) for name in sorted(names, key=lambda name: (not name.startswith("cell"), name))]


def _in_words(part: str) -> str:
    kind, _, name = part.partition(":")
    return _WORDS[kind].format(name)


def _contract(step: Step) -> Json:
    """What the step is asked to do beside running its code."""
    return {
        "name": step.name,
        "saves": step.saves,
        "captures": step.captures,
        "everything": step.everything,
        "loads": sorted(step.loads.items()),
        "restores": sorted(step.restores.items()),
        "cells": [[cell.id, cell.role, cell.metrics, cell.seeds] for cell in step.cells],
        "memory": step.modifiers.memory,
    }


def _inputs(pipeline: Pipeline, step: Step, folder: Path) -> Iterator[tuple[str, str]]:
    for name in producers(pipeline, step):
        told = json.loads(report(folder, name).read_text(encoding="utf-8"))
        pack = told["pack"]["digest"]
        digests = {each["name"]: each["digest"] for each in told["variables"]}
        if step.everything:
            yield f"all:{name}", pack
        for variable, source in step.loads.items():
            if source == name:
                found = digests.get(variable) or f"pack {pack}" if variable in digests else "not there"
                yield f"input:{variable}", f"{name} {found}"
        for state, source in step.restores.items():
            if source == name:
                found = told["states"].get(state) or f"pack {pack}" if state in told["states"] else "not there"
                yield f"state:{state}", f"{name} {found}"


@cache
def _own_code() -> str:
    """A digest of what runs inside of kernels: a change of it may change what a step hands over."""
    folder = Path(package_folder("nb2ops")) / "inkernel"
    hashed = blake3()
    for path in sorted(folder.glob("*.py")):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:16]


def _interpreter(path: str) -> str:
    try:
        status = Path(path).resolve().stat()
    except OSError:
        return path
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def _digest(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return blake3(text.encode("utf-8", "surrogatepass")).hexdigest()
