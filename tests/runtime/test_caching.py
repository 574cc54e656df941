"""What runs again and what does not: every row changes one thing and names the steps that run then."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nb2ops.compiler.bundle import build_bundle, write_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.model import Json, RunResult, StepState
from nb2ops.runtime.supervision import RunPlan, Supervisor
from tests.notebooks import Pair, write_notebook

from .test_run import SCHEMA

NOTEBOOK: tuple[Pair, ...] = (
    ("parameters", "rows = 4\nrate = 2"),
    ("setup", "import helper\nimport random\nrandom.seed(1)"),
    ("setup", "def double(x):\n    return 2 * x"),
    ("step:load", "data = [int(line) for line in open('data.txt')][:rows]\ndata"),
    ("step:clean", "clean = [helper.mend(x) for x in data]\nclean"),
    ("step:draw", "drawn = random.random()\ndrawn"),
    ("step:fit", "model = {'sum': double(sum(clean)) * rate}\nprint(model)"),
    ("step:note", "import time\nbegan = time.time() > 0\nbegan"),
    (
        "step:write",
        "with open('out.txt', 'w') as file:\n    print(model, drawn, file=file)\nprint(open('out.txt').read())",
    ),
)
GIVEN = {"rate": 2}
pytestmark = pytest.mark.xdist_group("caching")
_numbers = itertools.count(1)
STEPS = ["setup", "load", "clean", "draw", "fit", "note", "write"]


@dataclass
class Ran:
    """A run: which steps ran, what cells show, its record."""

    result: RunResult
    steps: list[str]
    shown: list[str]
    record: Json

    def why(self, step: str) -> str:
        return "; ".join(next(each for each in self.record["steps"] if each["name"] == step)["cache"]["why"])


@dataclass
class Bench:
    """Runs a notebook again and again in one folder, with one store."""

    folder: Path
    cells: tuple[Pair, ...] = NOTEBOOK

    def prepare(self) -> Bench:
        (self.folder / "data.txt").write_text("1\n2\n3\n4\n5\n")
        (self.folder / "helper.py").write_text("def mend(x):\n    return x + 1\n")
        return self

    def edit(self, number: int, text: str) -> None:
        """Give a cell another source, or with its number negated other tags."""
        at = abs(number) - 1
        tags, source = self.cells[at]
        changed = (tags, text) if number > 0 else (text, source)
        self.cells = (*self.cells[:at], changed, *self.cells[at + 1 :])

    def plan(self, given: Mapping[str, Any], **changes: Any) -> RunPlan:
        name = f"run{next(_numbers)}"
        notebook = write_notebook(self.folder / "nb.ipynb", *self.cells)
        bundle = build_bundle(compile_notebook(notebook), self.folder)
        folder = self.folder / ".nb2ops" / "bundles" / bundle.digest[:16]
        write_bundle(bundle, folder)
        known = {each.name for each in bundle.pipeline.parameters}
        assert set(given) <= known
        run = self.folder / ".nb2ops" / "runs" / name
        run.mkdir(parents=True)
        plan = RunPlan(name, folder, run, self.folder, source=notebook, hash_seed="7")
        plan = replace(plan, parameters=given, origins=dict.fromkeys(given, "given"), signing_key="secret")
        return replace(plan, **{"cache": self.folder / "cache", **changes})

    def run(
        self, given: Mapping[str, Any] | None = None, hear: Callable[[Json], None] = lambda event: None, **changes: Any
    ) -> Ran:
        plan = self.plan(given or {}, **changes)
        supervisor = Supervisor.start()
        try:
            supervisor.begin(plan, hear)
            order = [step["name"] for step in json.loads((plan.bundle / "pipeline.json").read_text())["steps"]]
            results = [supervisor.run_step(name) for name in order]
            result = supervisor.finish()
        finally:
            supervisor.close()
        ran = [each.step for each in results if each.cached is None and each.state is not StepState.NOT_RUN]
        record = json.loads(Path(result.record or "").read_text())
        jsonschema.validate(record, SCHEMA)
        cells = json.loads(Path(result.notebook or "").read_text())["cells"]
        shown = ["".join(map(_text, cell["outputs"])) for cell in cells if "injected-parameters" not in _tags(cell)]
        return Ran(result, ran, shown, record)


def _tags(cell: Json) -> list[str]:
    return cell["metadata"].get("tags", [])


def _text(output: Json) -> str:
    found = output.get("text") or output.get("data", {}).get("text/plain") or output.get("evalue", "")
    return found if isinstance(found, str) else "".join(found)


def top_to_bottom(bench: Bench, given: Mapping[str, Any]) -> list[str]:
    """What each cell shows in a process of its own, top to bottom."""
    program = json.dumps([[source for _, source in bench.cells], dict(given)])
    found = subprocess.run([sys.executable, "-c", LINEAR, program], cwd=bench.folder, capture_output=True, check=True)
    return json.loads(found.stdout)


LINEAR = """
import ast, contextlib, io, json, sys
sys.path.insert(0, "")
cells, given = json.loads(sys.argv[1])
shown, names = [], {"__name__": "__main__"}
for number, source in enumerate(cells):
    out, body = io.StringIO(), ast.parse(source).body
    last = ast.Expression(body.pop().value) if isinstance(body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(out):
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        value = eval(compile(last, "cell", "eval"), names) if last else None
    shown.append(out.getvalue() + ("" if value is None else repr(value)))
    names.update(given if number == 0 else {})
print(json.dumps(shown))
"""


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A folder in which the notebook has run once."""
    bench = Bench(tmp_path_factory.mktemp("warm")).prepare()
    first = bench.run(GIVEN)
    assert first.steps == STEPS, first.result.failure
    return bench


@dataclass(frozen=True)
class Row:
    """What is changed before a run: cells by number, files by name, parameters, the plan; and the steps that run."""

    name: str
    runs: Sequence[str]
    why: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)


