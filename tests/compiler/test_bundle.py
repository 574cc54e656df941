"""What build writes: the same bytes every time, nothing of anybody else's overwritten."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nb2ops.compiler.bundle import MANIFEST, build_bundle, differences, write_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import InvalidNotebook, UsageError
from nb2ops.model import Pipeline
from nb2ops.wire import decode, read_pipeline

CELLS = [
    ("parameters", "rows: int = 3  # how many"),
    ("step:load", "df = [rows]"),
    ("step:a", "x = df"),
    ("step:b", "y = x"),
]


def bundle_of(path: Path):
    return build_bundle(compile_notebook(path), path.parent)


def test_a_bundle_holds_flow_pipeline_source_and_one_notebook_per_step(notebook):
    files = bundle_of(notebook(*CELLS)).files
    steps = ["steps/a.ipynb", "steps/b.ipynb", "steps/load.ipynb", "steps/setup.ipynb"]
    assert sorted(files) == ["flow.py", MANIFEST, "nb.ipynb", "pipeline.json", "prefect.yaml", *steps]


def test_step_notebooks_hold_the_cells_verbatim(notebook):
    files = bundle_of(
        notebook(("step:a", "%time x = 1\n\n# end"), ("markdown", "text"), ("", "y = x"), metadata={"k": 1})
    ).files
    step = json.loads(files["steps/a.ipynb"])
    assert [(cell["id"], "".join(cell["source"])) for cell in step["cells"]] == [
        ("c0", "%time x = 1\n\n# end"),
        ("c2", "y = x"),
    ]
    assert step["cells"][0]["metadata"] == {"tags": ["step:a"]}
    assert step["metadata"]["k"] == 1


def test_outputs_counts_and_what_running_left_do_not_matter(notebook, tmp_path):
    path = notebook(*CELLS)
    before = bundle_of(path)
    data = json.loads(path.read_text())
    data["metadata"]["language_info"]["version"] = "3.99"
    data["metadata"]["widgets"] = {"state": {}}
    for count, cell in enumerate(data["cells"], 1):
        cell["execution_count"] = count
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hello"}]
        cell["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01"}
    path.write_text(json.dumps(data))
    assert bundle_of(path) == before


def test_a_changed_cell_changes_the_digest(notebook):
    before = bundle_of(notebook(*CELLS)).digest
    assert bundle_of(notebook(*CELLS[:-1], ("step:b", "y = x  # again"))).digest != before


def test_pipeline_json_reads_back_as_the_pipeline(notebook, tmp_path):
    bundle = bundle_of(notebook(*CELLS))
    write_bundle(bundle, tmp_path / "out")
    assert read_pipeline(tmp_path / "out") == bundle.pipeline
    assert isinstance(decode(Pipeline, json.loads(bundle.files["pipeline.json"])), Pipeline)


@pytest.mark.parametrize(("content", "words"), [("", "not a bundle"), ('{"schema": "pipeline/9"}', "pipeline/9")])
def test_a_folder_that_is_no_bundle_of_this_version_is_refused(tmp_path, content, words):
    (tmp_path / "pipeline.json").write_text(content)
    with pytest.raises(UsageError, match=words):
        read_pipeline(tmp_path)


def test_a_notebook_with_errors_builds_nothing(notebook):
    with pytest.raises(InvalidNotebook):
        bundle_of(notebook(("step:a", "print(undefined)")))


def test_a_name_that_prefect_does_not_take_is_changed(notebook):
    assert bundle_of(notebook(*CELLS, name="R&D 50%.ipynb")).pipeline.name == "R-D 50-"


def test_importing_flow_py_runs_nothing(notebook, tmp_path):
    write_bundle(bundle_of(notebook(*CELLS)), tmp_path / "out")
    code = "import runpy; names = runpy.run_path('flow.py'); print(type(names['nb']).__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "out", capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("Flow\n", "")


def test_rebuilding_replaces_what_nb2ops_wrote_and_keeps_the_rest(notebook, tmp_path):
    folder = tmp_path / "out"
    write_bundle(bundle_of(notebook(*CELLS)), folder)
    (folder / "notes.txt").write_text("mine")
    new = bundle_of(notebook(*CELLS[:-1]))
    write_bundle(new, folder)
    assert differences(new, folder) == []
    assert not (folder / "steps/b.ipynb").exists()
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["flow.py", "steps/load.ipynb"])
def test_a_file_changed_by_hand_is_never_overwritten(notebook, tmp_path, name):
    folder = tmp_path / "out"
    write_bundle(bundle_of(notebook(*CELLS)), folder)
    (folder / name).write_text("mine")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=name):
        write_bundle(bundle_of(notebook(*CELLS[:-1])), folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_foreign_folder_is_left_alone(notebook, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "flow.py").write_text("mine")
    with pytest.raises(UsageError, match=r"flow\.py was not written by nb2ops"):
        write_bundle(bundle_of(notebook(*CELLS)), folder)
    assert [path.name for path in folder.iterdir()] == ["flow.py"]


def test_differences_name_each_file(notebook, tmp_path):
    folder = tmp_path / "out"
    write_bundle(bundle_of(notebook(*CELLS)), folder)
    (folder / "prefect.yaml").unlink()
    new = bundle_of(notebook(*CELLS[:-1]))
    lines = differences(new, folder)
    assert "prefect.yaml: missing" in lines
    assert "flow.py: differs" in lines
    assert "steps/b.ipynb: no longer built" in lines


def test_local_modules_come_along_transitively_and_packages_whole(notebook, tmp_path):
    (tmp_path / "helper.py").write_text("import deeper.part\nimport json")
    (tmp_path / "deeper").mkdir()
    for name in ("__init__.py", "part.py", "other.py"):
        (tmp_path / "deeper" / name).write_text("")
    (tmp_path / "unused.py").write_text("")
    files = bundle_of(notebook(("step:a", "import helper, os"))).files
    modules = sorted(name for name in files if name.startswith("modules/"))
    assert modules == [
        "modules/deeper/__init__.py",
        "modules/deeper/other.py",
        "modules/deeper/part.py",
        "modules/helper.py",
    ]


def test_included_files_come_along_and_missing_ones_are_an_error(notebook, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "a.yaml").write_text("k: 1")
    (tmp_path / "pyproject.toml").write_text('[tool.nb2ops]\ninclude = ["config/*.yaml"]')
    assert bundle_of(notebook(*CELLS)).files["files/config/a.yaml"] == b"k: 1"
    (tmp_path / "config" / "a.yaml").unlink()
    with pytest.raises(UsageError, match="matches no file"):
        bundle_of(notebook(*CELLS))


def test_an_interrupted_rebuild_is_finished_by_the_next(notebook, tmp_path):
    folder = tmp_path / "out"
    write_bundle(bundle_of(notebook(*CELLS)), folder)
    new = bundle_of(notebook(*CELLS[:-1]))
    (folder / "flow.py").write_bytes(new.files["flow.py"])
    write_bundle(new, folder)
    assert differences(new, folder) == []


@pytest.mark.parametrize(
    ("project", "words"),
    [
        ("[tool", "not TOML"),
        ('[tool.nb2ops]\ninclude = ["/etc/*"]', "leaves"),
        ('[tool.nb2ops]\ninclude = ["../x"]', "leaves"),
    ],
)
def test_a_project_file_that_cannot_be_used_is_said(notebook, tmp_path, project, words):
    (tmp_path / "pyproject.toml").write_text(project)
    with pytest.raises(UsageError, match=words):
        bundle_of(notebook(*CELLS))


HOSTILE = [
    ("pipeline = 1\nstep = 2\nfit = 3", "shadows"),
    ('text = "a\\"b\\\\c é"', "quotes"),
    ("day = datetime.date(2024, 1, 1)\nfolder = pathlib.Path('x')", "modules"),
    ('n = int(\'3\')  # counted """ here', "computed"),
    ("x: pd.DataFrame = None", "unknown type"),
    ("items = []\ntable = {}", "empty"),
    ("a = 1", 'back\\slash """quotes'),
]


