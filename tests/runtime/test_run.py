"""Runs that go well: hand-over, outputs, counts, parameters, metrics, files that are left."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Parameter, Role, StepState

from .laboratory import Lab, Part

SCHEMA = json.loads((files("nb2ops.runtime") / "record.schema.json").read_text())

DIAMOND = [
    Part("setup", "n = 2\nn", Role.PARAMETERS, ("parameters",)),
    Part("load", "import os\nrows = list(range(n))\nprint('loaded', len(rows))", loads={"n": "setup"}),
    Part("left", "small = [r for r in rows if r < 2]\nsmall", loads={"rows": "load"}),
    Part("right", "large = [r for r in rows if r >= 2]\nlarge", loads={"rows": "load"}),
    Part("left", "small.append(99)\nsmall"),
    Part(
        "compare",
        "score = len(large) / len(small)\nprint(os.path.basename(os.getcwd()))",
        Role.METRICS,
        metrics=("score",),
        loads={"small": "left", "large": "right", "os": "load"},
    ),
    Part("compare", "assert score < 10, 'too good'", Role.GATE),
]
WAVES = (["setup"], ["load"], ["left", "right"], ["compare"])
MEET = """
import os, time
open(here, "w").close()
while not os.path.exists(there):
    time.sleep(0.01)
"""
N = Parameter("n", "int", "2", 2)


def test_a_diamond_with_a_parameter(lab: Lab) -> None:
    plan = replace(lab.bundle(DIAMOND, N), parameters={"n": 5}, origins={"n": "given"}, output=lab.folder / "out")
    ran = lab.run(plan, *WAVES)

    assert ran.result.state is StepState.COMPLETED, ran.result.failure
    cells = ran.notebook.cells
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert cells[1].metadata.tags == ["injected-parameters"]
    assert cells[1].source == "# Parameters\nn = 5\n"
    shown = [ran.text(index) for index in range(8)]
    assert shown == ["2", "", "loaded 5\n", "[0, 1]", "[2, 3, 4]", "[0, 1, 99]", f"{lab.folder.name}\n", ""]
    assert all(cell.metadata.papermill.status == "completed" for cell in cells)

    [metric] = ran.result.metrics
    assert (metric.name, metric.value, metric.step, metric.cell) == ("score", 1.0, "compare", 6)
    [gate] = ran.result.gates
    assert (gate.text, gate.passed, gate.operator, gate.cell, gate.line) == ("score < 10", True, "<", 7, 1)

    assert ran.result.notebook == str(lab.folder / "out" / "nb.ipynb")
    assert ran.result.record == str(lab.folder / "out" / "record.json")
    jsonschema.validate(ran.record, SCHEMA)
    assert ran.record["parameters"] == [{"name": "n", "type": "int", "value": 5, "secret": None, "origin": "given"}]
    [rows] = [v for step in ran.record["steps"] for v in step["variables"] if v["name"] == "rows"]
    assert rows["type"] == "list"
    assert (ran.events[0]["event"], ran.events[-1]["event"]) == ("run-started", "run-finished")
    assert json.loads((plan.folder / "events.jsonl").read_text().splitlines()[0]) == ran.events[0]


def test_without_a_given_parameter_nothing_is_injected_and_branches_overlap(lab: Lab) -> None:
    parts = [
        Part("setup", "n = 2", Role.PARAMETERS, ("parameters",)),
        Part("left", f"here, there = 'left', 'right'\n{MEET}"),
        Part("right", f"here, there = 'right', 'left'\n{MEET}"),
    ]
    plan = replace(lab.bundle(parts, N), cell_timeout=20)
    ran = lab.run(plan, ["setup"], ["left", "right"])
    assert [cell.execution_count for cell in ran.notebook.cells] == [1, 2, 3]
    assert ran.result.state is StepState.COMPLETED


def test_what_a_kernel_gets(lab: Lab, monkeypatch) -> None:
    for name in [each for each in os.environ if each.startswith("NB2OPS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_API_KEY", "secret")
    monkeypatch.setenv("NB2OPS_SIGNING_KEY", "secret")
    look = "import os, tempfile; print(sorted(k for k in os.environ if k.startswith(('PREFECT', 'NB2OPS'))))"
    keep = "print(os.environ['PYTHONHASHSEED'], hash('x')); tempfile.mkstemp()\nprint(tempfile.gettempdir())"
    serve = "import subprocess; server = subprocess.Popen(['sleep', '60']).pid"
    ran = lab.at_once(
        [
            Part("a", f"{look}\n{keep}"),
            Part("b", f"{look}\n{keep}\n{serve}"),
            Part("c", "import os; os.kill(server, 0)", loads={"server": "b"}),
        ],
    )
    assert ran.result.state is StepState.COMPLETED, ran.result.failure
    assert ran.text(0) == ran.text(1)  # one hash seed, one TMPDIR
    names, seed, temporary = ran.text(0).splitlines()
    assert names == "['NB2OPS_RUN']"
    assert ran.record["environment"]["hash_seed"] == seed.split()[0]
    assert not (lab.folder / temporary).exists()


def test_the_notebook_may_end_itself(lab: Lab) -> None:
    parts = [
        Part("a", "import atexit; atexit.register(lambda: open('left.txt', 'w').write('x')); print(1)"),
        Part("b", "import sys; sys.exit(0)"),
        Part("b", "print(2)"),
        Part("c", "print(3)"),
    ]
    ran = lab.at_once(parts)
    assert ran.result.state is StepState.COMPLETED
    assert ran.states() == {"a": "Completed", "b": "Completed", "c": "NotRun"}
    assert [ran.text(index)[:2] for index in range(4)] == ["1\n", "0/", "", ""]  # IPython warns how to exit
    assert [cell["state"] for step in ran.record["steps"] for cell in step["cells"]] == [
        "Completed",
        "Completed",
        "NotRun",
        "NotRun",
    ]
    assert (lab.folder / "left.txt").exists()
    jsonschema.validate(ran.record, SCHEMA)


@pytest.mark.parametrize("output", ["", "linked", "bundle"])
def test_neither_the_notebook_nor_the_bundle_is_overwritten(lab: Lab, output: str) -> None:
    plan = lab.bundle([Part("a", "1")])
    (lab.folder / "linked").symlink_to(lab.folder)
    source = lab.folder / "nb.ipynb"
    with pytest.raises(UsageError, match=r"would overwrite nb\.ipynb itself"):
        lab.run(replace(plan, source=source, output=lab.folder / output), ["a"])
    assert not source.exists()


def test_what_a_run_leaves_is_for_its_owner_alone(lab: Lab) -> None:
    plan = replace(lab.bundle([Part("a", "x = 1"), Part("b", "x", loads={"x": "a"})]), output=lab.folder / "out")
    lab.run(plan, ["a"], ["b"])
    private = ["run/record.json", "run/events.jsonl", "run/reports", "run/packs", "out/record.json"]
    assert {name: (lab.folder / name).stat().st_mode & 0o077 for name in private} == dict.fromkeys(private, 0)


def test_a_selection_of_steps_uses_what_earlier_runs_left(lab: Lab) -> None:
    parts = [Part("a", "x = 1"), Part("b", "x + 1", loads={"x": "a"}), Part("c", "3")]
    ran = lab.at_once(parts, selection=("b",))
    assert ran.states() == {"a": "NotRun", "b": "Failed", "c": "NotRun"}
    assert ran.result.failure.message == 'needs x of step "a", which has not run'
