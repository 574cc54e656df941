"""One step in a real kernel, as the runtime drives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .notebook import Kernel, pack, write_job

STATES = ["random", "settings", "environment", "directory", "path"]

CHANGES = """
import os, sys, random, decimal, logging, warnings
import numpy as np, pandas as pd, matplotlib
random.seed(1); np.random.seed(2); random.random(); np.random.rand()
np.set_printoptions(precision=2); np.seterr(divide="ignore"); pd.set_option("display.max_rows", 7)
matplotlib.rcParams["lines.linewidth"] = 9.0; decimal.getcontext().prec = 5
logging.basicConfig(level=logging.INFO, format="%(levelname)s|%(message)s"); logging.getLogger("mine").setLevel("DEBUG")
warnings.filterwarnings("ignore", message="quiet")
os.environ["NB_TEST"] = "set"; os.environ.pop("HOME", None); sys.path.insert(0, "/nb-test")
os.mkdir("inside"); os.chdir("inside")
"""
MAKES = """
def broken(x):
    return x / 0
same = other = [1]
bad = open("f", "w")
_own = 1
"""
LOOKS = """
import os, sys, random, decimal, logging, warnings
import numpy as np, pandas as pd, matplotlib
print(random.random(), np.random.rand(), np.array([1 / 3]), np.geterr()["divide"], pd.get_option("display.max_rows"))
print(matplotlib.rcParams["lines.linewidth"], matplotlib.get_backend(), decimal.Decimal(1) / 3)
print(logging.getLogger("mine").level)
logging.info("logged")
warnings.warn("quiet"); warnings.warn("loud", stacklevel=1)
print(os.environ["NB_TEST"], os.environ.get("HOME"), sys.path[0], os.path.basename(os.getcwd()))
"""


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    monkeypatch.chdir(tmp_path)
    with Kernel() as kernel:
        yield kernel


def test_a_second_kernel_goes_on_where_the_first_ended(kernel: Kernel, tmp_path: Path) -> None:
    first = write_job(tmp_path, "first", saves={"everything": True, "state": STATES})
    kernel.begin(first)
    assert kernel.cell("a", CHANGES + MAKES) == ""
    report = kernel.finish(first)
    linear = kernel.cell("b", LOOKS, 2) + kernel.run("broken(1)")

    assert {each["name"]: each["type"] for each in report["variables"]}.items() >= {
        ("broken", "function"), ("same", "list"), ("np", "module"), ("_own", "int")
    }  # fmt: skip
    assert not {"In", "Out", "_", "exit", "get_ipython", "_i1", "open"} & {each["name"] for each in report["variables"]}
    assert report["uncrossable"] == [{"name": "bad", "type": "_io.TextIOWrapper", "why": "is an open file"}]
    drawn = [("random", f"{name}, which no cell has seeded") for name in ("random", "numpy")]
    assert [(each["kind"], each["what"]) for each in report["effects"]] == drawn
    assert (report["metrics"], report["gates"]) == ([], [])
    assert report["pack"]["path"] == pack(tmp_path, "first")

    load = {"path": pack(tmp_path, "first"), "left": None, "names": None, "state": STATES}
    second = write_job(tmp_path, "second", execution_count=2, loads=[load])
    with Kernel() as other:
        other.begin(second)
        crossed = other.cell("b", LOOKS, 2) + other.run("broken(1)")
        assert other.run("same is other") == "Out[4]: True"
    hidden = re.compile(r"/tmp/ipykernel_\d+/")  # a warning shows the file of its cell, which has the process id
    assert hidden.sub("", crossed) == hidden.sub("", linear)
    assert "INFO|logged" in linear
    assert "UserWarning: loud" in linear
    assert "Cell In[1], line" in linear


def test_the_harness_leaves_no_trace(kernel: Kernel, tmp_path: Path) -> None:
    look = (
        "print(sorted(globals()), len(In), Out, get_ipython().execution_count, __import__('threading').active_count())"
    )
    with Kernel() as plain:
        plain.run("1 + 1")
        linear = plain.run(look)
    job = write_job(tmp_path, "step", gates=["a"], metrics={"a": ["x"]})
    kernel.begin(job)
    kernel.cell("a", "1 + 1", 1)
    assert kernel.cell("b", look, 2) == linear
    assert kernel.cell("c", "In[-1], len(In), x", 7).startswith("---")
    assert kernel.cell("d", "In[7][:5], len(In)", 8) == "Out[8]: ('In[-1', 9)"


GATE = """limit = 0.9
asked = []
def ask(x):
    asked.append(x)
    return x
assert ask(0.95) >= ask(limit), "never read"
assert 0 < ask(0.5) < 1
assert asked, "not a comparison"
assert len(asked) == \\
    3
