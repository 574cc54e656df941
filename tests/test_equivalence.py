"""The law of equivalence, by `nb2ops verify`: each cell shows in the pipeline what plain papermill shows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.compiler.proposals import propose_tags
from nb2ops.compiler.tagging import add_tags
from tests.cli.commands import nb2ops
from tests.notebooks import write_notebook
from tests.prove.executor import Partition
from tests.prove.notebooks import NOTEBOOKS as PROVED
from tests.prove.notebooks import notebook_cells, read_notebook
from tests.prove.partitions import by_heading, every

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

EXAMPLES = sorted((Path(__file__).parents[1] / "example_notebooks").glob("*.ipynb"))

HELPER = """
mode, seen = "plain", []
def set_mode(new):
    global mode
    mode = new
def note(x):
    seen.append(x)
    return mode, len(seen)
"""

NOTEBOOKS = {
    "figures, displays and widgets": [
        "import matplotlib.pyplot as plt\nimport pandas as pd",
        "%precision 3\n%config InlineBackend.figure_format = 'retina'\npd.set_option('display.precision', 2)",
        "fig, ax = plt.subplots(figsize=(2, 2))\nax.plot([1, 2, 3]);",
        "ax.set_title('later')\nfig.get_axes()[0].get_title()",
        "22 / 7, pd.DataFrame({'a': [1.23456]})",
        "len(fig.axes[0].lines)",
        "closed, ax = plt.subplots(figsize=(1, 1))\nax.plot([1, 2])\nplt.close(closed)",
        "closed",
        "import ipywidgets\nfrom IPython.display import HTML, update_display",
        "first = display('one', display_id=True)",
        "display(HTML('<b>1</b>'), display_id='named')\nprint('between')\ndisplay('same', display_id='named')",
        "out = ipywidgets.Output()\nslider = ipywidgets.IntSlider(3)\ndisplay(out, slider)",
        "first.update('two')",
        "update_display(HTML('<b>2</b>'), display_id='named')",
        "with out:\n    print('captured')\nslider.value = 7",
        "display('three', display_id=first.display_id);",
        "len(out.outputs), slider.value",
    ],
    "functions, modules, random numbers and files": [
        "def make():\n  k = 0\n  def inc():\n    nonlocal k\n    k += 1\n    return k\n  return inc\ninc = make()",
        "def keep(x, store=[]):\n    store.append(x)\n    return store",
        "class Counter:\n  made = []\n  def __init__(self, n): self.made.append(n)\n  def __call__(self): return self",
        "inc(), keep(1), Counter(1)().made",
        "inc(), keep(2), Counter(2)().made",
        "inc(), keep(3), Counter.made",
        "import random, os, helper\nimport numpy as np\nrandom.seed(1); np.random.seed(1)",
        "helper.set_mode('loud')\nhelper.note(1)",
        "random.random(), np.random.rand(2)",
        "os.makedirs('made', exist_ok=True)\nopen('made/a.txt', 'w').write('x')",
        "helper.note(2), random.random(), np.random.rand(2)",
        "%%writefile part.py\nvalue = 41",
        "import part\npart.value + len(os.listdir('made'))",
        "for i in range(len(helper.seen)):\n    last = i\nprint(last, helper.mode)",
    ],
}


LONGER: dict[str, Partition] = {
    "eda_wine": by_heading,
    "statistics_simulation": by_heading,
    "closures": every(3),
    "helper_module": every(3),
    "plotting_figures": every(1),
    "oop_bank": every(1),
}


def assert_equal(source: Path) -> None:
    """Nothing differs, not even what could be excused."""
    done = nb2ops("verify", source, "-o", "json", timeout=600)  # several runs
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert (done.returncode, found["verdict"], found["differences"]) == (0, "equal", []), found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_cell_of_an_example_gives_what_papermill_gives(example, tmp_path):
    shutil.copytree(example.parent, tmp_path / "examples", ignore=shutil.ignore_patterns(".*"))
    assert_equal(tmp_path / "examples" / example.name)


@pytest.mark.parametrize("every", [None, 3, 1], ids=["headings", "every 3", "every cell"])
def test_the_untagged_example_gives_the_same_whatever_tags_are_proposed(every, tmp_path):
    (example,) = (path for path in EXAMPLES if path.stem == "digits_explorer")
    proposal = propose_tags(compile_notebook(example), every)
    assert len(proposal.pipeline.steps) > 6
    source = tmp_path / "source" / example.name
    source.parent.mkdir()
    tags = {cell.index: cell.tags for cell in proposal.cells}
    source.write_text(add_tags(example.read_text(encoding="utf-8"), tags), encoding="utf-8")
    assert_equal(source)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_as_its_own_step_gives_what_papermill_gives(name, tmp_path):
    (tmp_path / "helper.py").write_text(HELPER)
    cells = [(f"step:s{number}", cell) for number, cell in enumerate(NOTEBOOKS[name])]
    assert_equal(write_notebook(tmp_path / "nb.ipynb", *cells))


@pytest.mark.parametrize("name", LONGER)
def test_every_cell_of_a_course_notebook_gives_what_papermill_gives(name, tmp_path):
    notebook = read_notebook(PROVED / f"{name}.md")
    for file, text in notebook.files.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    cells = notebook_cells(notebook, LONGER[name](notebook))
    assert_equal(write_notebook(tmp_path / f"{name}.ipynb", *cells))