ROWS = (
    Row("nothing", ["note"], {"note": "cell 8 asks the clock (time.time)"}),
    Row("a comment", ["fit", "note"], {"fit": "code of cell 7 has changed"}, cells={7: NOTEBOOK[6][1] + "  # sums"}),
    Row("a late cell", ["note", "write"], cells={9: NOTEBOOK[8][1] + "\nprint('done')"}),
    Row(
        "an early cell, with equal output",
        ["load", "note"],
        cells={4: "lines = open('data.txt').readlines()\ndata = [int(line) for line in lines[:rows]]\ndata"},
    ),
    Row(
        "an early cell, with other output",
        ["load", "clean", "fit", "note", "write"],
        {"clean": "input data has changed", "fit": "input clean has changed"},
        cells={4: NOTEBOOK[3][1].replace("int(line)", "int(line) * 2")},
    ),
    Row(
        "a parameter of one step",
        ["setup", "fit", "note", "write"],
        {"setup": "parameter rate has changed", "fit": "input rate has changed"},
        given={"rate": 3},
    ),
    Row("a data file touched", ["note"], files={"data.txt": "1\n2\n3\n4\n5\n"}),
    Row(
        "a data file, where nothing comes of it",
        ["load", "note"],
        {"load": "data.txt has changed"},
        files={"data.txt": "1\n2\n3\n4\n6\n"},
    ),
    Row("a data file", ["load", "clean", "fit", "note", "write"], files={"data.txt": "9\n2\n3\n4\n5\n"}),
    Row(
        "a function of the setup",
        ["setup", "fit", "note", "write"],
        {"fit": "input double has changed"},
        cells={3: NOTEBOOK[2][1].replace("2 * x", "3 * x")},
    ),
    Row(
        "a module beside the notebook",
        STEPS,
        {"setup": "module helper.py has changed", "clean": "module helper.py has changed"},
        files={"helper.py": "def mend(x):\n    return x + 10\n"},
    ),
    Row(
        "the seed",
        ["setup", "clean", "draw", "note", "write"],
        {"draw": "the random before it has changed"},
        cells={2: NOTEBOOK[1][1].replace("seed(1)", "seed(2)")},
    ),
    Row("the hash seed", STEPS, {"load": "the hash seed has changed"}, plan={"hash_seed": "8"}),
    Row("cache:off", ["note", "write"], {"write": "the tag cache:off"}, cells={-9: "step:write cache:off"}),
    Row("told to run", STEPS, {"load": "it was told to run"}, plan={"forced": True}),
)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_what_runs_after_a_change(warm: Bench, row: Row) -> None:
    bench = replace(warm)
    before = {name: (warm.folder / name).read_text() for name in (*row.files, "out.txt")}
    for number, text in row.cells.items():
        bench.edit(number, text)
    for name, text in row.files.items():
        (bench.folder / name).write_text(text)
    ran = bench.run({**GIVEN, **row.given}, **row.plan)
    linear = top_to_bottom(bench, {**GIVEN, **row.given})
    for name, text in before.items():
        (warm.folder / name).write_text(text)

    assert ran.steps == row.runs, {step: ran.why(step) for step in ran.steps}
    assert [step for step, why in row.why.items() if why not in ran.why(step)] == []
    assert ran.shown == linear


