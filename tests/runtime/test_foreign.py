"""Notebooks in another language, run with a real kernel of one."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import papermill
import pytest

from nb2ops.compiler.bundle import build_bundle, write_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.model import Json, StepState
from nb2ops.runtime.supervision import RunPlan
from tests.notebooks import Pair, write_notebook

from .laboratory import Lab, Ran, carrying, wait_for

SPEC = {
    "argv": ["python", "-m", "bash_kernel", "-f", "{connection_file}"],
    "display_name": "Bash",
    "language": "bash",
    "env": {"PS1": "$"},
}
BASH = {"kernelspec": {"name": "bash", "display_name": "Bash", "language": "bash"}, "language_info": {"name": "bash"}}


@pytest.fixture(autouse=True)
def bash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "jupyter" / "kernels" / "bash"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(SPEC))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))


def run(lab: Lab, *cells: Pair | str, given: Json | None = None, **options: object) -> Ran:
    compilation = compile_notebook(write_notebook(lab.folder / "nb.ipynb", *cells, metadata=BASH))
    write_bundle(build_bundle(compilation, lab.folder), lab.folder / "bundle")
    plan = RunPlan(
        f"run-{id(lab)}",
        lab.folder / "bundle",
        lab.folder / "run",
        lab.folder,
        parameters=given or {},
        origins=dict.fromkeys(given or {}, "given"),
        **options,
    )
    return lab.run(plan, ["notebook"])


def shown(notebook: nbformat.NotebookNode) -> list[object]:
    return [(cell.source, cell.execution_count, as_lab_shows(cell.outputs)) for cell in notebook.cells]


def as_lab_shows(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Outputs with consecutive pieces of a stream put together, as JupyterLab does and papermill does not."""
    found: list[nbformat.NotebookNode] = []
    for output in outputs:
        if found and output.output_type == "stream" == found[-1].output_type and output.name == found[-1].name:
            found[-1] = nbformat.from_dict({**found[-1], "text": found[-1].text + output.text})
        else:
            found.append(output)
    return found


def test_outputs_and_counts_are_those_of_papermill(lab: Lab) -> None:
    cells = [
        "export GREETING=hello",
        ("parameters", "rows=3  # how many\nword='a b'"),
        ("step:count", 'x=$(seq $rows | wc -l)\necho "$GREETING $x $word"; echo wrong >&2'),
        ("skip", "exit 3"),
        ("step:show", "echo $x"),
    ]
    given = {"rows": 5}
    ran = run(lab, *cells, given=given)
    kept = write_notebook(lab.folder / "kept.ipynb", *(cell for cell in cells if cell[0] != "skip"), metadata=BASH)
    theirs = papermill.execute_notebook(kept, None, parameters=given, progress_bar=False)
    assert ran.result.failure is None
    assert shown(theirs)[3][2][0].text == "hello 5 a b\nwrong\n"
    assert [each for each in shown(ran.notebook) if each[0] != "exit 3"] == shown(theirs)
    assert ran.notebook.metadata.language_info == theirs.metadata.language_info
    assert ran.record["environment"]["language"] == "bash"


def test_a_cell_that_fails_ends_the_run_at_its_place(lab: Lab) -> None:
    ran = run(lab, "echo before", "ls /nowhere", "echo after")
    failure = ran.result.failure
    assert failure
    assert (ran.result.state, failure.cell, failure.message) == (StepState.FAILED, 2, "error: 2")
    assert (ran.text(0), ran.text(2)) == ("before\n", "")


def test_a_cell_that_takes_too_long_leaves_no_process(lab: Lab) -> None:
    ran = run(lab, "echo before", "sleep 600 & sleep 601", cell_timeout=2.0)
    assert ran.result.failure
    assert (ran.result.state, ran.result.failure.cell) == (StepState.TIMED_OUT, 2)
    wait_for(lambda: not carrying(f"run-{id(lab)}"))


def test_a_kernel_that_is_killed_is_a_crash(lab: Lab) -> None:
    ran = run(lab, "echo before", "kill -9 $PPID")
    assert ran.result.failure
    assert (ran.result.state, ran.result.failure.cell) == (StepState.CRASHED, 2)
    assert ran.text(0) == "before\n"