@pytest.mark.parametrize(("source", "name"), HOSTILE, ids=[name for _, name in HOSTILE])
def test_flow_py_is_valid_whatever_the_parameters(notebook, source, name):
    setup = ("imports", "import datetime, pathlib\nimport pandas as pd")
    path = notebook(
        setup, ("parameters", source), ("step:fit", "a = 1"), ("step:import", "b = a"), name=f"2 {name}-class.ipynb"
    )
    text = bundle_of(path).files["flow.py"].decode()
    tree = ast.parse(text)
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert functions == [f"flow_2_{re.sub(chr(92) + 'W', '_', name)}_class"]
    compile(tree, "flow.py", "exec")


def test_flow_py_has_ranges_as_prefect_reads_them(notebook):
    imports = (
        "import typing\nfrom datetime import date\nfrom typing import Annotated, Optional\nimport annotated_types\n"
    )
    imports += "from annotated_types import Ge, Gt"
    source = (
        "depth = 3  # range: 1..9 of a tree\n"
        "share: Annotated[float, Gt(0), 'of all'] = 0.5\n"
        "day: typing.Annotated[date, annotated_types.Ge(date(2024, 1, 1))] = date(2024, 2, 1)\n"
        "rows: Optional[Annotated[int, Ge(1)]] = None"
    )
    text = bundle_of(notebook(("imports", imports), ("parameters", source), "rows")).files["flow.py"].decode()
    assert "from typing import Annotated, Optional\n\nfrom prefect import flow\nfrom pydantic import Field\n" in text
    assert "    depth: Annotated[int, Field(ge=1, le=9)] = 3,\n" in text
    assert "    share: Annotated[float, Field(gt=0)] = 0.5,\n" in text
    assert "    day: Annotated[date, Field(ge=date(2024, 1, 1))] = date(2024, 2, 1),\n" in text
    assert "    rows: Optional[Annotated[int, Field(ge=1)]] = None,\n" in text
    assert "        depth: of a tree\n" in text


def test_flow_py_names_a_secret_and_takes_none(notebook):
    path = notebook(("parameters", "token = 'v4lue'  # secret: api-token  the key\nn = 1"), "print(token)")
    files = bundle_of(path).files
    assert "def nb(\n    n: int = 1,\n):" in files["flow.py"].decode()
    assert 'token: the key (Prefect\'s Secret block "api-token")' in files["flow.py"].decode()
    assert b"v4lue" not in files["flow.py"] + files["pipeline.json"]
