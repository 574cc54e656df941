"""The pack as a file: what can be known of it without unpickling, and when it is refused."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
import weakref
from pathlib import Path

import cloudpickle
import pytest

from nb2ops.inkernel.digests import FASTEST
from nb2ops.inkernel.handover import write
from nb2ops.inkernel.pack import Pack, PackError, read_variable, status_of

KEY = b"secret"
INKERNEL = Path(write.__code__.co_filename).parent


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "step.pack")


def test_one_variable_can_be_read_and_all_are_described(path: str) -> None:
    shared = ["x" * 1000]
    written = write(path, {"a": shared, "b": [shared], "n": 3}, KEY, {"random": {"random": 1}}, {"cells": {"f": 2}})
    with Pack(path, KEY) as pack:
        assert [(each.kind, each.name, each.type) for each in pack.entries] == [
            ("state", "random", "dict"),
            ("variable", "a", "list"),
            ("variable", "b", "list"),
            ("variable", "n", "int"),
        ]
        sizes = {each.name: each.bytes for each in pack.entries}
        assert sizes["a"] > 1000 > sizes["b"]  # what is shared counts once
        assert pack.notes == {"cells": {"f": 2}}
        assert pack.states() == {"random": {"random": 1}}
        assert pack.variables(["n"]) == {"n": 3}
    assert read_variable(path, "b", KEY) == [shared]
    with pytest.raises(KeyError):
        read_variable(path, "z", KEY)
    assert written.status[1] == Path(path).stat().st_size
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_a_large_array_counts_with_its_buffer(path: str) -> None:
    numpy = pytest.importorskip("numpy")
    written = write(path, {"a": numpy.zeros(1_000_000)}, KEY)
    assert 8_000_000 <= written.entries[0].bytes < 8_001_000
    assert read_variable(path, "a", KEY).sum() == 0


class _Node:
    """What a cycle is made of."""


def test_many_objects_are_read_without_the_garbage_collector_which_finds_them_later(path: str) -> None:
    cycle = _Node()
    cycle.itself = cycle
    write(path, {"many": [[number] for number in range(150_000)], "cycle": cycle}, KEY)
    walks: list[int] = []
    gc.callbacks.append(lambda phase, found: walks.append(found["generation"]))
    try:
        gc.collect()
        walks.clear()
        read = Pack(path, KEY)
        found = read.variables()
        assert walks == []
    finally:
        gc.callbacks.pop()
    assert gc.isenabled()
    read.__exit__()
    reference = weakref.ref(found["cycle"])
    del found
    gc.collect()
    assert reference() is None, "nothing is frozen"


def test_a_collector_that_the_notebook_has_turned_off_stays_so(path: str) -> None:
    write(path, {"many": [[number] for number in range(150_000)]}, KEY)
    gc.disable()
    try:
        assert len(read_variable(path, "many", KEY)) == 150_000
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("size", [0, 1, 1 << 19, (1 << 19) + 1, 3 << 19], ids=str)
def test_buffers_of_any_size(path: str, size: int) -> None:
    numpy = pytest.importorskip("numpy")
    written = write(path, {"a": numpy.arange(size), "b": numpy.arange(9)}, KEY)
    for left in (written.status, None):
        with Pack(path, KEY, left) as pack:
            assert (pack.variables()["a"] == numpy.arange(size)).all()


@pytest.mark.parametrize("place", ["stream", "buffer"])
def test_a_changed_byte_is_noticed_also_where_the_writer_left_it(path: str, place: str) -> None:
    numpy = pytest.importorskip("numpy")
    written = write(path, {"a": numpy.ones(1_000_000)}, KEY)
    with Path(path).open("r+b") as file:
        file.seek(20 if place == "stream" else 4_000_000)
        file.write(b"?")
    with pytest.raises(PackError):
        Pack(path, KEY, written.status)


def test_the_buffers_of_a_file_that_the_writer_left_are_not_read_again(path: str) -> None:
    numpy = pytest.importorskip("numpy")
    write(path, {"a": numpy.ones(1_000_000)}, KEY)
    with Path(path).open("r+b") as file:
        file.seek(4_000_000)
        file.write(b"\xff" * 8)
    with Path(path).open("rb") as file, Pack(path, KEY, status_of(file.fileno())) as pack:
        assert not (pack.variables()["a"] == 1).all()


def test_a_pack_digested_by_something_unknown_is_refused(path: str) -> None:
    write(path, {"a": 1}, KEY)
    Path(path).write_bytes(Path(path).read_bytes().replace(FASTEST.encode() + bytes(8 - len(FASTEST)), b"rot13\0\0\0"))
    with pytest.raises(PackError, match="rot13"):
        Pack(path, KEY)


@pytest.mark.parametrize("place", [0, 8, 40, -100, -40, -1], ids=str)
def test_a_changed_byte_is_noticed_before_unpickling(path: str, place: int) -> None:
    write(path, {"a": [1, 2, 3] * 50}, KEY)
    content = bytearray(Path(path).read_bytes())
    content[place] ^= 1
    Path(path).write_bytes(content)
    with pytest.raises(PackError):
        Pack(path, KEY)


@pytest.mark.parametrize("content", [b"", b"nb2ops1\n", b"x" * 500], ids=["empty", "cut off", "something else"])
def test_what_is_no_pack_is_refused(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)
    with pytest.raises(PackError, match="not a pack"):
        Pack(path, KEY)


def test_another_key_is_refused(path: str) -> None:
    write(path, {"a": 1}, KEY)
    with pytest.raises(PackError, match="another key"):
        Pack(path, b"other")


def test_a_pack_that_cannot_be_written_leaves_nothing(path: str) -> None:
    Path(path).mkdir()
    with pytest.raises(OSError, match=r"."):
        write(path, {"a": 1}, KEY)
    assert [each.name for each in Path(path).parent.iterdir()] == ["step.pack"]


class Unwilling:
    def __setstate__(self, state: object) -> None:
        raise ValueError("not here")


def test_a_variable_that_cannot_be_rebuilt_is_named(path: str) -> None:
    value = Unwilling()
    value.__dict__["x"] = 1
    write(path, {"fine": 1, "bad": value}, KEY)
    with pytest.raises(PackError, match=r'variable "bad" .*Unwilling.* cannot be rebuilt: ValueError: not here'):
        read_variable(path, "bad", KEY)
    assert read_variable(path, "fine", KEY) == 1


def test_the_package_needs_the_standard_library_only(path: str) -> None:
    """Loaded by path, without site-packages; what it wrote reads here, where it has another name."""
    code = f"""
import runpy, sys
load = runpy.run_path({str(INKERNEL / "boot.py")!r})["load_by_path"]
load("_nb2ops_cloudpickle", {str(Path(cloudpickle.__file__).parent)!r})
load("_nb2ops", {str(INKERNEL)!r})
def double(x): return x * 2
class A: n = 7
sys.modules["_nb2ops.handover"].write({path!r}, {{"double": double, "a": A(), "s": {{1.5}}}}, {KEY!r})
assert not [name for name in sys.modules if name.split(".")[0] in ("nb2ops", "cloudpickle", "IPython", "numpy")]
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read_variable(path, "double", KEY)(4) == 8
    assert read_variable(path, "a", KEY).n == 7
    assert read_variable(path, "s", KEY) == {1.5}


@pytest.mark.parametrize("module", sorted(INKERNEL.glob("*.py")), ids=lambda each: each.name)
def test_every_module_is_python_3_9(module: Path) -> None:
    ast.parse(module.read_text(encoding="utf-8"), feature_version=(3, 9))
