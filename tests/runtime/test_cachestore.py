"""The store of results: what is found, what is a miss, many writers, a limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nb2ops.runtime.addresses import opened
from nb2ops.runtime.caching.store import Damaged, Entry, Store, noted
from nb2ops.runtime.caching.team import Team

KEY = "ab" * 32
WRITER = """
import sys
from pathlib import Path
from nb2ops.runtime.caching.store import Store, noted
folder, data = Path(sys.argv[1]), Path(sys.argv[2])
store = Store(folder, "ab" * 32)
print("ready", flush=True)
sys.stdin.readline()
for turn in range(20):
    store.put("k", {"same": True}, {"pack": data})
"""


def put(store: Store, folder: Path, key: str = "k", text: str = "content", run: str = "r1") -> Entry:
    (folder / "data").write_text(text)
    store.put(key, {"run": run}, {"pack": folder / "data"})
    return next(entry for entry in store.find(key) if entry.body["run"] == run)


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "store" / "files").rglob("*") if path.is_file()]


def test_what_is_put_is_found_and_fetched(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", KEY)
    entry = put(store, tmp_path)
    for linked in (True, False):
        store.fetch(entry, "pack", tmp_path / "out" / f"copy{linked}", linked=linked)
        assert (tmp_path / "out" / f"copy{linked}").read_text() == "content"
    assert [*store.find("other")] == []
    put(store, tmp_path, "other", run="r2")
    assert len(files(tmp_path)) == 1, "the same content is kept once"


def _cut(store: Path, entry: Entry) -> None:
    entry.path.write_text(entry.path.read_text()[:-20])


def _forge(store: Path, entry: Entry) -> None:
    entry.path.write_text(entry.path.read_text().replace("r1", "r2"))


def _litter(store: Path, entry: Entry) -> None:
    entry.path.write_bytes(b"\xff\x00[1]")
    entry.path.with_name("more.json").write_text("[1, 2]")
    entry.path.with_name("folder.json").mkdir()


@pytest.mark.parametrize("harm", [_cut, _forge, _litter])
def test_a_damaged_or_foreign_entry_is_not_there(tmp_path: Path, harm: Callable[[Path, Entry], None]) -> None:
    store = Store(tmp_path / "store", KEY)
    harm(tmp_path / "store", put(store, tmp_path))
    assert [*store.find("k")] == []


def test_an_entry_of_another_secret_is_not_there(tmp_path: Path) -> None:
    put(Store(tmp_path / "store", "cd" * 32), tmp_path)
    assert [*Store(tmp_path / "store", KEY).find("k")] == []


@pytest.mark.parametrize("content", ["conten7", "", None])
def test_a_file_that_is_damaged_or_gone_is_a_miss_and_can_be_kept_again(tmp_path: Path, content: str | None) -> None:
    store = Store(tmp_path / "store", KEY)
    entry = put(store, tmp_path)
    [kept] = files(tmp_path)
    kept.unlink()
    if content is not None:
        kept.write_text(content)
    with pytest.raises(Damaged):
        store.fetch(entry, "pack", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    store.fetch(put(store, tmp_path), "pack", tmp_path / "target")
    assert (tmp_path / "target").read_text() == "content"


def test_32_processes_write_the_same_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(os.urandom(200_000))
    command = [sys.executable, "-c", WRITER, str(tmp_path / "store"), str(tmp_path / "data")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen(command, **pipes) for _ in range(32)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.close()
    assert [writer.wait(120) for writer in writers] == [0] * 32
    store = Store(tmp_path / "store", KEY)
    [entry] = store.find("k")
    store.fetch(entry, "pack", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == (tmp_path / "data").read_bytes()
    assert len(files(tmp_path)) == 1, "no draft is left"


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", KEY, limit=250)
    now = time.time()
    for age, key in enumerate("abc"):
        entry = put(store, tmp_path, key, key * 100)
        os.utime(entry.path, (now - 100 + age, now - 100 + age))
    store.fetch(next(store.find("a")), "pack", tmp_path / "target")  # which is a use
    store.prune()
    assert [key for key in "abc" if [*store.find(key)]] == ["a", "c"]
    assert len(files(tmp_path)) == 3, "what was put just now may be another process's, whose entry is on its way"
    store.prune(grace=-1)
    assert len(files(tmp_path)) == 2


def test_the_last_note_counts(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", KEY)
    assert noted(store.folder, "fit") is None
    store.note("fit", {"why": "a"})
    store.note("fit", {"why": "b"})
    assert noted(store.folder, "fit") == {"why": "b"}
    assert noted(store.folder, "load") is None


def test_a_writer_that_is_killed_leaves_nothing_that_is_taken_for_whole(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_bytes(os.urandom(8_000_000))
    for _ in range(5):
        command = [sys.executable, "-c", WRITER.replace("range(20)", "range(10**6)"), tmp_path / "store", data]
        writer = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert writer.stdout.readline() == "ready\n"
        writer.stdin.write("\n")
        writer.stdin.flush()
        deadline = time.monotonic() + 60
        while not (tmp_path / "store" / "files").exists():
            assert time.monotonic() < deadline
        writer.kill()
        writer.wait()
        store = Store(tmp_path / "store", KEY)
        for entry in store.find("k"):
            store.fetch(entry, "pack", tmp_path / "target")
            assert (tmp_path / "target").read_bytes() == data.read_bytes()
        shutil.rmtree(tmp_path / "store", ignore_errors=True)


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a team's store."""
    if request.param == "folder":
        yield (tmp_path / "team").as_uri()
        return
    yield f"memory://{tmp_path.name}"
    with opened(f"memory://{tmp_path.name}") as (system, path):
        system.rm(path, recursive=True)


def test_what_one_has_kept_the_others_of_a_team_find(tmp_path: Path, place: str) -> None:
    put(Store(tmp_path / "store", KEY, team=Team(place)), tmp_path, text="of ada")
    bob = Store(tmp_path / "bob", KEY, team=Team(place))
    [entry] = bob.find("k")
    bob.fetch(entry, "pack", tmp_path / "target")
    assert (tmp_path / "target").read_text() == "of ada"
    alone = Store(tmp_path / "bob", KEY)
    alone.fetch(next(alone.find("k")), "pack", tmp_path / "again")
    assert bob.trouble is None


def test_of_another_secret_the_team_has_nothing(tmp_path: Path, place: str) -> None:
    put(Store(tmp_path / "store", "cd" * 32, team=Team(place)), tmp_path)
    assert [*Store(tmp_path / "bob", KEY, team=Team(place)).find("k")] == []


def test_a_file_of_the_team_that_is_damaged_is_a_miss_and_is_sent_again(tmp_path: Path) -> None:
    place = tmp_path / "team"
    put(Store(tmp_path / "store", KEY, team=Team(str(place))), tmp_path)
    [file] = [path for path in (place / "files").rglob("*") if path.is_file()]
    file.write_text("con")
    bob = Store(tmp_path / "bob", KEY, team=Team(str(place)))
    with pytest.raises(Damaged):
        bob.fetch(next(bob.find("k")), "pack", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    put(bob, tmp_path)
    assert file.read_text() == "content"


def test_a_team_that_cannot_be_reached_is_a_miss_and_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "team").write_text("no folder")
    store = Store(tmp_path / "store", KEY, team=Team(str(tmp_path / "team")))
    entry = put(store, tmp_path)
    assert "Check the address" in str(store.trouble)
    store.fetch(entry, "pack", tmp_path / "target")
    assert [*store.find("other")] == []
