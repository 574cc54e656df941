"""Tags written into a file: the bytes are nbformat's, and nothing else changes."""

from __future__ import annotations

import copy
import json

import nbformat
import pytest

from nb2ops.compiler.tagging import add_tags
from tests.notebooks import notebook_json


def full() -> dict:
    """A notebook with outputs, attachments and metadata of many shapes."""
    data = notebook_json(("markdown", "# É"), "a = 1\nprint('\\n{\"cells\"}')", ("hide-input", "b = 2"), "c", "d", "e")
    code = [cell for cell in data["cells"] if cell["cell_type"] == "code"]
    code[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["}]\n", "é ü\n"]}]
    code[0]["execution_count"] = 3
    code[2]["metadata"] = {"collapsed": True, "zoom": {"x": 0.1}}
    code[3]["metadata"] = {"zoom": [], "collapsed": False}
    code[4]["outputs"] = [{"output_type": "display_data", "data": {"application/json": [1e-05, 1e22]}, "metadata": {}}]
    return data


TAGS = {1: ["step:a"], 2: ["step:b"], 3: ["parameters"], 5: ["gate", "retries:2"]}


def tagged(data: dict) -> dict:
    data = copy.deepcopy(data)
    for index, tags in TAGS.items():
        old = data["cells"][index]["metadata"]
        new = {**old, "tags": [*old.get("tags", []), *tags]}
        data["cells"][index]["metadata"] = dict(sorted(new.items())) if list(old) == sorted(old) else new
    return data


def as_nbformat_writes(data: dict) -> str:
    return nbformat.writes(nbformat.from_dict(data)) + "\n"


def test_the_result_is_what_nbformat_and_jupyterlab_would_write():
    assert add_tags(as_nbformat_writes(full()), TAGS) == as_nbformat_writes(tagged(full()))


@pytest.mark.parametrize(
    "layout",
    [
        {"indent": 1},
        {"indent": 2},
        {"indent": 4, "sort_keys": True},
        {"indent": "\t"},
        {"indent": 1, "ensure_ascii": False},
        {},
        {"separators": (",", ":")},
        {"ensure_ascii": False, "separators": (",", ":")},
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_the_layout_of_the_file_is_kept(layout, end):
    data = full()
    data["cells"][4]["metadata"] = {}
    assert add_tags(json.dumps(data, **layout) + end, TAGS) == json.dumps(tagged(data), **layout) + end


def test_line_ends_and_a_byte_order_mark_are_kept():
    text = "\ufeff" + as_nbformat_writes(full()).replace("\n", "\r\n")
    assert add_tags(text, TAGS) == "\ufeff" + as_nbformat_writes(tagged(full())).replace("\n", "\r\n")


def test_numbers_keep_their_spelling():
    text = '{"cells": [{"metadata": {}, "outputs": [1E5, 1.50, -0.0]}], "metadata": {"x": 1.0e1}}'
    expected = '{"cells": [{"metadata": {"tags": ["skip"]}, "outputs": [1E5, 1.50, -0.0]}], "metadata": {"x": 1.0e1}}'
    assert add_tags(text, {0: ["skip"]}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"cells": [{"source": "a"}]}', ["skip"]),
        ('{"cells": [{"metadata": null}]}', ["skip"]),
        ('{"cells": [{"metadata": {"tags": null}}]}', ["skip"]),
        ('{"cells": [{"metadata": {"tags": ["a"]}}]}', ["a", "skip"]),
        ('{"cells": [{"metadata": {\n}}]}', ["skip"]),
        ('{"nbformat": 4 , "cells" :[ {"metadata":{ "tags" : [ "a" ] } } ] }', ["a", "skip"]),
    ],
)
def test_cells_of_every_shape_get_their_tags(text, expected):
    assert json.loads(add_tags(text, {0: ["skip"]}))["cells"][0]["metadata"]["tags"] == expected


def test_nbformat_3_has_its_cells_in_worksheets():
    text = '{"worksheets": [{"cells": [{"input": "a", "metadata": {}}]}, {"cells": [{"input": "b"}]}], "nbformat": 3}'
    sheets = json.loads(add_tags(text, {0: ["skip"], 1: ["gate"]}))["worksheets"]
    assert [cell["metadata"]["tags"] for sheet in sheets for cell in sheet["cells"]] == [["skip"], ["gate"]]


def test_without_tags_nothing_changes():
    text = as_nbformat_writes(full())
    assert add_tags(text, {}) == text
