"""check, build and params: what they print, what they write, how they exit."""

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
