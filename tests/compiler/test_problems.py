"""Everything that is wrong with a notebook comes at once, with cell, line, step and remedy."""

from __future__ import annotations

import pytest

from nb2ops.compiler.compilation import compile_notebook


def problems_of(notebook, *cells):
    return compile_notebook(notebook(*cells)).problems


@pytest.mark.parametrize(
    ("cells", "code", "cell", "severity", "words"),
    [
        ([("parameters", "a = 1"), ("parameters", "b = 1"), ("step:x", "a")], "NB208", 2, "error", "cells 1 and 2"),
        (["a = 1"], "NB209", None, "notice", "one step"),
        ([("step:x", "a = 1"), ("step:y", "b = a"), ("step:x", "c = b")], "NB210", 3, "notice", "separate parts"),
        ([("step:x after:lod", "a = 1"), ("step:load", "b = 1")], "NB211", 1, "error", "after:load"),
        ([("step:x after:x", "a = 1")], "NB214", 1, "error", "itself"),
        ([("step:x after:y", "a = 1"), ("step:y after:x", "b = 1")], "NB212", 1, "error", "circle"),
        ([("step:x after:y", "a = 1"), ("step:y", "b = a")], "NB212", 1, "error", "circle"),
        ([("step:x", "g = (i for i in range(3))"), ("step:y", "next(g)")], "NB216", 1, "notice", 'one kernel with "y"'),
        (
            [("step:x", "g = (i for i in range(3))"), ("step:y retries:2", "next(g)")],
            "NB217",
            2,
            "warning",
            'kernel of "x"',
        ),
        ([("step:x retries:1", "a = 1"), ("retries:2", "b = 1")], "NB207", 2, "error", "retries"),
        ([("step:x", "a = ")], "NB101", 1, "error", "not valid Python"),
        ([("step:x", "print(df)")], "NB104", 1, "error", 'uses "df"'),
        ([("step:x", "print(df)"), ("step:y", "df = 1")], "NB104", 1, "error", "Cell 2 defines it"),
        ([("skip", "df = 1"), ("step:x", "print(df)")], "NB104", 2, "error", "tagged `skip`"),
        ([("step:x", "data = 1"), ("step:y", "print(dta)")], "NB104", 2, "error", 'Did you mean "data"?'),
        ([("step:x", "def f(): return df\nf()")], "NB104", 1, "error", "in f()"),
        ([("step:x", "import os\nif os.getpid(): print(df)")], "NB104", 1, "warning", 'uses "df"'),
        ([("step:x", "a = 1\ndel a"), ("step:y", "a")], "NB105", 2, "error", "cell 1 deletes"),
        ([("step:x", "!true"), ("step:y", "print(_exit_code)")], "NB106", 2, "warning", "Give the result a name"),
        ([("step:x keeps:typo", "a = 1")], "NB213", 1, "warning", "keeps:typo"),
        ([("step:x", "print(zzz)")], "NB104", 1, "error", "Check the spelling"),
        ([("step:x", "exec(chr(97))")], "NB110", 1, "warning", "exec()"),
        (
            [("step:x", "import altair\naltair.themes.register('a', 1)")],
            "NB112",
            1,
            "warning",
            "other steps do not see",
        ),
        ([("step:x", "input('?')")], "NB113", 1, "warning", "asks for input"),
        ([("parameters", "a = 1"), ("step:x", "a"), ("step:y", "print(_2)")], "NB114", 3, "warning", "other numbers"),
        ([("step:x", "x = 1.5; a = [x]; b = [x]"), ("step:y", "a[0] is b[0]")], "NB115", 2, "warning", "not by `==`"),
        ([("step:x", "a = [1.5]; b = [*a]"), ("step:y", "id(a[0]) == id(b[0])")], "NB115", 2, "warning", "`id()`"),
        (
            [("step:x", "a = [1.5]; b = [*a]\ndef same(x, y): return x is y"), ("step:y", "same(a[0], b[0])")],
            "NB115",
            2,
            "warning",
            "in same()",
        ),
        (
            [("step:x", "import decimal; decimal.Decimal(1) / 3"), ("step:y", "decimal.getcontext().flags")],
            "NB116",
            2,
            "warning",
            "asks by .flags",
        ),
        ([("parameters", "a = 1"), ("step:x", "a\nOut")], "NB114", 2, "warning", 'reads "Out"'),
    ],
)
def test_each_problem_has_its_code_place_and_words(notebook, cells, code, cell, severity, words):
    found = [problem for problem in problems_of(notebook, *cells) if problem.code == code]
    assert [(problem.cell, problem.severity.value) for problem in found] == [(cell, severity)]
    assert words in f"{found[0].message} {found[0].hint}"


