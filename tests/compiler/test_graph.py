"""Steps and edges: who waits for whom, what is handed over, which cells run together."""

from __future__ import annotations

import pytest

from nb2ops.compiler.compilation import compile_notebook

LOAD = ("step:load", "df = [3, 1, 2]")


def pipeline_of(notebook, *cells):
    return compile_notebook(notebook(*cells)).pipeline


def needs(pipeline):
    return {step.name: set(pipeline.upstream(step.name)) for step in pipeline.steps}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(
            [LOAD, ("step:a", "x = sum(df)"), ("step:b", "y = max(df)")], {"a": "load", "b": "load"}, id="branches"
        ),
        pytest.param(
            [LOAD, ("step:a", "df.sort()"), ("step:b", "y = df[0]")], {"a": "load", "b": "a"}, id="change in place"
        ),
        pytest.param(
            [LOAD, ("step:a", "x = df\nx.sort()"), ("step:b", "y = df[0]")], {"a": "load", "b": "a"}, id="alias"
        ),
        pytest.param(
            [LOAD, ("step:a keeps:df", "f(df)"), ("step:b", "y = df")], {"a": "load", "b": "load"}, id="keeps"
        ),
        pytest.param(
            [("step:a", "for i in [1]: x = i"), ("step:b", "for i in [2]: y = i")],
            {"a": "", "b": ""},
            id="shared loop variable",
        ),
        pytest.param(
            [("step:a", "n = 3"), ("step:b", "for i in range(n): x = i"), ("step:c", "for i in range(n): y = i")],
            {"b": "a", "c": "a"},
            id="loop variable that may survive but nobody reads",
        ),
        pytest.param(
            [
                ("step:a", "n = 3"),
                ("step:b", "for i in range(n): x = i"),
                ("step:c", "for i in range(n): y = i"),
                ("step:d", "i"),
            ],
            {"b": "a", "c": "a b", "d": "c"},
            id="loop variable that may survive and is read",
        ),
        pytest.param([("step:a", "x = 1"), ("step:b", "x = 2"), ("step:c", "x")], {"b": "", "c": "b"}, id="bound anew"),
        pytest.param(
            [("step:a", "x = 1"), ("step:b", "if ok: x = 2"), ("step:c", "x")],
            {"b": "a", "c": "b"},
            id="perhaps bound anew",
        ),
        pytest.param(
            [("", "import random\nrandom.seed(1)"), ("step:a", "random.random()"), ("step:b", "random.random()")],
            {"a": "setup", "b": "setup a"},
            id="one seeded generator",
        ),
        pytest.param(
            [("", "import random"), ("step:a", "random.random()"), ("step:b", "random.random()")],
            {"a": "setup", "b": "setup"},
            id="unseeded draws have no order",
        ),
        pytest.param(
            [("", "import numpy as np"), ("step:a", "np.set_printoptions(precision=2)"), ("step:b", "print(1.0)")],
            {"a": "setup", "b": "a"},
            id="settings",
        ),
        pytest.param(
            [("step:a", "open('x', 'w').write('1')"), ("step:b", "open('x').read()"), ("step:c", "open('y').read()")],
            {"a": "", "b": "a", "c": ""},
            id="files by path",
        ),
        pytest.param(
            [("step:a", "import os\nos.makedirs('out')"), ("step:b", "open('out/x', 'w')")],
            {"b": "a"},
            id="file below a folder",
        ),
        pytest.param(
            [("step:a", "open('x.csv', 'w')"), ("step:b", "import glob\nglob.glob('*.csv')")], {"b": "a"}, id="pattern"
        ),
        pytest.param(
            [("step:a", "%%writefile part.py\nx = 1"), ("step:b", "import part")],
            {"b": "a"},
            id="module written by a cell",
        ),
        pytest.param(
            [("step:a", "open('x').read()"), ("step:b", "open('./x', 'w').write('1')")],
            {"b": "a"},
            id="write after read",
        ),
        pytest.param(
            [("step:a", "!ls"), ("step:b", "!ls"), ("step:c", "x = 1")], {"b": "a", "c": ""}, id="shell lines"
        ),
        pytest.param([("step:a", "!ls"), ("step:b after:a", "x = 1")], {"b": "a"}, id="stated order"),
        pytest.param(
            [("step:z", "z = 1"), ("step:a", "!ls"), ("step:b after:z", "!ls"), ("step:c", "!ls")],
            {"a": "", "b": "z", "c": "a b"},
            id="after: leaves unknown effects to the author",
        ),
        pytest.param(
            [("step:z", "z = [1]"), ("step:a", "z.append(2)"), ("step:b after:z", "z")],
            {"b": "z a"},
            id="after: never drops data",
        ),
        pytest.param(
            [("step:a", "x = 1"), ("gate", "assert x"), ("step:b", "y = 1"), ("step:c", "z = 1")],
            {"b": "a", "c": "a"},
            id="gate",
        ),
        pytest.param(
            [("step:a", "import sys\nif len(sys.argv) > 9: sys.exit(0)"), ("step:b", "y = 1")],
            {"b": "a"},
            id="sys.exit",
        ),
        pytest.param([("step:a", "raise SystemExit"), ("step:b", "y = 1")], {"b": "a"}, id="raise SystemExit"),
        pytest.param([("step:a", "x = 1\nif x: raise ValueError"), ("step:b", "y = 1")], {"b": "a"}, id="raise"),
        pytest.param([("step:a", "x = 1\nassert x"), ("step:b", "y = 1")], {"b": "a"}, id="assert"),
        pytest.param(
            [("step:a", "try:\n  raise ValueError\nexcept ValueError: pass"), ("step:b", "y = 1")],
            {"b": ""},
            id="caught",
        ),
        pytest.param(
            [("step:a", "x = 1"), ("step:b", "exec(input())"), ("step:c", "z = 1")], {"b": "a", "c": "b"}, id="opaque"
        ),
        pytest.param(
            [("", "rate = 2\ndef f(x): return x * rate"), ("step:a", "rate = 3"), ("step:b", "f(1)")],
            {"a": "", "b": "setup a"},
            id="late binding",
        ),
        pytest.param(
            [
                ("", "seen = []\ndef note(x): seen.append(x)"),
                ("step:a", "note(1)"),
                ("step:b", "note(2)"),
                ("step:c", "seen"),
            ],
            {"a": "setup", "b": "setup a", "c": "b"},
            id="function that changes a global",
        ),
        pytest.param(
            [
                ("", "import matplotlib.pyplot as plt"),
                ("step:a", "plt.plot([1]); plt.show()"),
                ("step:b", "plt.plot([2]); plt.show()"),
            ],
            {"a": "setup", "b": "setup"},
            id="pyplot draws in its own cell",
        ),
    ],
)
def test_who_waits_for_whom(notebook, cells, expected):
    found = needs(pipeline_of(notebook, *cells))
    assert {step: found[step] for step in expected} == {step: set(names.split()) for step, names in expected.items()}


