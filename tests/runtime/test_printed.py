"""What is kept of a cell's streams: all up to the limit, then head and tail, and the full text in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.runtime.printed import HEAD, TAIL, Printed

ALL = HEAD + TAIL

# pieces -> characters that are hidden
AMOUNTS = [
    (["short\n"], 0),
    (["x" * 1000] * 100, 0),
    (["x" * ALL], 0),
    (["x" * HEAD, "y" * TAIL], 0),
    (["x" * (ALL + 1)], 1),
    (["x" * HEAD, "y" * TAIL, "z"], 1),
    (["x" * 5 * ALL], 4 * ALL),
    (["x" * 1000] * (2 * ALL // 1000), 2 * ALL // 1000 * 1000 - ALL),
    (["x" * ALL, "y" * 10, "z" * 3 * ALL], 3 * ALL + 10),
]


@pytest.mark.parametrize(("pieces", "hidden"), AMOUNTS)
def test_what_is_shown_and_what_is_hidden(tmp_path: Path, pieces: list[str], hidden: int) -> None:
    file = tmp_path / "outputs" / "cell-1.txt"
    printed = Printed(file)
    head = "".join(printed.take("stdout", piece) for piece in pieces)
    rest = printed.rest()
    printed.close()
    text = "".join(pieces)
    assert head == text[:HEAD]
    assert (printed.cut.bytes if printed.cut else 0) == hidden
    if hidden:
        note, tail = rest
        assert note["text"] == f"\nnb2ops: {hidden:,} bytes are cut here; the full text is in {file}\n"
        assert tail["text"] == text[-TAIL:]
        assert file.read_text() == text
    else:
        assert "".join(output["text"] for output in rest) == text[HEAD:]
        assert not file.exists()


def test_bytes_are_counted_not_characters(tmp_path: Path) -> None:
    printed = Printed(tmp_path / "text")
    printed.take("stdout", "€" * (ALL + 5))
    assert printed.cut.bytes == 15


def test_the_tail_keeps_its_streams_apart(tmp_path: Path) -> None:
    printed = Printed(tmp_path / "text")
    for stream, text in (("stdout", "x" * HEAD), ("stderr", "a"), ("stderr", "b"), ("stdout", "c")):
        printed.take(stream, text)
    assert [(each["name"], each["text"]) for each in printed.rest()] == [("stderr", "ab"), ("stdout", "c")]


def test_what_the_notebook_clears_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "text"
    printed = Printed(file)
    printed.take("stdout", "x" * 2 * ALL)
    assert file.exists()
    printed.clear()
    assert not file.exists()
    assert printed.take("stdout", "new") == "new"
    assert (printed.rest(), printed.cut) == ([], None)


def test_a_file_that_cannot_be_written_loses_the_middle_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    printed = Printed(tmp_path / "file" / "text")
    assert len(printed.take("stdout", "x" * 2 * ALL)) == HEAD
    note, tail = printed.rest()
    assert "the full text could not be kept: [Errno" in note["text"]
    assert len(tail["text"]) == TAIL
