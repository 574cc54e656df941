"""The form of the panel: a field for each type, what is given of it, what is wrong beside it."""

from __future__ import annotations

from datetime import date

import ipywidgets as widgets
import pytest

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.widgets.form import Form

IMPORTS = """import os
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Optional
from annotated_types import Ge, Gt, Le"""
HOSTILE = "<img src=x>"

# the parameter -> its field, the value that it shows, a value that somebody enters, what is given then
FIELDS = [
    ("rows: int = 3", widgets.IntText, 3, 5, 5),
    ("rate: float = 0.5", widgets.FloatText, 0.5, 0.001, 0.001),
    ("fast: bool = False", widgets.Checkbox, False, True, True),
    ("name: str = 'a'", widgets.Text, "a", "b", "b"),
    ("place: Path = 'data'", widgets.Text, "data", "more", "more"),
    ("kind: Literal['a', 'b'] = 'a'", widgets.Dropdown, "a", "b", "b"),
    ("size: Literal[1, 2] = 1", widgets.Dropdown, 1, 2, 2),
    ("day: date = date(2024, 1, 1)", widgets.DatePicker, date(2024, 1, 1), date(2024, 2, 1), "2024-02-01"),
    ("depth: Annotated[int, Ge(1), Le(9)] = 3", widgets.BoundedIntText, 3, 9, 9),
    ("share: Annotated[float, Gt(0)] = 0.5", widgets.BoundedFloatText, 0.5, 1e6, 1e6),
    ("tags: list = [1, 2]", widgets.Textarea, "[1, 2]", "[3]", [3]),
    ("more: dict = {'a': 1}", widgets.Textarea, '{"a": 1}', '{"b": 2}', {"b": 2}),
    ("limit: Optional[int] = None", widgets.Textarea, "", "7", 7),
    ("start: str = os.getcwd()", widgets.Textarea, "", "here", "here"),
]


def form(notebook, *lines: str) -> Form:
    path = notebook(("imports", IMPORTS), ("parameters", "\n".join(lines)), ("step:a", "x = 1"))
    return Form(compile_notebook(path).checked().parameters)


@pytest.mark.parametrize(("parameter", "kind", "shown", "entered", "given"), FIELDS)
def test_a_type_has_its_field(notebook, parameter, kind, shown, entered, given):
    made = form(notebook, f"{parameter}  # what it is for")
    ((name, field),) = made.fields.items()
    assert (type(field), field.value, field.tooltip) == (kind, shown, "what it is for")
    assert made.values() == {}
    field.value = entered
    assert made.values() == {name: given}


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_given(notebook):
    made = form(notebook, "tags: list[int] = [1]", "rows: int = 3")
    made.fields["tags"].value = HOSTILE
    assert made.values() is None
    said = [row.children[2].value for row in made.children]
    assert "tags" in said[0]
    assert "&lt;img" in said[0]
    assert said[1] == ""
    made.fields["tags"].value = "[2]"
    assert made.values() == {"tags": [2]}
    assert made.children[0].children[2].value == ""


def test_a_field_of_a_range_takes_nothing_outside_and_its_label_says_the_range(notebook):
    made = form(notebook, "depth: int = 3  # range: 1..9 of a tree", "share: Annotated[float, Gt(0)] = 0.5")
    depth, share = made.fields["depth"], made.fields["share"]
    assert (depth.min, depth.max, share.min) == (1, 9, 0)
    assert [row.children[0].value for row in made.children] == ["depth: int, from 1 to 9", "share: float, above 0"]
    depth.value = 12
    assert depth.value == 9
    share.value = 0  # a bound that is not allowed itself, which no widget knows
    assert made.values() is None
    assert "share" in made.children[1].children[2].value


def test_a_secret_has_no_field(notebook):
    made = form(notebook, "token: str = ''  # secret: api-token")
    assert made.fields == {}
    assert made.children[0].children[1].value == "from the Secret block api-token"
