"""The pipeline's notebook is papermill's."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

import nbformat
import papermill

from nb2ops.model import Parameter, Role

from .laboratory import Lab, Part

PARTS = [
    Part("setup", "import warnings", Role.SETUP),
    Part("setup", "n = 1\nn", Role.PARAMETERS, ("parameters",)),
    Part("a", "x = [n]\nprint(x)\nx", loads={"n": "setup"}),
    Part("b", "warnings.warn('careful')\nn + 1", loads={"n": "setup", "warnings": "setup"}),
    Part("a", "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))\nx.append(2); x"),
    Part("b", "1 / 0", tags=("raises-exception",)),
    Part("c", "In[-1], x", loads={"x": "a"}),
]


def outputs(notebook: nbformat.NotebookNode) -> list[object]:
    return [(cell.source, cell.execution_count, [_plain(o) for o in cell.outputs]) for cell in notebook.cells]


def _plain(output: nbformat.NotebookNode) -> object:
    """An output without the folder of the kernel's temporary files, which warnings show."""
    text = output.get("text") or output.get("data") or output.get("traceback")
    return output.output_type, re.sub(r"/tmp/\S*ipykernel_\d+", "/tmp/ipykernel", str(text))


def test_outputs_and_counts_are_those_of_papermill(lab: Lab) -> None:
    given = {"n": 5}
    plan = lab.bundle(PARTS, Parameter("n", "int", "1", 1))
    ran = lab.run(replace(plan, parameters=given, origins=dict.fromkeys(given, "given")), ["setup"], ["a", "b"], ["c"])
    output = lab.folder / "papermill.ipynb"
    with suppress(papermill.PapermillExecutionError):  # raises-exception is no excuse for papermill
        papermill.execute_notebook(plan.bundle / "nb.ipynb", output, parameters=given, progress_bar=False)
    theirs = nbformat.read(output, as_version=4)
    theirs.cells = [cell for cell in theirs.cells if cell.cell_type == "code"]
    assert ran.result.failure is None
    assert outputs(ran.notebook) == outputs(theirs)
