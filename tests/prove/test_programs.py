"""Every program gives, each cell its own step, what it gives linearly; `make prove` tries more partitions."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.prove.programs import FOLDER, known_differences, read_programs

pytestmark = pytest.mark.slow

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_programs_give_what_they_give_linearly(path):
    names = {program.name for program in read_programs(path)}
    command = [sys.executable, "-m", "tests.prove", str(path)]
    done = subprocess.run(command, env={**os.environ, "PROVE_EVERY": "1"}, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    different = json.loads(done.stdout.splitlines()[-1])["different"]
    assert different.keys() == known_differences().keys() & names, {name: different.get(name) for name in different}


def test_names_are_unique_and_known_differences_name_programs():
    names = [program.name for path in FILES for program in read_programs(path)]
    assert len(names) == len(set(names))
    assert known_differences().keys() <= set(names)