def test_hand_over_takes_each_variable_from_its_last_writer(notebook):
    pipeline = pipeline_of(
        notebook, ("", "import math\nk = 2"), LOAD, ("step:a", "df.append(k)"), ("step:b", "math.pi, df, k")
    )
    assert pipeline.step("b").loads == {"math": "setup", "df": "a", "k": "setup"}
    assert pipeline.step("setup").saves == ("k", "math")
    assert pipeline.step("a").saves == ("df",)


def test_states_are_captured_and_restored(notebook):
    pipeline = pipeline_of(
        notebook,
        ("", "import numpy as np\nnp.random.seed(1)"),
        ("step:a", "x = np.random.rand()"),
        ("step:b", "np.random.rand()"),
    )
    assert (pipeline.step("setup").captures, pipeline.step("a").captures) == (("random",), ("random",))
    assert pipeline.step("b").restores == {"random": "a"}


def test_every_edge_says_why(notebook):
    pipeline = pipeline_of(notebook, LOAD, ("step:a", "df.sort()"), ("step:b after:load", "y = df"))
    texts = {(edge.upstream, edge.downstream): [reason.text for reason in edge.reasons] for edge in pipeline.edges}
    assert texts == {
        ("load", "a"): ['cell 2 uses "df", defined in cell 1'],
        ("a", "b"): ['cell 3 uses "df", changed in cell 2'],
        ("load", "b"): ["stated by the tag after:load"],
    }