assert ask(0.8) > limit, f"auc is {ask(0.8)}"
assert 1 > 2
"""


def test_gates_note_what_was_compared(kernel: Kernel, tmp_path: Path) -> None:
    job = write_job(tmp_path, "step", gates=["g"])
    with Kernel() as plain:
        linear = plain.run(GATE)
    kernel.begin(job)
    assert kernel.cell("g", GATE, 1) == linear
    assert kernel.run("asked") == "Out[2]: [0.95, 0.9, 0.5, 0.8, 0.8]"
    found = kernel.finish(job, save=False)
    keys = ("line", "text", "passed", "operator", "left", "right", "message")
    assert [tuple(gate[key] for key in keys) for gate in found["gates"]] == [
        (6, "ask(0.95) >= ask(limit)", True, ">=", "0.95", "0.9", None),
        (7, "0 < ask(0.5) < 1", True, "<", "0.5", "1", None),
        (8, "asked", True, None, None, None, None),
        (9, "len(asked) == \\\n    3", True, "==", "3", "3", None),
        (11, "ask(0.8) > limit", False, ">", "0.8", "0.9", "auc is 0.8"),
        (12, "1 > 2", None, ">", None, None, None),
    ]
    assert found["pack"] is None
    assert found["variables"] == []
    assert kernel.run("assert 1 == 2").count("AssertionError") == 2  # an ordinary assert again


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nassert np.array([1, 2]) == np.array([1, 2])",
        "def f():\n    raise KeyError('inside')\nassert 1 == f(), 'text'",
        "assert (1 ==\n  2), f'{1/0}'",
        "assert (1, 'always true')",
        "assert 'a' is 'b'",
        "import asyncio\nassert await asyncio.sleep(0, 1) == 2",
        "%%time\nassert 1 == 2",
        "class Odd:\n    def __lt__(self, other): return self\n"
        "    def __bool__(self): print('asked'); return False\nassert Odd() < 1",
    ],
)
def test_a_gate_cell_shows_what_a_plain_one_shows(shared: tuple[Kernel, Kernel], code: str) -> None:
    plain, gated = shared
    hidden = re.compile(r"ipykernel_\d+|(?<=time: ).*|(?<=times: ).*")
    prompt = re.compile(r"In ?\[\d+\]")
    expected, found = plain.run(code), gated.cell("g", code)
    assert prompt.sub("", hidden.sub("", found)) == prompt.sub("", hidden.sub("", expected))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kernel, Kernel]]:
    folder = tmp_path_factory.mktemp("gates")
    with Kernel() as plain, Kernel() as gated:
        gated.begin(write_job(folder, "step", gates=["g"]))
        yield plain, gated


SCALARS = """
import numpy as np
auc, count, ok, name, worst, table = np.float64(0.5), np.int64(3), np.bool_(True), "rf", -float("inf"), [1]
"""
EFFECTS = """
import os, socket, sqlite3, subprocess
import pandas as pd
pd.read_csv("data.csv").to_csv("out.csv")
open("new.tmp", "w").close()
os.replace("new.tmp", "new.txt")
sqlite3.connect("x.db").close()
done = subprocess.run(["true", "a b"])
!true
listening = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listening.getsockname()).close()
try: open("gone")
except OSError: pass
"""


def test_metrics_files_and_effects_belong_to_their_cell(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a\n1\n")
    job = write_job(tmp_path, "step", metrics={"m": ["auc", "count", "ok", "name", "worst", "missing", "table"]})
    kernel.begin(job)
    assert kernel.cell("m", SCALARS, 1) == kernel.cell("f", EFFECTS, 2) == ""
    report = kernel.finish(job)
    assert [(each["name"], each["value"], each["kind"], each["cell_id"]) for each in report["metrics"]] == [
        ("auc", 0.5, "number", "m"),
        ("count", 3, "number", "m"),
        ("ok", True, "boolean", "m"),
        ("name", "rf", "text", "m"),
        ("worst", "-Infinity", "number", "m"),
    ]
    files = {(each["path"], each["mode"]): each for each in report["files"]}
    assert set(files) == {
        ("data.csv", "read"), ("out.csv", "write"), ("new.tmp", "write"), ("new.txt", "write"), ("gone", "read")
    }  # fmt: skip
    assert {each["cell_id"] for each in report["files"]} == {"f"}
    assert (files["data.csv", "read"]["size"], files["out.csv", "write"]["size"]) == (4, 7)
    assert files["data.csv", "read"]["resolved"] == str(tmp_path / "data.csv")
    assert files["gone", "read"]["size"] is None
    effects = [(each["kind"], each["what"].split(":")[0]) for each in report["effects"]]
    assert effects[:2] == [("database", "x.db"), ("subprocess", "true")]
    assert effects[2][0] == "subprocess"
    assert effects[3] == ("network", "127.0.0.1")


def test_a_later_step_of_a_kernel_keeps_what_is_there_and_takes_the_rest(kernel: Kernel, tmp_path: Path) -> None:
    source = write_job(tmp_path, "source", saves={"names": ["x", "y", "far", "gone"]})
    with Kernel() as other:
        other.begin(source)
        other.run("x = [1]; y = [2]; far = x; gone = 3")
        other.finish(source)
    path = pack(tmp_path, "source")
    kernel.begin(write_job(tmp_path, "first", loads=[{"path": path, "names": ["x", "gone"], "state": []}]))
    kernel.cell("a", "mine = x; draw = iter([x]); x.append(9)", 1)
    rest = {"path": path, "names": ["y"], "held": ["x"], "state": []}
    kernel.begin(write_job(tmp_path, "second", execution_count=5, drops=["gone"], loads=[rest]))
    assert (
        kernel.cell("b", "x, y, mine is x, 'gone' in globals(), len(In)", 5) == "Out[5]: ([1, 9], [2], True, False, 6)"
    )
    parted = write_job(tmp_path, "third", loads=[{"path": path, "names": ["far"], "held": ["x"], "state": []}])
    with pytest.raises(AssertionError, match='"far" shares objects with "x"'):
        kernel.begin(parted)
