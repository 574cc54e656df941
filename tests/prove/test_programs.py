"""Every program gives, each cell its own step, what it gives linearly; `make prove` tries more, and more partitions."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.prove.faults import FAULTS
from tests.prove.faults.analysis import ANALYSIS
from tests.prove.faults.caching import CACHING
from tests.prove.faults.crossing import CROSSING
from tests.prove.notebooks import NOTEBOOKS, read_notebook
from tests.prove.partitions import by_heading, every
from tests.prove.programs import FOLDER, known_differences, read_programs, written
from tests.prove.templates import KINDS, MAKERS, TEMPLATES

FILES = sorted(FOLDER.glob("*.txt"))


def prove(*arguments: object) -> dict:
    """Return what `python -m tests.prove` reports."""
    command = [sys.executable, "-m", "tests.prove", *map(str, arguments)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=900)
    assert done.stdout, done.stderr
    report: dict = json.loads(done.stdout.splitlines()[-1])
    return report


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
def test_programs_give_what_they_give_linearly(half):
    """Two processes, since each imports the libraries; `make prove` tries the steps in a second order too."""
    paths = FILES[half::2]
    names = {program.name for path in paths for program in read_programs(path)}
    different = prove(*paths, "--every", 1, "--orders", 1, "--workers", 1)["different"]
    assert different.keys() == known_differences().keys() & names, different


@pytest.mark.slow
def test_generated_programs_give_what_they_give_linearly():
    found = prove("--only-generated", "--programs", 100, "--seed", 20, "--minutes", 8, "--workers", 1)["generated"]
    assert found["programs"] == 100
    assert found["different"] == []


@pytest.mark.slow
def test_edited_programs_give_with_a_cache_what_they_give_without():
    found = prove("--cached", "--programs", 10, "--seed", 20, "--minutes", 8)["generated"]
    assert found["programs"] == 10
    assert found["different"] == []
    assert found["hits"] >= found["steps"] / 5, "else nothing is proved"


@pytest.mark.slow
def test_seeded_faults_are_found():
    faults = ["alias: two names of one object", "a change in place", "class attributes", "cache: inputs"]
    seconds = prove("--workers", 1, "--faults", *faults)["seconds"]
    assert [fault for fault in faults if seconds[fault] is None] == []


def test_every_fault_has_a_name_of_its_own_and_breaks_a_function():
    faults = [*ANALYSIS, *CROSSING, *CACHING]
    assert len(FAULTS) == len(faults) >= 15
    for fault in faults:
        sound = getattr(fault.owner, fault.attribute)
        assert callable(sound)
        assert fault.broken(sound) is not sound


def test_names_are_unique_and_known_differences_name_programs():
    names = [program.name for path in FILES for program in read_programs(path)]
    assert len(names) == len(set(names))
    assert known_differences().keys() <= set(names)


def test_a_program_is_written_as_it_is_read(tmp_path):
    programs = [each for path in FILES for each in read_programs(path)]
    file = tmp_path / "again.txt"
    file.write_text("\n".join(map(written, programs)), encoding="utf-8")
    assert [(each.cells, each.tags) for each in read_programs(file)] == [(each.cells, each.tags) for each in programs]


def test_every_kind_can_be_made_and_constructs_have_names_of_their_own():
    assert len({each.name for each in TEMPLATES}) == len(TEMPLATES)
    assert all(makers and not makers[0].reads for kind, makers in MAKERS.items() if kind not in NEED_OTHERS)
    known = {kind for each in TEMPLATES for place in each.places for kind in place.kinds if kind[0] != "@"}
    assert known - {"any"} == KINDS.keys()


NEED_OTHERS = {"pair", "table", "object", "row", "unit"}


def test_a_notebook_is_divided_by_its_headings_and_by_counting():
    notebook = read_notebook(NOTEBOOKS / "configuration.md")
    assert notebook.tags[0] == ["parameters"]
    assert [tags for tags in by_heading(notebook) if tags][:3] == [
        ["parameters"],
        ["step:configuration"],
        ["step:data"],
    ]
    assert every(3)(notebook)[:4] == [["parameters"], ["step:s0"], [], ["step:s1"]]


def test_there_are_forty_notebooks_of_some_length():
    notebooks = [read_notebook(path) for path in sorted(NOTEBOOKS.glob("*.md"))]
    assert len(notebooks) >= 40
    assert all(len(each.cells) >= 8 and len(set(each.headings)) >= 3 for each in notebooks)
