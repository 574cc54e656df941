"""check, tag, build and params: what they print, what they write, how they exit."""

from __future__ import annotations

import json

import pytest

from tests.cli.commands import nb2ops

GOOD = [("parameters", "rows: int = 3  # how many"), ("step:load", "df = [rows]"), ("step:fit", "model = df")]
BAD = [("step:load", "df = 1"), ("metrics gate", "x = df"), ("step:fit", "print(dff)")]


def test_check_prints_the_pipeline_as_a_table(notebook):
    done = nb2ops("check", notebook(*GOOD))
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["step", "cells", "needs", "reads", "writes"]
    assert rows[2] == ["load", "2", "setup", "rows", "df"]


JOINED = [
    ("step:open", "file = open('rows.txt')"),
    ("step:draw", "numbers = (n for n in range(3))"),
    ("step:other", "x = 1"),
    ("step:use retries:2", "print(file.read(), next(numbers))"),
]


def test_check_foresees_which_steps_run_in_one_kernel(notebook):
    path = notebook(*JOINED)
    done = nb2ops("check", path)
    assert done.returncode == 0
    assert (
        'nb.ipynb, cell 1, step "open": runs in one kernel with "draw" and "use", one after the other: '
        '"file" of step "open" is an open file; "numbers" of step "draw" is a generator.'
    ) in done.stdout
    assert (
        'nb.ipynb, cell 4, step "use": is not tried again when it fails: it runs in the kernel of "open"' in done.stdout
    )
    table = done.stdout[done.stdout.index("\nstep ") + 1 :].splitlines()
    assert table[0].split()[-1] == "kernel"
    assert {row.split()[0]: row.split()[-2:] for row in table[1:] if row.endswith("of open")} == {
        "draw": ["of", "open"],
        "use": ["of", "open"],
    }
    [group] = json.loads(nb2ops("check", path, "-o", "json").stdout)["pipeline"]["joined"]
    assert group["steps"] == ["open", "draw", "use"]
    assert [(reason["kind"], reason["name"]) for reason in group["reasons"]] == [
        ("kernel", "file"),
        ("kernel", "numbers"),
    ]


def test_check_prints_all_problems_and_exits_2(notebook):
    done = nb2ops("check", notebook(*BAD))
    assert done.returncode == 2
    assert 'nb.ipynb, cell 2, step "load": has two roles' in done.stdout
    assert 'nb.ipynb, cell 3, line 1, step "fit": uses "dff"' in done.stdout


def test_check_explains_each_edge(notebook):
    assert 'cell 3 uses "df", defined in cell 2' in nb2ops("check", notebook(*GOOD), "--explain").stdout


def test_check_as_json_holds_problems_and_pipeline(notebook):
    data = json.loads(nb2ops("check", notebook(*BAD), "-o", "json").stdout)
    assert [problem["code"] for problem in data["problems"]] == ["NB201", "NB104"]
    assert [step["name"] for step in data["pipeline"]["steps"]] == ["load", "fit"]


UNTAGGED = [
    "import os",
    ("markdown", "# T\n## Load"),
    "df = list(os.sep)",
    ("markdown", "## Fit"),
    "model = df",
    "print(model)",
]


def test_tag_prints_the_proposal_and_writes_nothing(notebook, tmp_path):
    path = notebook(*UNTAGGED)
    source = path.read_bytes()
    done = nb2ops("tag", path)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[:4] == [
        ["cell", "tags", "begins", "with"],
        ["1", "imports", "import", "os"],
        ["2", "step:load", "df", "=", "list(os.sep)"],
        ["3", "step:fit", "model", "=", "df"],
    ]
    assert ["fit", "3-4", "load", "df"] in rows
    assert "Nothing was written" in done.stdout
    assert (path.read_bytes(), [each.name for each in tmp_path.iterdir()]) == (source, ["nb.ipynb"])


def test_tag_as_json_is_the_proposal(notebook):
    data = json.loads(nb2ops("tag", notebook(*UNTAGGED), "--by", "every:2", "-o", "json").stdout)
    assert data["cells"] == [
        {"cell": 1, "index": 0, "id": "c0", "tags": ["imports"]},
        {"cell": 2, "index": 2, "id": "c2", "tags": ["step:part-1"]},
        {"cell": 4, "index": 5, "id": "c5", "tags": ["step:part-2"]},
    ]
    assert [step["name"] for step in data["pipeline"]["steps"]] == ["setup", "part-1", "part-2"]
    assert (data["notebook"], data["problems"]) == ("nb.ipynb", [])


def test_tag_in_place_adds_tags_to_the_file_and_what_is_proposed_is_what_is_built(notebook, tmp_path):
    path = notebook(*UNTAGGED)
    path.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)
    proposal = json.loads(nb2ops("tag", path, "-o", "json").stdout)
    assert nb2ops("tag", link, "--in-place").returncode == 0
    expected = json.loads(notebook(*UNTAGGED, name="again.ipynb").read_text())
    for cell in proposal["cells"]:
        expected["cells"][cell["index"]]["metadata"]["tags"] = cell["tags"]
    assert path.read_text() == json.dumps(expected)
    assert (link.is_symlink(), path.stat().st_mode & 0o777) == (True, 0o640)
    built = json.loads(nb2ops("check", path, "-o", "json").stdout)["pipeline"]
    assert built == proposal["pipeline"]
    again = nb2ops("tag", path, "--in-place")
    assert (again.returncode, "has steps already" in again.stderr) == (2, True)


