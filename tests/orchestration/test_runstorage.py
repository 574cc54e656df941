"""Runs in a storage: what gets there as it goes, and what can be read of it where the run's own folder is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import fsspec
import pytest

import nb2ops as package
from nb2ops.errors import UsageError
from nb2ops.model import RunResult, StepState
from nb2ops.orchestration.execution import execute
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.runstorage import run_address
from tests.cli.commands import nb2ops

from .bundles import Part, write_bundle

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

PARTS = (
    Part("load", ["numbers = [1, 2, 3]"]),
    Part("use", ["print(sum(numbers))"], after=["load"], loads={"numbers": "load"}),
)


def run(folder: Path, storage: str, *parts: Part) -> RunResult:
    bundle = write_bundle(folder / "bundle", *(parts or PARTS))
    options = RunOptions(notebook=folder / "tiny.ipynb", folder=folder / "run", directory=folder, storage=storage)
    return execute(bundle, {}, options, lambda event: None)


@pytest.fixture(scope="module")
def finished(local_server: object, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """The folder of a run in a storage; the run's own is gone."""
    place = tmp_path_factory.mktemp("storage")
    result = run(place, f"{place}/shared")
    shutil.rmtree(place / "run")
    return place / "shared" / result.run, result


@pytest.fixture
def stored(finished: tuple[Path, RunResult], tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(finished[0], tmp_path / "shared" / finished[1].run)


def test_a_run_in_memory_leaves_what_it_ran_what_it_handed_over_its_notebook_and_its_record(tmp_path):
    result = run(tmp_path, "memory://runs")
    assert (result.state, result.warnings) == (StepState.COMPLETED, ())
    address = run_address("memory://runs", result.run)
    system, path = fsspec.core.url_to_fs(address)
    found = {name.removeprefix(f"{path}/") for name in system.find(path)}
    assert found == {"pipeline.json", "packs/load.pack", "packs/use.pack", "tiny.ipynb", "record.json"}
    assert system.cat_file(f"{path}/record.json") == (tmp_path / "run" / "record.json").read_bytes()
    shutil.rmtree(tmp_path / "run")
    assert package.result(address, "numbers") == [1, 2, 3]


def test_a_variable_is_read_by_the_address_and_by_the_name_that_prefect_gave_the_run(finished, tmp_path):
    folder, result = finished
    for run_name in (folder.as_uri(), result.flow_run):
        done = nb2ops("result", run_name, "numbers", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert "numbers: list, length 3, " in done.stdout
        assert "[1, 2, 3]" in done.stdout


def test_what_was_changed_in_the_storage_is_refused(stored):
    pack = stored / "packs" / "load.pack"
    whole = pack.read_bytes()
    pack.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    with pytest.raises(UsageError, match="the digest does not fit"):
        package.result(stored.as_uri(), "numbers")


def test_nothing_that_a_record_in_a_storage_names_is_run_or_entered(stored, tmp_path):
    record = json.loads((stored / "record.json").read_text())
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    record["environment"] |= {"interpreter": str(trap), "directory": str(tmp_path / "nowhere")}
    (stored / "record.json").write_text(json.dumps(record))
    assert nb2ops("result", stored.as_uri(), "numbers", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "sprung").exists()
    record["steps"][0]["name"] = "../../load"
    (stored / "record.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match="not to be trusted"):
        package.result(stored.as_uri(), "numbers")


@pytest.mark.parametrize(("missing", "words"), [("record.json", "no record.json"), ("packs", "no packs/load.pack")])
def test_what_is_not_there_says_so(stored, missing, words):
    (shutil.rmtree if (stored / missing).is_dir() else Path.unlink)(stored / missing)
    with pytest.raises(UsageError, match=words):
        package.result(stored.as_uri(), "numbers")


def test_a_place_that_cannot_be_written_ends_the_run_before_its_first_step(tmp_path):
    with pytest.raises(UsageError, match="Check the address and the credentials"):
        run(tmp_path, "/proc/nowhere")
    assert not list(tmp_path.rglob("events.jsonl"))


def test_a_place_that_fails_later_is_a_warning_and_the_run_s_own_folder_has_all(tmp_path):
    vanish = f"import pathlib; next(pathlib.Path({str(tmp_path)!r}, 'shared').iterdir()).joinpath('packs').touch()"
    result = run(tmp_path, f"{tmp_path}/shared", Part("load", ["numbers = [1]", vanish]), PARTS[1])
    assert result.state is StepState.COMPLETED
    assert {each.partition("/packs/")[2].partition(":")[0] for each in result.warnings} == {"load.pack", "use.pack"}
    assert package.result(tmp_path / "run", "numbers") == [1]
