"""A notebook that runs again, and one that is resumed, with a real server: what is shown, and what Prefect says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from nb2ops.cli.app import cli
from nb2ops.errors import UsageError
from nb2ops.model import Json
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import read_steps
from nb2ops.orchestration.history import RunFilter, list_runs
from tests.cli.commands import COMMAND, nb2ops
from tests.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("caching")]

CELLS = [
    ("parameters", "least = 3"),
    ("step:load", "rows = [1, 2, 3]\nprint('loaded', len(rows))"),
    ("step:judge", "assert sum(rows) < least, 'too many'"),
]


def texts(folder: Path) -> list[str]:
    cells: list[Json] = json.loads((folder / "nb.ipynb").read_text())["cells"]
    return [
        "".join(output["text"]) for cell in cells for output in cell["outputs"] if output["output_type"] == "stream"
    ]


def test_a_failed_run_is_resumed_and_a_run_that_changes_nothing_runs_nothing(
    notebook, tmp_path: Path, prefect: Connection
) -> None:
    path = notebook(*CELLS)
    failed = nb2ops("run", path, "--force", "-p", "least=4")
    assert failed.returncode == 1, failed.stderr
    run = list_runs(RunFilter(notebook=str(path)), 5, None).runs[0]

    resumed = nb2ops("resume", run.name, "-p", "least=9")
    assert resumed.returncode == 0, resumed.stderr
    assert "load: Cached, computed by run" in resumed.stderr
    assert re.search(r"^setup +ran +parameter least has changed", resumed.stdout, re.MULTILINE)

    again = nb2ops("run", path, "-p", "least=9", "--explain", "-o", tmp_path / "out")
    assert again.returncode == 0, again.stderr
    assert "running" in again.stderr
    assert "judge: Cached, computed by run" in again.stderr
    assert " ran " not in again.stdout
    assert texts(tmp_path / "out") == ["loaded 3\n"]
    last = list_runs(RunFilter(notebook=str(path)), 1, None).runs[0]
    assert {(step.name, step.state) for step in read_steps(prefect, last.id)} == {
        (name, "Cached") for name in ("setup", "load", "judge")
    }

    nothing = nb2ops("resume", last.name)
    assert (nothing.returncode, "has completed: there is nothing to resume" in nothing.stderr) == (2, True)
    later = nb2ops("resume", last.name, "--from-step", "load")
    assert later.returncode == 0, later.stderr
    told = re.findall(r"^(\w+) +ran +it was told to run", later.stdout, re.MULTILINE)
    assert told == ["load", "judge"], later.stdout
    unknown = nb2ops("resume", last.name, "--from-step", "laod")
    assert (unknown.returncode, 'Did you mean "load"?' in unknown.stderr) == (2, True)


def test_check_says_which_steps_would_run_now_and_why(notebook, prefect: Connection) -> None:
    path = notebook(*CELLS)
    assert "need not run" not in nb2ops("check", path, "--explain").stdout, "nothing is kept here yet"
    assert not (path.parent / ".nb2ops").exists(), "which it leaves so"
    assert nb2ops("run", path, "-p", "least=9").returncode == 0
    notebook(*CELLS[:2], ("step:judge", "assert sum(rows) < least"))
    found = nb2ops("check", path, "--explain")
    assert found.returncode == 0, found.stderr
    assert re.search(r"^load +need not run *$", found.stdout, re.MULTILINE)
    assert re.search(r"^judge +runs +code of cell 3 has changed", found.stdout, re.MULTILINE)


def test_nothing_is_kept_where_somebody_says_so(notebook, prefect: Connection) -> None:
    path = notebook(*CELLS)
    off = {**os.environ, "NB2OPS_CACHE": "off"}
    for arguments, environment in ((["--no-cache"], None), ([], off)):
        done = nb2ops("run", path, "-p", "least=9", *arguments, env=environment)
        assert done.returncode == 0, done.stderr
        assert not (path.parent / ".nb2ops" / "cache").exists()
        refused = nb2ops("run", path, *arguments, "--explain", env=environment)
        assert (refused.returncode, "no results are kept" in refused.stderr) == (2, True)
    asked = nb2ops("run", path, "-p", "least=9", "--cache", env=off)
    assert asked.returncode == 0, asked.stderr
    assert (path.parent / ".nb2ops" / "cache").exists()


def test_what_a_colleague_has_computed_is_not_computed_again(notebook, tmp_path: Path, prefect: Connection) -> None:
    path = notebook(*CELLS)
    team = {**os.environ, "NB2OPS_CACHE": (tmp_path / "team").as_uri()}
    for found in (set(), {"setup", "load", "judge"}):
        done = nb2ops("run", path, "-p", "least=9", env=team)
        assert done.returncode == 0, done.stderr
        assert {*re.findall(r"(\w+): Cached", done.stderr)} == found
        shutil.rmtree(path.parent / ".nb2ops")  # what another machine does not have
    (tmp_path / "file").touch()
    away = {**os.environ, "NB2OPS_CACHE": (tmp_path / "file" / "team").as_uri()}
    warned = nb2ops("run", path, "-p", "least=9", env=away)
    assert warned.returncode == 0, warned.stderr
    assert "The team's cache could not be used" in warned.stdout + warned.stderr
    unknown = nb2ops("run", path, env={**os.environ, "NB2OPS_CACHE": "nowhere://team"})
    assert (unknown.returncode, "nowhere" in unknown.stderr) == (2, True)


SWEPT = [
    ("parameters", "rate = 0.5\ndepth = 1"),
    ("step:load", "rows = [1, 2, 3]\nprint('loaded')"),
    ("step:fit", "assert depth < 3, 'too deep'\nmodel = sum(rows) * rate"),
    ("metrics", "score = model - depth"),
]


def test_a_sweep_runs_once_what_no_value_changes_and_lists_the_best_first(
    notebook, tmp_path: Path, prefect: Connection
) -> None:
    path = notebook(*SWEPT)
    done = nb2ops("sweep", path, "-p", "rate=0.5,2", "-p", "depth", "1,3", "-o", "json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    trials = found["trials"]
    assert [(each["parameters"], each["metrics"].get("score"), each["state"]) for each in trials] == [
        ({"rate": 2.0, "depth": 1}, 11.0, "Completed"),
        ({"rate": 0.5, "depth": 1}, 2.0, "Completed"),
        ({"rate": 0.5, "depth": 3}, None, "Failed"),
        ({"rate": 2.0, "depth": 3}, None, "Failed"),
    ]
    loads = [step for each in trials for step in each["steps"] if step["step"] == "load"]
    assert sum(step["cached"] is None for step in loads) == 1, "also where a value is the notebook's own"
    assert "3 of 4: rate=2.0, depth=1: Completed" in done.stderr
    assert "4 of 4: rate=2.0, depth=3: Failed: nb.ipynb, cell 3" in done.stderr
    tagged = request(prefect, "POST", "/flow_runs/filter", {"flow_runs": {"tags": {"all_": [found["tag"]]}}})
    (whole,) = [each for each in tagged if each["parent_task_run_id"] is None]
    subflows = {"flow_runs": {"parent_flow_run_id": {"any_": [whole["id"]]}}}
    assert whole["state_name"] == "Failed"
    assert whole["parameters"] == {"rate": [0.5, 2.0], "depth": [1, 3]}
    for runs in ([each for each in tagged if each != whole], request(prefect, "POST", "/flow_runs/filter", subflows)):
        assert {each["id"] for each in runs} == {each["flow_run"] for each in trials}


ENDLESS = [
    ("parameters", "seconds = 0"),
    ("step:wait", "import pathlib, time\npathlib.Path(f'{seconds}.began').touch()\ntime.sleep(seconds)"),
]


def test_a_signal_ends_all_runs_of_a_sweep(notebook, tmp_path: Path) -> None:
    path = notebook(*ENDLESS)
    command = [*COMMAND, "sweep", path, "-p", "seconds=0,600,601,602", "--jobs", "2", "-o", "json"]
    sweep = subprocess.Popen(command, cwd=path.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(list(path.parent.glob("60?.began"))) == 2, 90)
    sweep.send_signal(signal.SIGINT)
    out, err = sweep.communicate(timeout=30)
    assert sweep.returncode == 130, err
    assert sorted((each["parameters"]["seconds"], each["state"]) for each in json.loads(out)["trials"]) == [
        (0, "Completed"), (600, "Cancelled"), (601, "Cancelled")
    ]  # fmt: skip
    assert err.count(" of 4: ") == 3


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["-p", "rat=1,2"], 'Did you mean "rate"?'),
        (["-p", "depth=1,x"], "'x' does not fit"),
        (["-p", "depth"], "a value is missing"),
        (["-p", "depth=1..2000"], "at most 1000 runs"),
        ([], "0 combinations"),
        (["-p", "depth=1..2", "--by", "auc"], '"auc" is not a metric of this notebook. It has: score.'),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_anything_runs(notebook, arguments: list[str], problem: str) -> None:
    path = notebook(*SWEPT)
    with pytest.raises(UsageError, match=re.escape(problem)):
        cli.main(["sweep", str(path), *arguments], standalone_mode=False)
    assert not (path.parent / ".nb2ops" / "runs").exists()
