"""Old runs go with all they left; what a deployment, a waiting or a running run needs stays."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner

from nb2ops.cli.app import cli
from nb2ops.errors import UsageError
from nb2ops.model import Run
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.connection import LOCAL, Connection
from nb2ops.orchestration.deploying import Wish, deploy
from nb2ops.orchestration.index import Entry, entries, remember
from nb2ops.orchestration.leftovers import Item
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.pruning import Pruning, remove, survey
from nb2ops.orchestration.retention import Retention, retention
from nb2ops.orchestration.store import note_place
from tests.notebooks import write_notebook

MONTH = Retention(days=30, runs=2)


def age(path: Path, days: float) -> None:
    then = time.time() - days * 86400
    for each in [*path.rglob("*"), path]:
        os.utime(each, (then, then))


class Past:
    """Runs of one notebook, as nb2ops leaves them."""

    def __init__(self, prefect: Connection, folder: Path) -> None:
        self.prefect, self.folder, self.notebook = prefect, folder, folder / f"{uuid4().hex[:8]}.ipynb"
        self.flow = request(prefect, "POST", "/flows/", {"name": "past"})["id"]

    def run(self, days: float, state: str = "COMPLETED", *, forgotten: bool = False, listed: bool = True) -> Path:
        folder = self.folder / ".nb2ops" / "runs" / uuid4().hex
        bundle = self.folder / ".nb2ops" / "bundles" / folder.name[:16]
        for each in (folder / "packs", bundle):
            each.mkdir(parents=True)
        (folder / "packs" / "fit.pack").write_bytes(b"x" * 1000)
        begun = {"event": "run-started", "run": {"bundle": {"path": str(bundle)}}}
        (folder / "events.jsonl").write_text(json.dumps(begun) + "\n")
        if state == "COMPLETED":
            (folder / "record.json").write_text("{}")
        when = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
        identifier = str(uuid4()) if forgotten else self._row(folder, when, state)
        if listed:
            run = Run(identifier, "x", "past", "Completed", str(self.notebook), expected=when)
            remember([Entry(run, LOCAL, str(folder))])
        age(folder, days)
        age(bundle, days)
        return folder

    def _row(self, folder: Path, when: str, state: str) -> str:
        scheduled = {"type": "SCHEDULED", "state_details": {"scheduled_time": when}}
        known = {labels.FOLDER: str(folder), labels.NOTEBOOK: str(self.notebook)}
        row = request(self.prefect, "POST", "/flow_runs/", {"flow_id": self.flow, "state": scheduled, "labels": known})
        if state != "SCHEDULED":
            set_state = {"state": {"type": state}, "force": True}
            request(self.prefect, "POST", f"/flow_runs/{row['id']}/set_state", set_state)
        artifact = {"key": None, "type": "markdown", "data": "x", "flow_run_id": row["id"]}
        request(self.prefect, "POST", "/artifacts/", artifact)
        return str(row["id"])

    def mine(self, kept: Retention = MONTH) -> list[Item]:
        return [each for each in survey(self.prefect, kept).items if each.what.startswith(str(self.folder))]

    def gone(self, kept: Retention = MONTH) -> set[Path]:
        return {Path(each.what) for each in self.mine(kept) if each.kind == "run"}


@pytest.fixture
def past(prefect: Connection, tmp_path: Path) -> Past:
    return Past(prefect, tmp_path)


def test_runs_go_that_are_old_and_not_among_the_newest(past):
    old = [past.run(days) for days in (100, 90, 80, 70)]
    assert past.gone() == set(old[:2])
    assert past.gone(Retention(85, 0)) == set(old[:2])
    assert past.gone(Retention(30, 0)) == set(old)
    assert past.gone(Retention(30, 4)) == set()
    assert past.gone(Retention(200, 0)) == set()


def test_what_waits_or_runs_stays_however_old_and_so_do_folders_that_are_no_runs(past):
    going = {past.run(100, state, listed=False) for state in ("RUNNING", "PENDING", "SCHEDULED")}
    mistaken = past.run(100)
    for each in ("events.jsonl", "record.json"):
        (mistaken / each).unlink()
    assert past.gone(Retention(0, 0)) == {past.notebook}  # of the last one, Prefect's rows alone
    assert all(folder.exists() for folder in going)


def test_everything_of_a_run_goes(past, prefect):
    folder, forgotten = past.run(100), past.run(90, forgotten=True)
    kept = past.run(1)
    items = past.mine(Retention(30, 0))
    assert sorted(each.kind for each in items) == ["built", "built", "run", "run"]
    assert all(each.bytes > 1000 for each in items if each.kind == "run")
    identifiers = [each.run for each in items if each.run]
    remove(prefect, Pruning(tuple(items), 0))
    assert [each.exists() for each in (folder, forgotten, kept)] == [False, False, True]
    assert [each.name for each in (past.folder / ".nb2ops" / "bundles").iterdir()] == [kept.name[:16]]
    assert not {each.run.id for each in entries(LOCAL)} & set(identifiers)
    for identifier in identifiers:
        with pytest.raises(RequestRefused, match="404"):
            request(prefect, "GET", f"/flow_runs/{identifier}")
    query = {"artifacts": {"flow_run_id": {"any_": identifiers}}}
    assert request(prefect, "POST", "/artifacts/filter", query) == []
    assert past.mine(Retention(30, 0)) == []


def test_deployed_bundles_and_pins_stay_and_so_does_what_another_prefect_may_need(prefect, tmp_path):
    def packed(code: str):
        path = write_notebook(tmp_path / f"nb-{uuid4().hex[:8]}.ipynb", code)
        parcel = pack(read_contents(path), path)
        age(parcel.folder, 100)
        return parcel

    def gone() -> list[str]:
        return [each.what for each in survey(prefect, MONTH).items if each.kind == "bundle"]

    deployed, fetched, elsewhere = packed("1"), packed("2"), packed("3")
    deploy(prefect, deployed, Wish())
    note_place(elsewhere.folder, "https://other.example/api")
    assert str(fetched.folder) in gone()
    assert not {str(deployed.folder), str(elsewhere.folder)} & set(gone())


def test_scratch_of_killed_runs_goes_and_that_of_running_ones_stays(prefect, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("nb2ops-old", "nb2ops-young", "other"):
        (tmp_path / name / "tmp").mkdir(parents=True)
    age(tmp_path / "nb2ops-old", 3)
    age(tmp_path / "other", 3)
    found = [each.what for each in survey(prefect, MONTH).items if each.kind == "scratch"]
    assert found == [str(tmp_path / "nb2ops-old")]


def test_a_dry_run_says_what_would_go(past, prefect):
    folder = past.run(100)
    done = CliRunner().invoke(cli, ["prune", "--keep-days", "90", "--keep-runs", "0", "--dry-run", "-o", "json"])
    found = json.loads(done.stdout)
    assert found["retention"] == {"days": 90, "runs": 0}
    assert {"kind": "run", "what": str(folder), "bytes": sum(path.stat().st_size for path in folder.rglob("*.*"))} in (
        found["items"]
    )
    assert folder.exists()
    shown = CliRunner().invoke(cli, ["prune", "--keep-days", "90", "--keep-runs", "0", "--dry-run"])
    assert "Would remove" in shown.stdout


@pytest.mark.parametrize(
    ("days", "environment", "project", "expected"),
    [
        (None, {}, "", Retention(30, 20)),
        (None, {}, "keep-days = 9\nkeep-runs = 3", Retention(9, 3)),
        (None, {"NB2OPS_KEEP_DAYS": "8"}, "keep-days = 9", Retention(8, 20)),
        (7, {"NB2OPS_KEEP_DAYS": "8"}, "keep-days = 9", Retention(7, 20)),
        (None, {"NB2OPS_KEEP_RUNS": "many"}, "", "NB2OPS_KEEP_RUNS: 'many'"),
        (None, {}, "keep-days = -1", r"\[tool.nb2ops\] keep-days: -1"),
    ],
)
def test_what_is_said_last_holds(tmp_path, days, environment, project, expected):
    (tmp_path / "pyproject.toml").write_text(f"[tool.nb2ops]\n{project}\n")
    if isinstance(expected, Retention):
        assert retention(days, None, tmp_path, environment) == expected
    else:
        with pytest.raises(UsageError, match=expected):
            retention(days, None, tmp_path, environment)
