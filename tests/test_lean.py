"""What our own processes do without is not loaded, and nothing that they need is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nb2ops.lean import FORMATS, STORES

LOADED = """
import sys
from nb2ops.lean import do_without
do_without(*{modules})
import {wanted}
print(*sorted(sys.modules.keys() & {{"lark", "pyarrow", "boto3", "jsonschema", "papermill"}}))
"""


def loaded(modules: tuple[str, ...], wanted: str) -> list[str]:
    """Which of some modules are loaded with what is wanted."""
    command = [sys.executable, "-P", "-c", LOADED.format(modules=modules, wanted=wanted)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("modules", "wanted", "found"),
    [
        (FORMATS + STORES, "nb2ops.runtime.run", ["jsonschema", "papermill"]),
        (FORMATS, "prefect.flow_engine", ["jsonschema"]),
        ((), "nbformat", ["jsonschema", "lark"]),
    ],
)
def test_only_what_is_needed_is_loaded(modules, wanted, found):
    """Where the last one is not so any more, `FORMATS` can go."""
    assert loaded(modules, wanted) == found