FAILING: tuple[Pair, ...] = (
    ("step:load", "import time\nbegan = time.time() > 0\nprint('loaded', open('note.txt', 'a').write('x'))"),
    ("step:slow", "total = sum([1, 2, 3])\nprint(total)"),
    ("step:stays", "source = open('data.txt')"),
    ("step:read", "first = source.readline()\nfirst"),
    ("step:fit", "assert total > 6, 'too few'\nprint(total, began)"),
    ("step:last", "print('done')"),
)


def test_a_run_that_failed_goes_on_where_it_failed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FAILING).prepare()
    failed = bench.run(cache=None)
    assert (failed.result.state, failed.result.failure.step) == (StepState.FAILED, "fit")
    resumed = tmp_path / ".nb2ops" / "runs" / failed.result.run

    bench.edit(5, "assert total > 5, 'too few'\nprint(total, began)")
    again = bench.run(cache=None, resumed=resumed)
    assert again.result.state is StepState.COMPLETED, again.result.failure
    assert again.steps == ["stays", "read", "fit", "last"], "what cannot leave its kernel is made again"
    assert (tmp_path / "note.txt").read_text() == "x", "what wrote a file did not run again"
    assert again.shown[0] == "loaded 1\n"
    assert [each.cached for each in again.result.steps[:2]] == [failed.result.run] * 2
    assert again.why("fit") == "it did not complete in the run that is resumed"
    assert again.record["run"]["parent"] == failed.result.run

    twice = bench.run(cache=None, resumed=tmp_path / ".nb2ops" / "runs" / again.result.run)
    assert twice.steps == ["stays", "read"]
    assert {each.step: each.cached for each in twice.result.steps}["load"] == failed.result.run, "who has computed it"
    assert twice.shown == again.shown

    bench.edit(2, "total = sum([1, 2, 4])\nprint(total)")
    changed = bench.run(cache=None, resumed=resumed)
    assert changed.steps == ["slow", "stays", "read", "fit", "last"]
    assert changed.why("slow") == "code of cell 2 has changed"


PACKAGE: tuple[Pair, ...] = (
    ("setup", "import sys\nsys.path.insert(0, 'site-packages')"),
    ("step:ask", "import mini\nmini.answer()"),
    ("step:plain", "2 + 2"),
)


def _install(folder: Path, version: str, answer: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / f"mini-{version}.dist-info").mkdir(parents=True)
    (folder / "mini.py").write_text(f"def answer():\n    return {answer}\n")


def test_another_version_of_a_package(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.nb2ops]\ncache-trust = ['mini']\n")
    bench = Bench(tmp_path, PACKAGE).prepare()
    _install(tmp_path / "site-packages", "1.0", 1)
    assert bench.run().shown == ["", "1", "4"]
    assert bench.run().steps == []
    _install(tmp_path / "site-packages", "1.1", 2000)
    again = bench.run()
    assert (again.steps, again.shown) == (["ask"], ["", "2000", "4"])
    assert again.why("ask") == "package mini 1.0 -> 1.1"


def test_a_cache_that_is_deleted_while_a_run_uses_it_is_a_miss(tmp_path: Path) -> None:
    bench = Bench(tmp_path).prepare()
    first = bench.run(GIVEN)
    kept = sorted(path for path in (tmp_path / "cache" / "files").rglob("*") if path.is_file())
    for path in kept[::2]:
        path.unlink()

    def delete(event: Json) -> None:
        if event["event"] == "step-finished" and event["step"] == "clean":
            shutil.rmtree(tmp_path / "cache", ignore_errors=True)

    again = bench.run(GIVEN, hear=delete)
    assert again.result.state is StepState.COMPLETED, again.result.failure
    assert again.shown == first.shown
    assert {"draw", "fit", "note", "write"} <= set(again.steps)


