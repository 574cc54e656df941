"""`nb2ops verify` with a real server and real kernels: each verdict, what is shown, what is kept, how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from nb2ops.orchestration.history import RunFilter, list_runs
from tests.cli.commands import COMMAND, nb2ops
from tests.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]


def rows(text: str) -> dict[str, tuple[str, str, str]]:
    """Cell -> step, kind, and the rest of the line."""
    found = re.findall(r"^(\d+) +(\S+) +(different|soft|excused) +(.*)$", text, re.MULTILINE)
    return {cell: (step, kind, re.sub(" +", " ", rest).strip()) for cell, step, kind, rest in found}


def kept(text: str) -> dict[str, Path]:
    return {name: Path(path) for name, path in re.findall(r"^(.*): (\S+\.ipynb)$", text, re.MULTILINE)}


def test_a_notebook_that_writes_reads_and_counts_is_equal_and_its_folder_stays_as_it_was(notebook, tmp_path):
    path = notebook(
        ("parameters", "rows: int = 3"),
        ("step:write", "import os, sys\nos.mkdir('made')\nopen('made/rows.txt', 'a').write('x' * rows)"),
        ("skip", "1 / 0"),
        ("step:read", "print(open('made/rows.txt').read(), os.getcwd(), hash('a'), os.environ['TMPDIR'])\nobject()"),
        ("step:warn", "print('1%\\r', end=''); print('done'); sys.stderr.write('late')"),
        ("raises-exception step:fail", "1 / 0"),
    )
    before = sorted(tmp_path.iterdir())
    done = nb2ops("verify", path, "-p", "rows", "5")
    assert (done.returncode, rows(done.stdout)) == (0, {}), done.stdout + done.stderr
    assert "Equal: 5 cells compared." in done.stdout
    notebooks = kept(done.stdout)
    assert set(notebooks) == {"Top to bottom", "As a pipeline"}
    for executed in notebooks.values():
        assert "xxxxx" in executed.read_text()
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / ".nb2ops"])
    assert not list((tmp_path / ".nb2ops" / "verify").glob("*/work"))
    assert list_runs(RunFilter(str(path))).runs == ()
    (inner,) = list_runs(RunFilter(str(path), verifications=True)).runs
    assert (inner.cause, inner.state) == ("verify", "Completed")


def test_what_varies_by_itself_is_excused_and_shown(notebook):
    path = notebook(
        ("step:time", "import os, time, uuid\nprint('stable')\nprint(time.time_ns())"),
        ("step:id", "uuid.uuid4()"),
        ("step:bytes", "import base64\nprint(base64.b64encode(os.urandom(9)).decode())"),
        ("step:same", "1 + 1"),
    )
    done = nb2ops("verify", path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = rows(done.stdout)
    assert {cell: each[:2] for cell, each in found.items()} == {
        "1": ("time", "excused"),
        "2": ("id", "excused"),
        "3": ("bytes", "excused"),
    }
    assert found["1"][2].startswith("stdout, line 2 ")
    assert "3 cells excused, as two runs top to bottom differ there too" in done.stdout
    assert kept(done.stdout)["Top to bottom again"].exists()


def test_a_pipeline_that_differs_is_said_with_both_sides_and_what_to_do(notebook):
    path = notebook(
        ("step:first", "import os\nfirst = os.getpid()"),
        ("step:second", "print(os.getpid())\nos.getpid() == first"),
        ("step:third", "3"),
    )
    done = nb2ops("verify", path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert rows(done.stdout) == {"2": ("second", "different", "text/plain, and 1 more True False")}
    assert "Different: 1 cell of 3." in done.stdout
    assert 'Put cell 2 (step "second") under one step:NAME' in done.stdout


def test_a_pipeline_that_fails_where_the_notebook_does_not_is_different(notebook):
    path = notebook(
        ("step:a", "import os\nfirst = os.getpid()"), ("step:b", "assert os.getpid() == first"), ("step:c", "x = 1")
    )
    done = nb2ops("verify", path, "-o", "json")
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["verdict"], told["notebook"], told["cells"]) == ("different", "nb.ipynb", 3)
    assert (told["failure"]["step"], told["failure"]["cell"]) == ("b", 2)
    found = [(cell["cell"], cell["step"], cell["kind"]) for cell in told["differences"]]
    assert found == [(2, "b", "different"), (3, "c", "different")]
    assert [(part["part"], part["linear"], part["pipeline"]) for part in told["differences"][1]["parts"]] == [
        ("execution count", "3", "not run")
    ]
    assert all(Path(told[run]).exists() for run in ("linear", "pipeline", "again"))


def test_an_authors_word_is_doubted_first(notebook):
    path = notebook(
        ("step:data", "xs = [1]"), ("step:change keeps:xs", "xs.append(2)"), ("step:show", "xs"), name="keeps.ipynb"
    )
    done = nb2ops("verify", path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "keeps:xs" in done.stdout
    assert rows(done.stdout)["3"][2] == "text/plain [1, 2] [1]"


def test_a_warning_that_a_new_kernel_repeats_is_soft(notebook):
    mean = "np.mean([])"
    done = nb2ops("verify", notebook(("step:a", "import numpy as np"), ("step:b", mean), ("step:c", mean)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(done.stdout)["3"][:2] == ("c", "soft")
    assert "1 cell shown with a warning more" in done.stdout
    assert "Top to bottom again" not in done.stdout


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\nx / 0", 'cell 2, line 2, step "b": ZeroDivisionError: division by zero'),
        ("import os\nos.kill(os.getpid(), 9)", 'cell 2, step "b": the kernel died'),
    ],
)
def test_a_notebook_that_fails_by_itself_is_a_verdict_of_its_own(notebook, source, said):
    done = nb2ops("verify", notebook(("step:a", "print('before')"), ("step:b", source), ("step:c", "3")))
    assert done.returncode == 2
    assert "The notebook itself fails" in done.stdout
    assert said in done.stdout
    assert set(kept(done.stdout)) == {"Top to bottom"}


def test_in_place_the_runs_share_the_folder(notebook, tmp_path):
    path = notebook(("step:a", "open('log.txt', 'a').write('x')"), ("step:b", "print(open('log.txt').read())"))
    done = nb2ops("verify", path, "--in-place")
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(done.stdout)["2"] == ("b", "excused", "stdout x xx")
    assert (tmp_path / "log.txt").read_text() == "xxx"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--cell-timeout", "2"], 124, "Top to bottom: cell 1 took longer than 2 s."),
        (["-k", "nosuch"], 2, 'No kernel "nosuch"'),
        (["-p", "nosuch=1"], 2, "nosuch"),
    ],
)
def test_other_endings_are_those_of_run(notebook, options, code, said):
    done = nb2ops("verify", notebook(("step:a", "import time\ntime.sleep(600)")), *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def sleepers(seconds: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            found += [process] if process.cmdline() == ["sleep", seconds] else []
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize(("number", "code", "seconds"), [(signal.SIGINT, 130, "612"), (signal.SIGTERM, 143, "613")])
def test_a_signal_ends_the_linear_run_and_everything_it_started(notebook, tmp_path, number, code, seconds):
    cell = f"import subprocess\nsubprocess.run(['sleep', '{seconds}'], start_new_session=True)"
    run = subprocess.Popen([*COMMAND, "verify", notebook(("step:a", cell))], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: sleepers(seconds), 60)
    run.send_signal(number)
    assert run.wait(10) == code
    assert "Interrupted" in run.stderr.read()
    assert sleepers(seconds) == []
    assert not list((tmp_path / ".nb2ops" / "verify").glob("*/work"))
