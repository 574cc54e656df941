"""Tags proposed for notebooks that have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.compiler.proposals import propose_tags
from nb2ops.errors import InvalidNotebook, UsageError
from tests.notebooks import KERNELSPEC
from tests.prove.programs import FOLDER, read_programs

EXAMPLES = sorted((Path(__file__).parents[2] / "example_notebooks").glob("*.ipynb"))


def md(text: str) -> tuple[str, str]:
    return "markdown", text


def proposed(notebook, *cells, every: int | None = None):
    return propose_tags(compile_notebook(notebook(*cells)), every)


def tags(notebook, *cells, every: int | None = None) -> dict[int, str]:
    return {each.cell: " ".join(each.tags) for each in proposed(notebook, *cells, every=every).cells}


LOAD, FIT, PLOT = "df = list(range(3))", "model = sum(df)", "print(model)"

# what stands in the markdown cells before LOAD, FIT, PLOT -> the steps
LEVELS = [
    (["# Load", "# Fit", "# Plot"], ["load", "fit", "plot"]),
    (["# Title\n## Load", "## Fit", "## Plot"], ["load", "fit", "plot"]),
    (["# Title", "## Fit", "## Plot"], ["start", "fit", "plot"]),
    (["text", "## Fit", "## Plot"], ["start", "fit", "plot"]),
    (["# Title\n## Part\n### Load", "### Fit", "### Plot"], ["load", "fit", "plot"]),
    (["# One\n## Load", "## Fit", "# Two"], ["load", "fit", "two"]),
    (["# One", "text", "# Two"], ["one", "two"]),
    (["## Results", "## Results", "## Results 2"], ["results", "results-2", "results-2-2"]),
    (["## 数据", "## Fit", "## ..."], ["section-1", "fit", "section-3"]),
    (["## Start", "## Setup", "## Setup"], ["start", "setup-2", "setup-3"]),
    (["## Load\n\ntext", "text\n## Fit\n## Train", "### Plot"], ["load", "train", "plot"]),
]


@pytest.mark.parametrize(("above", "steps"), LEVELS)
def test_steps_begin_at_the_headings_of_a_sensible_level(notebook, above, steps):
    cells = [each for text, code in zip(above, (LOAD, FIT, PLOT), strict=True) for each in (md(text), code)]
    pipeline = proposed(notebook, *cells).pipeline
    assert [step.name for step in pipeline.steps] == steps


def test_a_level_with_too_many_headings_is_not_taken_where_a_higher_one_will_do(notebook):
    parts = [[md(f"# Part {part}"), *(each for n in range(20) for each in (md(f"## Case {n}"), "1"))] for part in "ab"]
    steps = proposed(notebook, *parts[0], *parts[1]).pipeline.steps
    assert [step.name for step in steps] == ["part-a", "part-b"]


def test_many_headings_of_one_level_are_many_steps(notebook):
    cells = [each for n in range(20) for each in (md(f"## Case {n}"), "1")]
    assert len(proposed(notebook, md("# Title"), *cells).pipeline.steps) == 20


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([LOAD, FIT, PLOT], "no headings. Cut it by cells instead: --by every:5"),
        ([md("# Title"), LOAD, FIT, PLOT], "headings make one step only"),
        ([md("# Title"), "import os", md("## Load"), LOAD, FIT], "headings make one step only"),
        ([md("## Setup"), LOAD, md("## Fit"), FIT], "headings make one step only"),
        ([("step:load", LOAD), FIT], 'cell 1: has steps already ("load")'),
        ([("block:load", LOAD), FIT], "has steps already"),
    ],
)
def test_what_cannot_be_cut_by_headings_says_what_to_do(notebook, cells, words):
    with pytest.raises(UsageError, match=r"nb\.ipynb") as caught:
        proposed(notebook, *cells)
    assert words in str(caught.value)


def test_a_notebook_of_definitions_has_nothing_to_cut(notebook):
    with pytest.raises(UsageError, match="nothing to cut"):
        proposed(notebook, "import os", "def f(): return os", every=1)


def test_another_language_is_not_cut(notebook):
    path = notebook("x <- 1", metadata={"kernelspec": KERNELSPEC, "language_info": {"name": "R"}})
    with pytest.raises(UsageError, match="only Python"):
        propose_tags(compile_notebook(path))


def test_a_notebook_with_errors_is_not_cut(notebook):
    with pytest.raises(InvalidNotebook, match="NB104"):
        proposed(notebook, "print(df)", every=1)


def test_every_n_cells_make_a_step_after_the_setup(notebook):
    cells = ["import os", md("# text"), "a = os.sep", "b = a", "c = b", "", ("skip", "boom"), "d = c", "e = d"]
    assert tags(notebook, *cells, every=2) == {1: "imports", 2: "step:part-1", 4: "step:part-2", 7: "step:part-3"}


# cells before the step -> their tags
OPENINGS = [
    (["import os", "from sys import path"], ["imports", "imports"]),
    (["%matplotlib inline\nimport os", "import warnings\nwarnings.filterwarnings('ignore')"], ["imports", "imports"]),
    (["import pandas as pd\npd.options.display.width = 9\npd.set_option('x', 1)"], ["imports"]),
    (["'''About.'''\ntry:\n  import foo\nexcept ImportError:\n  foo = None"], ["imports"]),
    (["!pip install x", "%load_ext autoreload\n%autoreload 2"], ["imports", "imports"]),
    (["def f(): return 1", "class A:\n  k = 1"], ["functions", "functions"]),
    (["import os\ndef f(): return os"], ["setup"]),
    (["import os\nn = 3"], ["setup"]),
    (["n = 3  # how many\nname: str = 'x'\nsizes = [1, 2]"], ["parameters"]),
    (["from datetime import date", "day = date(2024, 1, 1)\nn = 3"], ["imports", "parameters"]),
    (["n = 3", "m = 4"], ["parameters", "setup"]),
    (["m = 4", "n = 3"], ["setup", "parameters"]),
    ([("parameters", "n = 3"), "m = 4"], ["setup"]),
    ([("functions", "def f(): return 1"), "import os"], ["imports"]),
    ([("skip", "print(1)"), "import os"], ["imports"]),
    (["n = []"], ["setup"]),
    (["n = None"], ["setup"]),
    (["n = [[1], [2]]"], ["setup"]),
    (["__n = n = 3"], []),
    (["__n = 3\nn = 3"], ["setup"]),
    (["n = list(range(3))"], []),
    (["n = input"], []),
    (["import os\nn = len(os.sep)"], []),
    (["import os\nprint(os.sep)", "import sys"], []),
    (["!ls", "import sys"], []),
    (["3", "import sys"], []),
]


@pytest.mark.parametrize(("cells", "expected"), OPENINGS)
def test_cells_before_the_first_that_computes_are_setup(notebook, cells, expected):
    found = tags(notebook, *cells, "print(n)" if "n = " in str(cells) else "print(0)", every=9)
    assert list(found.values()) == [*expected, "step:part-1"]


@pytest.mark.parametrize("later", ["n = n + 1", "n += 1", "for n in [1]: n", "del n", "print(1)", "sizes.append(n)"])
def test_values_that_change_or_serve_nobody_are_no_parameters(notebook, later):
    found = tags(notebook, "n = 3\nsizes = [1]", "print(0)", later, every=1)
    assert found[1] == "setup"


def test_definitions_after_the_first_step_stay_where_they_are(notebook):
    cells = [md("## Load"), LOAD, "def f(): return df", md("## Fit"), FIT, "import os", md("## Plot"), PLOT]
    assert tags(notebook, *cells) == {1: "step:load", 3: "step:fit", 5: "step:plot"}


def test_a_section_named_setup_is_setup(notebook):
    cells = [md("## Setup"), "a = open", md("## Load"), LOAD, md("## Fit"), FIT]
    assert tags(notebook, *cells) == {1: "setup", 2: "step:load", 3: "step:fit"}


def test_existing_tags_are_kept_and_no_cell_gets_a_second_role(notebook):
    cells = [md("## A"), ("skip", "1"), ("hide-input retries:2", LOAD), md("## B"), ("metrics", FIT), PLOT]
    found = proposed(notebook, *cells)
    assert {each.cell: each.tags for each in found.cells} == {2: ("step:a",), 4: ("step:b",)}
    step = found.pipeline.step("a")
    assert ([cell.cell for cell in step.cells], step.modifiers.retries) == ([2, 3], 2)


@pytest.mark.parametrize(
    ("cells", "cut"),
    [
        (["a = 1", "!true", "b = _exit_code", "c = b"], [1, 2, 4]),
        (["!true", "b = _exit_code", "c = b"], [1, 3]),
        (["_ = 1", "b = _", "c = b"], [1, 2, 3]),
    ],
)
def test_a_cut_that_would_bring_about_a_problem_is_left_out(notebook, cells, cut):
    assert [each.cell for each in proposed(notebook, *cells, every=1).cells] == cut


def test_the_same_notebook_gets_the_same_proposal(notebook):
    path = notebook(md("## A"), LOAD, md("## B"), FIT)
    assert propose_tags(compile_notebook(path)) == propose_tags(compile_notebook(path))


@pytest.mark.parametrize("every", [None, 1, 3])
def test_the_untagged_example_is_cut_without_problems(every):
    (path,) = (path for path in EXAMPLES if path.stem == "digits_explorer")
    found = propose_tags(compile_notebook(path), every)
    assert found.problems == ()
    assert [tag for each in found.cells[:2] for tag in each.tags] == ["imports", "parameters"]
    assert [parameter.name for parameter in found.pipeline.parameters] == ["test_size", "neighbours", "penalty", "seed"]


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
@pytest.mark.parametrize("every", [None, 1, 3])
def test_what_builds_as_one_step_builds_as_proposed(notebook, file, every):
    tried = 0
    for program in read_programs(file):
        sources = zip(map(" ".join, program.tags), program.cells, strict=True)
        cells = [each for number, cell in enumerate(sources) for each in (md(f"## Part {number // 2}"), cell)]
        compilation = compile_notebook(notebook(*cells))
        try:
            found = propose_tags(compilation, every)
        except UsageError:  # one part, or definitions only
            continue
        tried += 1
        assert [problem for problem in found.problems if problem.severity == "error"] == [], program.name
    assert tried > 20