def cells_of(pipeline):
    return {step.name: [cell.cell for cell in step.cells] for step in pipeline.steps}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(["a = 1", "b = 2"], {"notebook": [1, 2]}, id="no tags"),
        pytest.param([("parameters", "a = 1"), "b = a"], {"notebook": [1, 2]}, id="only parameters"),
        pytest.param(["a = 1", ("step:x", "b"), "c"], {"setup": [1], "x": [2, 3]}, id="setup before, untagged after"),
        pytest.param([("step:x", "b = 1"), ("skip", "c"), "d = 1"], {"x": [1, 3]}, id="after skip"),
        pytest.param(
            [("step:x", "b = 1"), ("imports", "import os"), "d = 1"], {"setup": [2], "x": [1, 3]}, id="imports later"
        ),
        pytest.param(
            [("step:x", "b = 1"), ("functions", "k = b"), "d = k"],
            {"x": [1], "setup": [2], "x.2": [3]},
            id="setup that needs a step",
        ),
        pytest.param(
            [("step:x", "b = 1"), ("step:y", "c = 1"), ("step:x", "d = b")],
            {"x": [1, 3], "y": [2]},
            id="one step of two runs",
        ),
        pytest.param(
            [("step:x", "b = 1"), ("step:y", "c = b"), ("step:x", "d = c")],
            {"x": [1], "y": [2], "x.2": [3]},
            id="a circle divides",
        ),
        pytest.param(
            [("step:x", "b = 1"), ("step:y", "c = b"), ("step:x", "b = 2"), ("step:z", "b")],
            {"x": [1], "y": [2], "x.2": [3], "z": [4]},
            id="two versions divide",
        ),
        pytest.param(
            [("step:x", "len([1])"), ("step:y", "len = max"), ("step:x", "len([1])")],
            {"x": [1], "y": [2], "x.2": [3]},
            id="a name that is not there yet divides",
        ),
        pytest.param(
            [("step:x", "b = 1"), ("step:y", "del b"), ("step:x", "print(dict(b=1), 'b' in globals(), b)")],
            {"x": [1], "y": [2], "x.2": [3]},
            id="a name that is gone divides",
        ),
        pytest.param(
            [("step:x", "b = 1"), ("step:y", "b"), "del b", "'b' in globals(), b"],
            {"x": [1], "y": [2, 3, 4]},
            id="own deletions",
        ),
        pytest.param(
            [
                ("step:x", "b = 1"),
                ("step:y", "print(b)"),
                ("setup", "import warnings; k = b; warnings.simplefilter('ignore')"),
                "k",
            ],
            {"x": [1], "y": [2], "setup": [3], "y.2": [4]},
            id="settings of a late setup divide",
        ),
        pytest.param(
            [("step:x", "b = 1"), ("metrics", "m = b"), ("gate", "assert m")], {"x": [1, 2, 3]}, id="metrics and gate"
        ),
    ],
)
def test_which_cells_run_together(notebook, cells, expected):
    assert cells_of(pipeline_of(notebook, *cells)) == expected


def test_metrics_are_names_assigned_displayed_or_printed_alone(notebook):
    source = "auc = 1\nn: int = 2\nprint(rows)\nprint('text', other)\ndisplay(shown)\nlast"
    pipeline = pipeline_of(notebook, ("step:a", "rows = other = shown = last = 0"), ("metrics", source))
    assert pipeline.step("a").cells[1].metrics == ("auc", "n", "rows", "shown", "last")


def test_modifiers_of_all_cells_of_a_step_count(notebook):
    pipeline = pipeline_of(notebook, ("step:a retries:2", "x = 1"), ("timeout:1m keeps:x", "y = 1"))
    modifiers = pipeline.step("a").modifiers
    assert (modifiers.retries, modifiers.timeout, modifiers.keeps) == (2, 60.0, ("x",))


def test_a_step_with_a_cell_that_cannot_be_known_gets_everything(notebook):
    pipeline = pipeline_of(notebook, ("step:a", "x = 1"), ("step:b", "exec(';'.join(['y = x']))"), ("step:c", "y, x"))
    assert pipeline.step("b").everything
    assert pipeline.step("b").loads == {"x": "a"}
    assert pipeline.step("c").loads == {"x": "b", "y": "b"}


def test_steps_that_share_what_cannot_leave_a_kernel_run_one_after_the_other(notebook):
    pipeline = pipeline_of(
        notebook,
        ("step:open", "file = open('rows.txt')"),
        ("step:draw", "numbers = (n for n in range(3))"),
        ("step:free", "x = 1"),
        ("step:use", "print(file.read(), next(numbers))"),
        ("step:last", "y = x; del x"),
    )
    assert needs(pipeline) == {
        "open": set(), "draw": {"open"}, "free": set(), "use": {"open", "draw"}, "last": {"free"}
    }  # fmt: skip
    [group] = pipeline.joined
    assert group.steps == ("open", "draw", "use")
    assert pipeline.step("draw").staying == {"numbers": "is a generator"}
    assert (pipeline.step("last").deletes, pipeline.step("use").deletes) == (("x",), ())


@pytest.mark.parametrize(
    "cells",
    [
        [("step:a", "import csv\nfile = open('x'); rows = list(csv.reader(file))"), ("step:b", "print(rows)")],
        [("step:a", "with open('x') as file:\n    rows = file.read()"), ("step:b", "print(rows)")],
        [("step:a", "file = open('x')"), ("step:b", "file = 3")],
    ],
    ids=["read out", "closed", "bound anew"],
)
def test_nothing_is_joined_where_nothing_is_needed_that_cannot_leave(notebook, cells):
    assert pipeline_of(notebook, *cells).joined == ()
