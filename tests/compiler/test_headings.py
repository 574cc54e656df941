"""Headings in markdown, and names made from them."""

from __future__ import annotations

import pytest

from nb2ops.compiler.headings import LONGEST, headings, step_name
from nb2ops.compiler.tags import read_tags
from nb2ops.model import Cell, Notebook


def found(source: str, kind: str = "markdown") -> list[tuple[int, str]]:
    return [(each.level, each.text) for each in headings(Cell(0, "a", kind, source))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# Title\n\nText\n## Load ##\n", [(1, "Title"), (2, "Load")]),
        ("###### deep\n####### too deep", [(6, "deep")]),
        ("#no heading\n#", [(1, "")]),
        ("    # code by indentation", []),
        ("```python\n# a comment\n```\n# after", [(1, "after")]),
        ("~~~\n```\n# still code\n~~~\n# after", [(1, "after")]),
        ("Title\n=====\n\nPart\n---\n", [(1, "Title"), (2, "Part")]),
        ("text\n\n---\n\n| a |\n|---|\n- item\n---", []),
        ('<h2 style="color: red">Load</h2>', [(2, "Load")]),
        ("text", []),
    ],
)
def test_headings_are_those_that_markdown_shows(source, expected):
    assert found(source) == expected


def test_code_has_no_headings():
    assert found("# a comment", "code") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Load", "load"),
        ("3.2 Fit a **linear** `model`", "fit-a-linear-model"),
        ("1. Load", "load"),
        ("1.Load", "load"),
        ("2 \u2013 Fit", "fit"),
        ("3 Models", "models"),
        ("Step 1: Load", "load"),
        ("Part II. Train", "train"),
        ("Step 1", "step-1"),
        ("1", "1"),
        ("64 pixels in two dimensions", "64-pixels-in-two-dimensions"),
        ("10-fold cross-validation", "10-fold-cross-validation"),
        ("X-ray images", "x-ray-images"),
        ("3D plots", "3d-plots"),
        ("2024 sales", "2024-sales"),
        ("[The data](https://x.org/a_b) ![](i.png)", "the-data"),
        ("<a id='x'></a> Results {#results}", "results"),
        ("Let's go! 🚀", "lets-go"),
        ("Données & modèles", "donnees-modeles"),
        ("数据", ""),
        ("Which digits are mistaken for which others", "which-digits-are-mistaken"),
        ("a" * 50, "a" * LONGEST),
    ],
)
def test_a_name_is_readable_and_short(text, name):
    assert step_name(text) == name


@pytest.mark.parametrize("text", ["Load & fit", "--- x ---", "_a_", "ß", "../etc/passwd", "step:load", "a\u0301b"])
def test_every_name_is_one_by_the_grammar_of_tags(text):
    cell = Cell(0, "a", "code", "x = 1", (f"step:{step_name(text)}",), number=1)
    assert read_tags(Notebook("nb", (cell,)))[1] == []
