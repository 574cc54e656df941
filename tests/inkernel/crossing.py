"""Tables of what crosses from one process to another.

A `Case` is a row of steps. Each step's code runs in the `__main__` of a process of its own, on the variables that
it loads from earlier steps (by default all of the step before), and hands over every variable. What must hold is
an `assert` in the code. The n-th steps of all cases of a table share one process, each with a fresh `__main__`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Step:
    """Code, and which variables of which earlier steps it loads, in order (None: all of them)."""

    code: str
    loads: tuple[tuple[int, tuple[str, ...] | None], ...]


@dataclass(frozen=True)
class Case:
    """A row of steps; `uncrossable` is what its first step must report, name -> part of the reason."""

    name: str
    steps: tuple[Step, ...]
    uncrossable: tuple[tuple[str, str], ...] = ()


def crosses(name: str, before: str, after: str, /, **uncrossable: str) -> Case:
    """A case of two steps."""
    return Case(name, (Step(before, ()), Step(after, ((0, None),))), tuple(uncrossable.items()))


def step(code: str, **loads: Any) -> Step:
    """A step that loads from several: `step("...", s0=None, s1=("x",))` is all of step 0, then x of step 1."""
    return Step(code, tuple((int(key[1:]), names) for key, names in loads.items()))


def table(cases: Sequence[Case]) -> Callable[[Callable[[Case], None]], Any]:
    """Make a test of each case: a function that takes `case` and checks it with `check`."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases])


def check(case: Case, cases: tuple[Case, ...]) -> None:
    """Fail where a step of the case failed or reported something else than it must."""
    results = _run(cases)[cases.index(case)]
    for result in results:
        assert result["error"] is None, result["error"]
    found = results[0]["uncrossable"]
    assert set(found) == {name for name, _ in case.uncrossable}, found
    for name, why in case.uncrossable:
        assert why in found[name]


@cache
def _run(cases: tuple[Case, ...]) -> list[list[dict[str, Any]]]:
    results: list[list[dict[str, Any]]] = [[] for _ in cases]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(max(len(case.steps) for case in cases)):
            chosen = [index for index, case in enumerate(cases) if number < len(case.steps)]
            works = [_work(cases[index].steps[number], folder, index, number) for index in chosen]
            for index, result in zip(chosen, _process(works, folder, number), strict=True):
                results[index].append(result)
    return results


def _work(step: Step, folder: str, index: int, number: int) -> dict[str, Any]:
    return {
        "load": [[f"{folder}/{index}.{earlier}.pack", names] for earlier, names in step.loads],
        "name": f"<case {index}, step {number}>",
        "code": dedent(step.code),
        "save": f"{folder}/{index}.{number}.pack",
    }


def _process(works: list[dict[str, Any]], folder: str, number: int) -> list[dict[str, Any]]:
    path = Path(folder) / f"{number}.json"
    path.write_text(json.dumps(works), encoding="utf-8")
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, str(Path(__file__).with_name("kernel.py")), str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(Path(f"{path}.out").read_text(encoding="utf-8"))
    return found
