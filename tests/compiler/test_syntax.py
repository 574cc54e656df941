"""Cells as Python: what is not left to IPython is what IPython makes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from nb2ops.compiler.syntax import parse, transform
from tests.prove.notebooks import NOTEBOOKS, read_notebook
from tests.prove.programs import FOLDER, read_programs

EXAMPLES = Path(__file__).parents[2] / "example_notebooks"
CELLS = [
    "",
    "\n\n",
    "x = 1",
    "\n  \n  x = 1\n  if x:\n      y\n",
    "text = '''\n   \n  a\n'''",
    "\tx\n\ty",
    "a\r\nb\r\n",
    "a\f\nb",
    "x % 2, x != 1, {x!r}",
    "print('50 %')\n'%d' % 3",
    "%time x",
    "a = %time x",
    "a = \\\n  %time x",
    "a = !ls",
    "a = b = !ls",
    "!ls",
    "if x:\n    !ls\n    %cd ..",
    "%%bash\nls",
    "len?",
    "?len",
    "x = 1 # what?",
    ",f a b",
    ";f a b",
    "/f a",
    ">>> x\n... y",
    "  >>> x",
    "In [1]: x\n   ...: y",
    "x = '''\n>>> y'''",
    "...",
    "f(a\n  ,b)",
    "x\u2028%time y",
    "(1\n%2)",
]
PIECES = [
    "x",
    "=",
    " ",
    "\n",
    "%",
    "!",
    "?",
    "'''",
    "(",
    ")",
    "...",
    ">>> ",
    "In [1]: ",
    "\\",
    "\t",
    "\f",
    "#",
    "if x:\n    ",
]


@pytest.mark.filterwarnings("ignore:.make_tokens_by_line")  # IPython's own, of line ends that Python does not know
@pytest.mark.parametrize("source", CELLS)
def test_a_cell_is_what_ipython_makes_of_it(source: str) -> None:
    assert transform(source) == TransformerManager().transform_cell(source)


def test_so_are_the_cells_of_all_programs_and_notebooks() -> None:
    programs = [each for path in sorted(FOLDER.glob("*.txt")) for each in read_programs(path)]
    programs += [read_notebook(path) for path in sorted(NOTEBOOKS.glob("*.md"))]
    cells = [cell for program in programs for cell in program.cells]
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        found = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cells += ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    assert len(cells) > 2000
    assert [cell for cell in cells if transform(cell) != TransformerManager().transform_cell(cell)] == []


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_so_is_whatever_somebody_types(source: str) -> None:
    try:
        expected = TransformerManager().transform_cell(source)
    except (SyntaxError, IndexError):  # IPython 9 stumbles over some that are not Python: =%'''
        assert parse(source).error is not None
    else:
        assert transform(source) == expected


def test_a_notebook_without_magics_is_understood_without_ipython() -> None:
    program = (
        "import sys; from nb2ops.compiler.syntax import parse; parse('x % 2 != 1'); assert 'IPython' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