@pytest.mark.parametrize(
    "cells",
    [
        [("step:x", "a, _ = (1, 2)\nprint(_)")],
        [("step:x", "n = 3"), ("step:y", "for i in range(n): y = i\nprint(y, i)")],
        [("step:x", "n = 3"), ("step:y", "if n: a = 1\nprint(a)")],
        [("step:x", "n = 3"), ("step:y", "while n: z = n; n -= 1\nprint(z)")],
        [("step:x", "def f(): raise KeyError"), ("step:y", "try:\n  c = []; f()\nexcept KeyError: pass\nprint(c)")],
        [("step:x", "from contextlib import suppress"), ("step:y", "with suppress(ValueError): v = 1\nprint(v)")],
        [("step:x", "p = (1, 2)"), ("step:y", "match p:\n  case (x, y): s = x\nprint(s)")],
        [("step:x", "xs = ['1']"), ("step:y", "r = [v for x in xs if (v := x)]\nprint(v)")],
        [("step:x", "def f(go):\n  global conf\n  if go: conf = 1"), ("step:y", "f(True)\nprint(conf)")],
        [("step:x", "try:\n  import foo\nexcept ImportError:\n  foo = None\nprint(foo)")],
        [("step:x", "from math import *"), ("step:y", "print(sin(1))")],
        [("step:x", "_ = 1; __; In; Out; _i1; _3; get_ipython(); display(1)")],
        [("step:x raises-exception", "1 / 0"), ("step:y", "a = 1")],
        [("step:x", "class A:\n  n = 1\n  m = [n for _ in range(3)]")],
        [("step:x", "def f(n): return g(n)\ndef g(n): return n\nf(1)")],
        [("step:x", "print(__name__, __doc__)")],
    ],
)
def test_notebooks_that_run_have_no_errors(notebook, cells):
    assert not [problem for problem in problems_of(notebook, *cells) if problem.severity == "error"]


def test_all_problems_come_in_one_pass_in_notebook_order(notebook):
    found = problems_of(
        notebook,
        ("step:a gate", "x = 1"),
        ("step:b b", "print(undefined)"),
        ("step:c after:nowhere retries:x", "y = (1"),
    )
    errors = [(problem.cell, problem.code) for problem in found if problem.severity == "error"]
    assert errors == [(1, "NB201"), (2, "NB104"), (3, "NB203"), (3, "NB211"), (3, "NB101")]


def test_the_sentence_says_where_what_and_what_to_do(notebook):
    (problem,) = problems_of(notebook, ("step:load", "dta = 1"), ("step:fit", "\nprint(data)"))
    assert str(problem) == (
        'nb.ipynb, cell 2, line 2, step "fit": uses "data", which no earlier cell defines. Did you mean "dta"? [NB104]'
    )


@pytest.mark.parametrize("source", ["_1", "_", "x = 2"])
def test_what_does_not_count_on_the_cells_below_the_parameters(notebook, source):
    found = problems_of(notebook, ("parameters", "a = 1\na"), ("step:x", source))
    assert "NB114" not in {problem.code for problem in found}
