"""`nb2ops run` with a real server and real kernels: what is shown, what is kept, and the exit code of every ending."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import COMMAND, nb2ops
from tests.processes import marked_processes, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

PIPELINE = [
    ("parameters", "rows: int = 3\nleast: float = 0.5"),
    ("step:load", "import os\nprint('rows', rows)\ndf = list(range(rows))"),
    ("step:total", "total = sum(df)"),
    ("step:share", "share = len(df) / 4"),
    ("step:judge", "print(total)"),
    ("metrics", "score = share"),
    ("gate", "assert score >= least, 'too few rows'"),
]


def outputs(path: Path) -> dict[str, str]:
    cells = json.loads(path.read_text())["cells"]
    texts = {cell["id"]: "".join("".join(out.get("text", "")) for out in cell.get("outputs", [])) for cell in cells}
    return {name: text for name, text in texts.items() if text}


def test_a_run_shows_progress_steps_metrics_gates_and_the_executed_notebook(notebook, tmp_path):
    path = notebook(*PIPELINE)
    source = path.read_bytes()
    done = nb2ops("run", path, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "total: running" in done.stderr
    assert re.search(r"^judge +Completed +\d+\.\d", done.stdout, re.MULTILINE)
    assert re.search(r"^score +0\.75", done.stdout, re.MULTILINE)
    assert re.search(r"^score >= least +passed +0\.75 >= 0\.5", done.stdout, re.MULTILINE)
    assert f"Executed notebook: {tmp_path / 'out' / 'nb.ipynb'}" in done.stdout
    assert outputs(tmp_path / "out" / "nb.ipynb") == {"c1": "rows 3\n", "c4": "3\n"}
    assert json.loads((tmp_path / "out" / "record.json").read_text())["schema"] == "record/1"
    assert path.read_bytes() == source


def test_a_run_goes_on_to_its_end_where_nobody_reads_how_it_goes_any_more(notebook, tmp_path):
    words = [*COMMAND, "run", notebook(*PIPELINE), "-o", tmp_path / "out"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        run.stderr.readline()
        run.stderr.close()
        told = run.stdout.read()
        assert run.wait(timeout=60) == 0
    assert "Completed" in told
    assert outputs(tmp_path / "out" / "nb.ipynb") == {"c1": "rows 3\n", "c4": "3\n"}


def test_steps_that_need_an_open_file_run_in_the_kernel_that_holds_it(notebook, tmp_path):
    (tmp_path / "rows.txt").write_text("one\ntwo\n")
    cells = [
        ("step:open", "source = open('rows.txt')"),
        ("step:count", "n = 2"),
        ("step:read", "print(source.readline())"),
        ("step:rest", "print(source.readline(), n)"),
    ]
    done = nb2ops("run", notebook(*cells), "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "read: runs in the kernel of open" in done.stderr
    assert re.search(r"^rest +Completed +\d+\.\d +of open", done.stdout, re.MULTILINE)
    assert outputs(tmp_path / "out" / "nb.ipynb") == {"c2": "one\n\n", "c3": "two\n 2\n"}
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert [step["joined"]["steps"] for step in record["steps"]] == [[], [], ["open"], ["open", "read"]]
    assert record["steps"][2]["joined"]["why"] == ['"source" of step "open" is an open file']


def test_a_run_without_an_output_folder_is_kept_beside_the_notebook_and_ignored_by_git(notebook, tmp_path):
    done = nb2ops("run", notebook(("step:a", "x = 1")))
    executed = re.search(r"Executed notebook: (.*)", done.stdout)
    assert executed
    assert Path(executed[1]).is_relative_to(tmp_path / ".nb2ops" / "runs")
    assert (tmp_path / ".nb2ops" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("given", [["-p", "rows=2"], ["-p", "rows", "2"], ["-y", "rows: 2"]])
def test_parameters_are_given_in_each_way(notebook, tmp_path, given):
    done = nb2ops("run", notebook(*PIPELINE[:2]), "-o", tmp_path / "out", *given)
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path / "out" / "nb.ipynb")["c1"] == "rows 2\n"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["-p", "rows=high"], "does not fit"),
        (["-p", "row=1"], 'Did you mean "rows"?'),
        (["--step", "lod"], 'Did you mean "load"?'),
        (["--cwd", "/nowhere"], "does not exist"),
        (["-k", "no_such_kernel"], "python3"),
    ],
)
def test_what_cannot_run_exits_2_before_anything_runs(notebook, tmp_path, given, words):
    done = nb2ops("run", notebook(*PIPELINE), "-o", tmp_path / "out", *given)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "nb.ipynb").exists()


@pytest.mark.parametrize("folder", [".", "link"])
def test_the_source_notebook_is_never_overwritten(notebook, tmp_path, folder):
    path = notebook(("step:a", "x = 1"))
    source = path.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path)
    done = nb2ops("run", path, "-o", folder, cwd=tmp_path)
    assert (done.returncode, path.read_bytes()) == (2, source)
    assert "would overwrite" in done.stderr


def test_a_cell_that_fails_exits_1_and_names_notebook_step_cell_and_line(notebook, tmp_path):
    path = notebook(
        ("step:a", "print('before')"), ("step:b", "x = 1\nraise ValueError('no good')"), ("step:c", "y = x")
    )
    done = nb2ops("run", path, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert 'nb.ipynb, cell 2, line 2, step "b": ValueError: no good' in done.stdout
    assert re.search(r"^c +NotRun", done.stdout, re.MULTILINE)
    assert outputs(tmp_path / "out" / "nb.ipynb") == {"c0": "before\n"}


def test_a_red_gate_exits_1_as_rejected(notebook, tmp_path):
    done = nb2ops("run", notebook(*PIPELINE), "-p", "least=0.9", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert re.search(r"^score >= least +red +0\.75 >= 0\.9", done.stdout, re.MULTILINE)
    assert "nb: Rejected" in done.stdout


def test_a_dead_kernel_exits_138_and_names_the_signal(notebook, tmp_path):
    path = notebook(("step:a", "print('before')"), ("step:b", "import os, signal\nos.kill(os.getpid(), 9)"))
    done = nb2ops("run", path, "-o", tmp_path / "out")
    assert done.returncode == 138
    assert 'cell 2, step "b"' in done.stdout
    assert "SIGKILL" in done.stdout
    assert outputs(tmp_path / "out" / "nb.ipynb") == {"c0": "before\n"}


@pytest.mark.parametrize("option", ["--cell-timeout", "--execution-timeout", "--timeout"])
def test_a_timeout_exits_124(notebook, tmp_path, option):
    path = notebook(("step:a", "print('before')"), ("step:b", "import time\ntime.sleep(600)"))
    done = nb2ops("run", path, option, "6s" if option == "--timeout" else "2", "-o", tmp_path / "out")
    assert done.returncode == 124
    assert "cell 2" in done.stdout
    assert outputs(tmp_path / "out" / "nb.ipynb") == {"c0": "before\n"}


def test_sys_exit_0_completes_and_what_follows_is_not_run(notebook, tmp_path):
    done = nb2ops(
        "run", notebook(("step:a", "import sys\nsys.exit(0)"), ("step:b", "import os")), "-o", tmp_path / "out"
    )
    assert done.returncode == 0
    assert re.search(r"^b +NotRun", done.stdout, re.MULTILINE)


def test_an_unreachable_server_exits_3_with_the_remedy_and_v_names_it(notebook):
    env = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    done = nb2ops("run", notebook(("step:a", "x = 1")), "-v", env=env)
    assert done.returncode == 3
    assert done.stderr.startswith("Prefect: http://127.0.0.1:9/api (PREFECT_API_URL)")
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


BUSY = [
    ("step:start", "begun = True"),
    (
        "step:a after:start",
        "import subprocess, time\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\ntime.sleep(600)",
    ),
    ("step:b after:start", "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)"),
]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_everything_it_started(notebook, tmp_path, number, code):
    path = notebook(*BUSY)
    run = subprocess.Popen([*COMMAND, "run", path, "-o", tmp_path / "out"], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len([each for each in marked_processes(tmp_path) if "sleep 600" in each]) == 2, 60)
    run.send_signal(number)
    assert run.wait(10) == code
    assert marked_processes(tmp_path) == []


def test_a_bundle_runs_like_its_notebook_and_flow_py_by_itself(notebook, tmp_path):
    folder = tmp_path / "built"
    nb2ops("build", notebook(*PIPELINE), "-o", folder)
    by_command = nb2ops("run", folder, "-o", tmp_path / "out", cwd=tmp_path)
    assert by_command.returncode == 0, by_command.stderr
    by_itself = subprocess.run(
        [sys.executable, folder / "flow.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert by_itself.returncode == 0, by_itself.stderr
    assert outputs(tmp_path / "out" / "nb.ipynb") == {"c1": "rows 3\n", "c4": "3\n"}


def test_the_working_directory_is_the_notebooks_or_the_one_given(notebook, tmp_path):
    path = notebook(("step:a", "import os\nprint(os.getcwd())"))
    (tmp_path / "other").mkdir()
    for given, expected in (([], tmp_path), (["--cwd", tmp_path / "other"], tmp_path / "other")):
        nb2ops("run", path, "-o", tmp_path / "out", *given, cwd="/")
        assert outputs(tmp_path / "out" / "nb.ipynb")["c0"].strip() == str(expected)


def test_a_step_runs_with_all_that_it_needs_and_nothing_else(notebook, tmp_path):
    done = nb2ops("run", notebook(*PIPELINE), "--step", "total", "-o", tmp_path / "out")
    states = dict(re.findall(r"^(\w+) +(Completed|NotRun)", done.stdout, re.MULTILINE))
    assert states == {
        "setup": "Completed",
        "load": "Completed",
        "total": "Completed",
        "share": "NotRun",
        "judge": "NotRun",
    }


def test_local_modules_are_found_wherever_the_bundle_runs(notebook, tmp_path):
    (tmp_path / "helper.py").write_text("value = 42")
    folder = tmp_path / "built"
    nb2ops("build", notebook(("step:a", "import helper\nprint(helper.value)")), "-o", folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = nb2ops("run", folder, "-o", tmp_path / "out", "--cwd", elsewhere)
    assert done.returncode == 0, done.stdout
    assert outputs(tmp_path / "out" / "nb.ipynb")["c0"] == "42\n"


def test_runs_lists_what_ran(notebook, tmp_path):
    nb2ops("run", notebook(("step:a", "x = 1"), name="listed.ipynb"))
    listed = json.loads(nb2ops("runs", "--notebook", "listed.ipynb", "-o", "json").stdout)
    assert [(run["flow"], run["state"], run["cause"]) for run in listed["runs"]] == [("listed", "Completed", "hand")]
    assert "listed" in nb2ops("runs").stdout
    assert "No run matches." in nb2ops("runs", "--notebook", "unheard-of.ipynb").stdout
