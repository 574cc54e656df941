"""What the analysis says of a cell is what the interpreter does with it.

Each case of `cases` runs in IPython after a preamble (`observation`, one process for all of them), and the names that
the run read, bound, deleted and changed are compared with what `nb2ops check --names` would list.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nb2ops.compiler.names.analysis import analyse
from nb2ops.compiler.names.listing import CellNames, list_names
from nb2ops.compiler.syntax import parse
from tests.compiler.names.cases import CASES, PREAMBLE, Case

FIELDS = ("defines", "uses", "deletes", "changes")
ROOT = Path(__file__).parents[3]


def listed(source: str) -> CellNames:
    return list_names(analyse([parse(PREAMBLE, 1), parse(source, 2)]).values())[1]


@pytest.fixture(scope="module")
def observed() -> dict[str, dict]:
    """Case -> what the interpreter did; all cases run in one process."""
    sources = [case.source for case in CASES]
    request = json.dumps({"preamble": PREAMBLE, "cells": sources})
    command = [sys.executable, "-m", "tests.compiler.names.observation"]
    done = subprocess.run(command, cwd=ROOT, input=request, capture_output=True, text=True, check=True)
    return dict(zip(sources, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_the_analysis_says_what_the_interpreter_does(case: Case, observed):
    seen = observed[case.source]
    assert seen["error"] == case.error
    names = listed(case.source)
    assert bool(names.opaque) == case.opaque
    for field in FIELDS if not case.opaque else ():
        expected = {*seen[field], *getattr(case, field).split()}
        assert set(getattr(names, field)) == expected, field


def test_what_is_said_beyond_one_run_is_said_of_few_cases(observed):
    beyond = [case for case in CASES if any(getattr(case, field) for field in FIELDS)]
    assert len(CASES) >= 500
    assert len(beyond) < len(CASES) / 8
    for case in beyond:  # a word that the run shows too has no place in the table
        for field in FIELDS:
            assert not {*getattr(case, field).split()} & {*observed[case.source][field]}, case