ONCE: tuple[Pair, ...] = (
    ("functions", "def fails():\n    return 1 / 0"),
    ("functions", "def works():\n    return 1"),
    ("step:makes raises-exception", "import os\nos.mkdir('made')"),
    ("step:removes raises-exception", "import os\nos.remove('old.txt')"),
    ("step:rereads", "print(open('again.txt').read())"),
    ("", "with open('again.txt', 'w') as file:\n    file.write('two')"),
    ("", "print(open('again.txt').read())"),
    ("step:searches", "import glob\nprint(glob.glob('*/new.txt'))"),
    ("step:reads", "print(open('data.txt').readline())"),
    ("step:asks", "print(open('/proc/uptime').read() > '')"),
    ("step:calls raises-exception", "fails()"),
    ("step:lists", "import glob\nprint(glob.glob('*.txt') > [], works())"),
    ("step:writes", "%%writefile note.txt\nnoted"),
    ("step:plain", "print(2 + 2)"),
)


@pytest.fixture
def shared_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder among the devices, where there is one."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_what_cannot_be_done_twice_or_is_not_seen_runs_again(shared_memory: Path) -> None:
    bench = Bench(shared_memory, ONCE).prepare()
    (shared_memory / "old.txt").touch()
    (shared_memory / "again.txt").write_text("one")
    (shared_memory / "sub").mkdir()
    first = bench.run()
    assert first.shown[2:9] == ["", "", "one\n", "", "two\n", "[]\n", "1\n\n"], first.result.failure
    (shared_memory / "sub" / "new.txt").touch()
    (shared_memory / "data.txt").write_text("9\n")
    bench.cells = (*(bench.cells[at] for at in (1, 0)), *bench.cells[2:])

    again = bench.run()
    exists, gone = "[Errno 17] File exists: 'made'", "[Errno 2] No such file or directory: 'old.txt'"
    assert again.shown[2:9] == [exists, gone, "two\n", "", "two\n", "['sub/new.txt']\n", "9\n\n"]
    assert (first.shown[12], again.shown[12]) == ("Writing note.txt\n", "Overwriting note.txt\n")
    assert (traceback_numbers(first), traceback_numbers(again)) == (["11", "1"], ["11", "2"])
    assert again.steps == [
        "setup",
        "makes",
        "removes",
        "rereads",
        "searches",
        "reads",
        "asks",
        "calls",
        "lists",
        "writes",
    ]
    assert [again.why(step) for step in again.steps[1:7]] == [
        f"cell 3 makes {shared_memory}/made, and cannot do so again",
        f"cell 4 removes {shared_memory}/old.txt, and cannot do so again",
        "again.txt has changed since a cell had it open, or is no plain file",
        "cell 8: looks for files by name, unseen",
        "data.txt has changed",
        'cell 10 asks for the machine or the process ("/proc/uptime")',
    ]


def traceback_numbers(ran: Ran) -> list[str]:
    """The prompt numbers of the cells that the traceback of step `calls` names."""
    cells = json.loads(Path(ran.result.notebook or "").read_text())["cells"]
    lines = next(output["traceback"] for output in cells[10]["outputs"] if output["output_type"] == "error")
    return re.findall(r"Cell In\[(\d+)\]", re.sub(r"\x1b\[[\d;]*m", "", "\n".join(lines)))


SEEDED: tuple[Pair, ...] = (
    (
        "imports",
        "import numpy as np\nimport pandas as pd\nfrom scipy import stats\n"
        "from sklearn.ensemble import RandomForestRegressor",
    ),
    ("step:sample", "frame = pd.DataFrame({'x': np.arange(40.0)}).sample(20, random_state=0)\nprint(frame.x.sum())"),
    ("step:draw", "print(stats.norm.rvs(size=2, random_state=3).round(3))"),
    (
        "step:forest",
        "forest = RandomForestRegressor(3, random_state=0).fit(frame, frame.x)\nprint(forest.predict(frame)[0])",
    ),
    ("step:chance", "print(len(pd.DataFrame({'x': [1, 2]}).sample(1)))"),
)


def test_what_libraries_draw_with_a_seed_is_known(tmp_path: Path) -> None:
    bench = Bench(tmp_path, SEEDED).prepare()
    first, again = bench.run(), bench.run()
    assert again.steps == ["chance"], {step: again.why(step) for step in again.steps}
    assert again.why("chance") == "cell 5: draws from numpy, which no cell has seeded"
    assert again.shown == first.shown