def test_tag_writes_another_file_once(notebook, tmp_path):
    path, out = notebook(*UNTAGGED), tmp_path / "out.ipynb"
    source = path.read_bytes()
    assert nb2ops("tag", path, "-o", out).returncode == 0
    first = out.read_bytes()
    assert nb2ops("tag", path, "-o", out).returncode == 0
    other = nb2ops("tag", path, "--by", "every:1", "-o", out)
    assert (other.returncode, "is there already" in other.stderr) == (2, True)
    assert (out.read_bytes(), path.read_bytes()) == (first, source)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--by", "every"], "every:5"),
        (["--by", "every:0"], "every:5"),
        (["--by", "sections"], "every:5"),
        (["-o", "out"], "OUT.ipynb"),
        (["-o", "nb.ipynb"], "Use --in-place"),
        (["-o", "json", "--in-place"], "choose one"),
    ],
)
def test_tag_refuses_what_it_cannot_do(notebook, tmp_path, given, words):
    path = notebook(*UNTAGGED)
    source = path.read_bytes()
    done = nb2ops("tag", path, *given, cwd=tmp_path)
    assert (done.returncode, path.read_bytes()) == (2, source)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_check_lists_the_names_of_each_cell_also_where_there_are_problems(notebook):
    path = notebook("a = [N]", "import random\nrandom.seed(0)\na.append(len(b))", "del a\nexec(a)", "x = (")
    done = nb2ops("check", path, "--names", "-o", "json")
    assert done.returncode == 0
    empty = {"defines": [], "uses": [], "changes": [], "deletes": [], "opaque": []}
    assert json.loads(done.stdout) == {
        "cells": [
            {"cell": 1, **empty, "defines": ["a"], "uses": ["N"]},
            {"cell": 2, **empty, "defines": ["random"], "uses": ["a", "b"], "changes": ["a"]},
            {"cell": 3, **empty, "uses": ["a"], "deletes": ["a"], "opaque": ["exec()"]},
            {"cell": 4, **empty, "opaque": ["not valid Python"]},
        ]
    }


def test_check_lists_names_as_a_table(notebook):
    rows = nb2ops("check", notebook("a = [1]", "a.append(b)"), "--names").stdout.splitlines()
    assert rows[0].split() == ["cell", "defines", "uses", "changes", "deletes", "cannot", "be", "known"]
    assert [row.split() for row in rows[1:]] == [["1", "a"], ["2", "a,", "b", "a"]]


def test_build_writes_beside_the_notebook_and_again_changes_nothing(notebook, tmp_path):
    path = notebook(*GOOD)
    source = path.read_bytes()
    folder = tmp_path / "nb_pipeline"
    assert nb2ops("build", path).returncode == 0
    first = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert nb2ops("build", path).returncode == 0
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == first
    assert path.read_bytes() == source


def test_build_check_compares_and_writes_nothing(notebook, tmp_path):
    path, folder = notebook(*GOOD), tmp_path / "out"
    missing = nb2ops("build", path, "-o", folder, "--check")
    assert (missing.returncode, folder.exists()) == (2, False)
    nb2ops("build", path, "-o", folder)
    assert nb2ops("build", path, "-o", folder, "--check").returncode == 0
    (folder / "flow.py").write_text("changed")
    changed = nb2ops("build", path, "-o", folder, "--check")
    assert changed.returncode == 2
    assert "flow.py: differs" in changed.stderr


@pytest.mark.parametrize("content", [None, "", "{", "[1]"])
def test_build_of_what_is_no_notebook_exits_2_and_writes_nothing(tmp_path, content):
    path = tmp_path / "nb.ipynb"
    if content is not None:
        path.write_text(content)
    done = nb2ops("build", path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ([] if content is None else ["nb.ipynb"])


def test_build_of_a_notebook_with_errors_writes_nothing(notebook, tmp_path):
    done = nb2ops("build", notebook(*BAD))
    assert done.returncode == 2
    assert "two roles" in done.stderr
    assert not (tmp_path / "nb_pipeline").exists()


def test_params_lists_type_default_and_help(notebook):
    path = notebook(*GOOD)
    assert nb2ops("params", path).stdout.splitlines()[1].split(maxsplit=3) == ["rows", "int", "3", "how many"]
    (parameter,) = json.loads(nb2ops("params", path, "-o", "json").stdout)["parameters"]
    assert (parameter["name"], parameter["type"], parameter["value"]) == ("rows", "int", 3)


def test_params_of_a_notebook_without_any_says_what_to_do(notebook):
    assert "tag a cell of defaults" in nb2ops("params", notebook(("step:a", "x = 1"))).stdout
