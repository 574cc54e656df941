"""Parameters in all the ways of papermill."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from nb2ops.cli.arguments import given_values, joined_pairs
from nb2ops.errors import UsageError
from nb2ops.model import Parameter

PARAMETERS = [
    Parameter("rows", "int", "1", 1),
    Parameter("name", "str", "'a'", "a"),
    Parameter("items", "list", "[]", []),
]


def values(pairs=(), raw=(), files=(), yamls=(), encoded=()):
    return given_values(PARAMETERS, pairs, raw, files, yamls, encoded)


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        (["-p", "rows", "2"], ["-p", "rows=2"]),
        (["-p", "rows=2"], ["-p", "rows=2"]),
        (["-p", "name", "a=b"], ["-p", "name=a=b"]),
        (["-p", "rows=2", "nb.ipynb"], ["-p", "rows=2", "nb.ipynb"]),
        (["--param", "rows", "-1"], ["--param", "rows=-1"]),
        (["-r", "name", "5", "-k", "x"], ["-r", "name=5", "-k", "x"]),
        (["--", "-p", "rows", "2"], ["--", "-p", "rows", "2"]),
        (["-p"], ["-p"]),
    ],
)
def test_pairs_may_be_one_word_or_two(given, joined):
    assert joined_pairs(given) == joined


def test_each_way_gives_values(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("rows: 2\nitems: [1, two]")
    assert values(files=[path]) == {"rows": 2, "items": [1, "two"]}
    assert values(yamls=["rows: 3"]) == {"rows": 3}
    assert values(encoded=[base64.b64encode(b"rows: 4").decode()]) == {"rows": 4}
    assert values(pairs=["items=[1]"], raw=["name=5"]) == {"items": [1], "name": "5"}


def test_what_is_more_specific_wins(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("rows: 2\nname: file")
    assert values(pairs=["rows=9"], files=[path], yamls=["name: text"]) == {"rows": 9, "name": "text"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pairs": ["rows"]}, "a value is missing"),
        ({"yamls": ["- 1"]}, "names with values"),
        ({"yamls": ["{"]}, "not YAML"),
        ({"encoded": ["%%%"]}, "not base64"),
        ({"files": [Path("none.yaml")]}, "cannot be read"),
        ({"pairs": ["rows=many"]}, "does not fit"),
        ({"pairs": ["row=1"]}, 'Did you mean "rows"'),
    ],
)
def test_what_cannot_be_read_is_said(given, words):
    with pytest.raises(UsageError, match=words):
        values(**given)
