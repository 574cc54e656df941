"""`nb2ops deploy` and what steers deployments and runs, against a real server; one worker runs what is started."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nb2ops.cli.app import cli
from nb2ops.errors import UsageError
from nb2ops.orchestration import services
from tests.cli.commands import nb2ops
from tests.notebooks import write_notebook

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]


@pytest.fixture
def path(tmp_path: Path, worker_id: str) -> Path:
    (tmp_path / "data.csv").write_text("a\n1\n")
    cells = [
        ("parameters", "rows: int = 3"),
        ("step:load", "print('rows', rows)\ntext = open('data.csv').read()"),
        ("step:check", "assert rows < 100, 'too many'"),
    ]
    return write_notebook(tmp_path / f"{tmp_path.name.replace('_', '-')}-{worker_id}-{os.getpid()}.ipynb", *cells)


def as_json(*arguments: object, **said) -> dict:
    done = nb2ops(*arguments, "-o", "json", **said)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestDeploy:
    def test_says_what_was_done_when_it_runs_and_what_it_reads(self, path, tmp_path):
        said = ["--cron", "30 1 * * *", "--timezone", "Europe/London", "--interval", "1h with rows=5"]
        done = nb2ops("deploy", path.name, *said, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert f"{path.stem}/{path.stem}: created" in done.stdout
        assert re.search(r"^data\.csv +2 +found", done.stdout, re.MULTILINE)
        assert len(re.findall(r"every 3600 s with rows=5 *$", done.stdout, re.MULTILINE)) >= 4
        assert "01:30 does not exist and fires at" in done.stdout
        assert "requirements.lock" in done.stdout
        assert "They need a worker: nb2ops up\n" in done.stdout
        again = as_json("deploy", path, cwd="/")
        assert again["deployment"]["change"] == "unchanged"
        assert len(again["next_runs"]) == 5
        assert len(again["schedules"]) == 2
        assert [each["place"] for each in again["reads"]] == ["found"]

    def test_records_the_commit_of_the_content_that_is_deployed(self, path, tmp_path):
        def git(*arguments: str) -> str:
            identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
            done = subprocess.run(
                ["git", *identity, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
            )
            return done.stdout.strip()

        git("init", "-q")
        git("add", path.name)
        git("commit", "-qm", "first")
        first = git("rev-parse", "HEAD")[:12]
        assert as_json("deploy", path)["origin"]["commit"] == first
        git("commit", "-qm", "second", "--allow-empty")
        unchanged = as_json("deploy", path)
        assert (unchanged["deployment"]["change"], unchanged["origin"]["commit"]) == ("unchanged", first)
        path.write_text(path.read_text().replace("too many", "far too many"))
        assert as_json("deploy", path)["origin"]["commit"] == git("rev-parse", "HEAD")[:12] + "+changes"

    def test_a_folder_that_was_built_before(self, path, tmp_path):
        assert nb2ops("build", path, "-o", tmp_path / "built").returncode == 0
        built = as_json("deploy", tmp_path / "built", "--name", "built")
        assert built["deployment"]["version"] == as_json("deploy", path)["deployment"]["version"]

    def test_a_storage_stays_the_deployments(self, path, tmp_path):
        first = as_json("deploy", path, "--storage", tmp_path / "shared")["deployment"]
        path.write_text(path.read_text().replace("too many", "far too many"))
        second = as_json("deploy", path)["deployment"]
        names = {each.name for each in (tmp_path / "shared").iterdir()}
        assert names == {f"{first['version']}.zip", f"{second['version']}.zip"}


class TestSteering:
    def test_from_pause_to_delete(self, path):
        nb2ops("deploy", path, "--interval", "1h")
        name = f"{path.stem}/{path.stem}"
        assert "is paused" in nb2ops("deployments", "pause", path.stem).stdout
        shown = as_json("deployments", "show", name)
        assert (shown["deployment"]["paused"], shown["next_runs"]) == (True, [])
        assert "nb2ops deployments resume" in nb2ops("deployments", "show", name).stdout
        assert "is active" in nb2ops("deployments", "resume", name).stdout
        assert len(as_json("deployments", "show", name)["next_runs"]) == 5
        assert nb2ops("deployments", "delete", name).returncode == 130
        assert "is deleted" in nb2ops("deployments", "delete", name, "--yes").stdout
        gone = nb2ops("deployments", "show", name)
        assert (gone.returncode, "There is no deployment" in gone.stderr) == (2, True)

    def test_a_run_that_nobody_takes_is_cancelled(self, path):
        done = nb2ops("deploy", path, "--pool", "nobody-works-here")
        assert "They need a worker: prefect worker start --pool nobody-works-here\n" in done.stdout
        started = as_json("deployments", "run", path.stem)
        assert nb2ops("cancel", started["id"]).stdout == f"{started['name']}: Cancelled.\n"
        over = nb2ops("cancel", started["id"])
        assert (over.returncode, "nothing to cancel" in over.stderr) == (2, True)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (["deployments", "run", "{name}", "-p", "row=1"], 'no parameter "row"'),
            (["deployments", "run", "{name}", "-p", "rows=many"], "rows"),
            (["runs", "show", "nobody-knows"], "There is no run"),
            (["logs", "nobody-knows"], "There is no run"),
            (["retry", "00000000-0000-4000-8000-000000000000"], "There is no run"),
        ],
    )
    def test_what_is_not_there_exits_2(self, path, given, words):
        nb2ops("deploy", path)
        done = nb2ops(*(word.format(name=path.stem) for word in given))
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr


def test_watched_runs_end_with_their_exit_code_and_can_be_shown_followed_and_tried_again(path):
    services.up()
    nb2ops("deploy", path)
    good = nb2ops("deployments", "run", path.stem, "-p", "rows=7", "--watch")
    assert good.returncode == 0, good.stdout + good.stderr
    assert "load: Completed" in good.stderr
    bad = nb2ops("deployments", "run", path.stem, "-p", "rows=700", "--watch")
    assert (bad.returncode, "too many" in bad.stdout) == (1, True)

    newest, older = as_json("runs", "--notebook", path, "--since", "10m")["runs"]
    assert [newest["state"], older["state"]] == ["Failed", "Completed"]
    shown = as_json("runs", "show", older["name"])
    assert (shown["parameters"], shown["run"]["cause"]) == ({"rows": 7}, "deployment")
    states = {step["name"]: step["state"] for step in shown["steps"]}
    assert {states["load"], states["check"]} == {"Completed"}
    assert Path(shown["notebook"]).is_file()
    assert Path(shown["record"]).is_file()
    assert "rows 7" in nb2ops("logs", older["id"], "--step", "load").stdout
    assert "rows 7" in nb2ops("logs", older["id"], "-f").stdout
    assert "rows 7" not in nb2ops("logs", older["id"], "--step", "check").stdout

    assert "AwaitingRetry" in nb2ops("retry", newest["id"]).stdout
    assert nb2ops("logs", newest["id"], "-f").stdout.count("rows 700") >= 1


def test_the_prefect_yaml_of_a_bundle_works_with_plain_prefect(path, tmp_path, prefect):
    services.up()
    folder = tmp_path / "built"
    nb2ops("build", path, "-o", folder)
    environment = {**os.environ, **prefect.environment}
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "built" / "data.csv").write_text("a\n1\n")
    ran = nb2ops("deployments", "run", path.stem, "--watch")
    assert ran.returncode == 0, ran.stdout + ran.stderr


class TestTriggersAndTargets:
    def test_without_globs_the_files_that_the_notebook_reads_start_runs(self, path, prefect):
        found = json.loads(CliRunner().invoke(cli, ["deploy", str(path), "-o", "json", "--on-data"]).stdout)
        (notice,) = found["deployment"]["notices"]
        assert "a run starts when the content of data.csv changes and has settled for 120 s (1 file now)" in notice
        said = ["--on-data", "*.csv", "--on-data", "*.parquet", "--settle", "10s", "-o", "json"]
        changed = json.loads(CliRunner().invoke(cli, ["deploy", str(path), *said]).stdout)
        assert "content of *.csv, *.parquet changes and has settled for 10 s" in changed["deployment"]["notices"][0]

    @pytest.mark.parametrize(
        ("source", "said", "why"),
        [
            ("print(1)", ["--on-data"], "reads no file by a literal path"),
            ("print(1)", ["--on-failure", "ann@example.com"], "is no target"),
            ("print(1)", ["--on-success", "webhook:nowhere"], "an address is missing"),
        ],
    )
    def test_what_is_none_is_refused_before_anything_is_registered(self, tmp_path, prefect, source, said, why):
        book = write_notebook(tmp_path / "none.ipynb", source)
        with pytest.raises(UsageError, match=why):
            CliRunner().invoke(cli, ["deploy", str(book), *said], catch_exceptions=False)
