"""Notebooks in another language than Python: one step, parameters by their shape."""

from __future__ import annotations

import json

import pytest

from nb2ops.compiler.bundle import build_bundle
from nb2ops.compiler.compilation import compile_notebook


def metadata(language: str) -> dict:
    name = {"R": "ir", "bash": "bash"}.get(language, language)
    return {"kernelspec": {"name": name, "display_name": language, "language": language}, "language_info": {}}


def compiled(notebook, language, *cells):
    return compile_notebook(notebook(*cells, metadata=metadata(language)))


def test_all_cells_are_one_step_with_what_counts_of_the_tags(notebook):
    found = compiled(
        notebook, "R", "library(x)", ("step:a retries:2", "y <- 1"), ("skip", "z"), ("step:b timeout:1m", "y")
    )
    (step,) = found.pipeline.steps
    assert (step.name, [cell.cell for cell in step.cells]) == ("notebook", [1, 2, 4])
    assert (step.modifiers.retries, step.modifiers.timeout, step.loads, step.saves) == (2, 60.0, {}, ())
    assert (found.pipeline.language, found.pipeline.kernel, found.pipeline.edges) == ("r", "ir", ())


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["y <- 1"], ["NB111"]),
        (["y <- 1", ("skip imports", "z")], ["NB111", "NB201"]),
        ([("step:a", "y <- 1")], ["NB111", "NB215"]),
        ([("gate", "stopifnot(y)")], ["NB111", "NB215"]),
        ([("after:b keeps:x", "y")], ["NB111", "NB215"]),
        ([("parameters", "a <- 1"), ("parameters", "b <- 1")], ["NB111", "NB208"]),
        ([("step:a retries:1", "y"), ("step:b retries:2", "y")], ["NB111", "NB215", "NB207"]),
        ([("setup", "library(x)"), ("parameters", "a <- 1"), ("hide-input", "a")], ["NB111"]),
    ],
)
def test_what_a_tag_cannot_do_there_is_said(notebook, cells, codes):
    assert [problem.code for problem in compiled(notebook, "R", *cells).problems] == codes


def test_the_warning_names_the_tags_and_the_first_cell(notebook):
    cells = ["a", *((f"step:s{number}", "b") for number in range(5))]
    (problem,) = (each for each in compiled(notebook, "julia", *cells).problems if each.code == "NB215")
    assert str(problem).startswith(
        'nb.ipynb, cell 2: the tags "step:s0", "step:s1", "step:s2" and 2 more have no effect: '
        "in julia all cells run as one step."
    )


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("R", "rows <- 3L  # how many", ("rows", "int", "3", "how many", False)),
        ("R", "deep <- TRUE", ("deep", "bool", "True", "", False)),
        ("R", "rate = 1e-3", ("rate", "float", "0.001", "", False)),
        ("R", "day <- Sys.Date()", ("day", "Any", "Sys.Date()", "", True)),
        ("R", 'url <- "http://x#y" # where', ("url", "str", "'http://x#y'", "where", False)),
        ("julia", 'name = "x"', ("name", "str", "'x'", "", False)),
        ("scala", "val n: Int = 3 // how many", ("n", "int", "3", "how many", False)),
        ("matlab", "n = 3; % how many", ("n", "int", "3", "how many", False)),
        ("bash", "export url=http://x/y", ("url", "str", "'http://x/y'", "", False)),
        ("bash", 'home="$HOME"', ("home", "Any", '"$HOME"', "", True)),
        ("bash", "n=$(ls | wc -l)", ("n", "Any", "$(ls | wc -l)", "", True)),
    ],
)
def test_parameters_are_read_by_their_shape(notebook, language, source, expected):
    (parameter,) = compiled(notebook, language, ("parameters", source)).pipeline.parameters
    found = (parameter.name, parameter.type, parameter.default, parameter.help, parameter.computed)
    assert found == expected


@pytest.mark.parametrize("source", ["# rows <- 3", "f(x) == 3", "  y <- 3", "lambda <- 3", "a.b <- 3", "x == 3"])
def test_what_cannot_be_a_flows_parameter_is_none(notebook, source):
    assert compiled(notebook, "R", ("parameters", source), "1").pipeline.parameters == ()


def test_where_papermill_cannot_set_parameters_the_cell_is_left_alone(notebook):
    found = compiled(notebook, "octave", ("parameters", "n = 3;"))
    assert [problem.code for problem in found.problems] == ["NB111", "NB305"]
    assert found.pipeline.parameters == ()


def test_a_secret_is_refused(notebook):
    found = compiled(notebook, "R", ("parameters", 'token <- ""  # secret: api-token'))
    assert [problem.code for problem in found.errors] == ["NB304"]


def test_it_builds_with_typed_parameters_and_without_modules_of_python(notebook, tmp_path):
    (tmp_path / "Stats.py").write_text("x = 1")
    cells = [("parameters", "rows = 3  # how many\nday = today()"), "import Stats"]
    files = build_bundle(compiled(notebook, "julia", *cells), tmp_path).files
    assert "    rows: int = 3,\n    day: Any = None,\n" in files["flow.py"].decode()
    assert not [path for path in files if path.startswith("modules/")]
    assert len(json.loads(files["steps/notebook.ipynb"])["cells"]) == 2
