"""Files that are no notebooks, or not quite: each with its own code, place and remedy."""

from __future__ import annotations

import json

import pytest

from nb2ops.compiler.bundle import build_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.compiler.reading import read_notebook
from nb2ops.errors import InvalidNotebook
from tests.notebooks import notebook_json

GOOD = json.dumps(notebook_json("a = 1"), indent=1)
CONFLICT = GOOD.replace('"a = 1"', '"a = 1"\n<<<<<<< HEAD\n=======\n>>>>>>> branch')


def with_version(major: object, minor: object = 0) -> bytes:
    return json.dumps({**notebook_json("a = 1"), "nbformat": major, "nbformat_minor": minor}).encode()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "NB002", "empty"),
        (b" \n", "NB002", "empty"),
        (GOOD[: len(GOOD) // 2].encode(), "NB003", "ends too early"),
        (b"{'cells': []}", "NB012", "not JSON"),
        (b"print('hello')", "NB012", "not JSON"),
        (CONFLICT.encode(), "NB004", "conflict markers"),
        (GOOD.replace("a = 1", "a = 'é'").encode("latin-1"), "NB005", "not UTF-8"),
        (GOOD.encode("utf-16"), "NB005", "not UTF-8"),
        (with_version(5), "NB006", "nbformat 5.0"),
        (with_version("4"), "NB013", "does not say its nbformat"),
        (b"[1, 2]", "NB007", "not a notebook"),
        (b'{"a": 1}', "NB007", "not a notebook"),
        (b'{"cells": [1], "nbformat": 4, "nbformat_minor": 5}', "NB015", "not objects"),
        (b'{"worksheets": [], "nbformat": 4, "nbformat_minor": 5}', "NB015", "not objects"),
        (b'{"worksheets": 1, "nbformat": 3}', "NB014", "cannot be upgraded"),
        (b'{"worksheets": [{"cells": []}], "nbformat": 2}', "NB016", "nbformat 2"),
        (b'{"cells": [], "nbformat": 1}', "NB016", "nbformat 1"),
        (json.dumps(notebook_json()).encode(), "NB008", "no code"),
        (json.dumps(notebook_json(("markdown", "# Title"), "  ")).encode(), "NB008", "no code"),
    ],
)
def test_what_is_not_a_notebook_is_one_problem_with_a_remedy(tmp_path, content, code, words):
    path = tmp_path / "nb.ipynb"
    path.write_bytes(content)
    with pytest.raises(InvalidNotebook) as caught:
        read_notebook(path)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert words in problem.message
    assert problem.hint
    assert path.read_bytes() == content


def test_conflict_markers_are_reported_with_their_line(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(CONFLICT)
    with pytest.raises(InvalidNotebook) as caught:
        read_notebook(path)
    line = caught.value.problems[0].line
    assert CONFLICT.splitlines()[line - 1].startswith("<<<<<<<")


def test_a_missing_file_and_a_folder_cannot_be_read(tmp_path):
    for path in (tmp_path / "none.ipynb", tmp_path):
        with pytest.raises(InvalidNotebook, match="NB001"):
            read_notebook(path)


def test_a_byte_order_mark_is_no_problem(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    notebook, problems = read_notebook(path)
    assert (notebook.code[0].source, problems) == ("a = 1", [])


def test_conflict_markers_inside_a_string_are_code(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(notebook_json("text = '''\n<<<<<<< HEAD\n'''")))
    assert read_notebook(path)[1] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (with_version(4, 99), "NB009"),
        (json.dumps({**notebook_json("a = 1", "b = 2")}).replace('"c1"', '"c0"').encode(), "NB011"),
    ],
)
def test_what_can_be_read_all_the_same_is_a_warning(tmp_path, content, code):
    path = tmp_path / "nb.ipynb"
    path.write_bytes(content)
    _, problems = read_notebook(path)
    assert [(problem.code, problem.severity.value) for problem in problems] == [(code, "warning")]


OLD = {
    "metadata": {"name": ""},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 2, "source": ["Load"]},
                {
                    "cell_type": "code",
                    "input": ["a = 1\n", "a"],
                    "language": "python",
                    "outputs": [{"output_type": "pyout", "text": ["1"]}],
                    "metadata": {"tags": ["step:a"]},
                },
            ]
        },
        {"cells": [{"cell_type": "code", "input": "b = a", "language": "python", "outputs": "damaged"}]},
    ],
}


def test_nbformat_3_is_upgraded_in_memory_with_the_same_ids_each_time(tmp_path, capfd):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(OLD))
    source = path.read_bytes()
    notebook, problems = read_notebook(path)
    assert [(cell.id, cell.source, cell.number, cell.tags) for cell in notebook.cells] == [
        ("cell-0", "## Load", None, ()),
        ("cell-1", "a = 1\na", 1, ("step:a",)),
        ("cell-2", "b = a", 2, ()),
    ]
    assert [(problem.code, problem.severity.value) for problem in problems] == [("NB010", "notice")]
    assert (path.read_bytes(), notebook.language, dict(notebook.metadata)["language_info"]) == (
        source,
        "python",
        {"name": "python"},
    )
    assert capfd.readouterr() == ("", "")


def test_the_language_of_nbformat_3_is_that_of_its_cells(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(OLD).replace('"python"', '"julia"'))
    assert read_notebook(path)[0].language == "julia"


@pytest.mark.parametrize("minor", range(5))
def test_nbformat_4_0_to_4_4_is_read_with_ids_made_from_positions(tmp_path, minor):
    data = {**notebook_json("a = 1", "b = 2"), "nbformat_minor": minor}
    for cell in data["cells"]:
        del cell["id"]
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(data))
    notebook, problems = read_notebook(path)
    assert [cell.id for cell in notebook.cells] == ["cell-0", "cell-1"]
    assert [(problem.code, problem.severity.value) for problem in problems] == [("NB010", "notice")]


def test_an_old_notebook_builds_to_the_same_bytes_and_to_the_newest_format(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(OLD))
    first, second = (build_bundle(compile_notebook(path), tmp_path) for _ in range(2))
    assert first == second
    step = json.loads(first.files["steps/a.ipynb"])
    assert (step["nbformat"], step["nbformat_minor"], [cell["id"] for cell in step["cells"]]) == (
        4,
        5,
        ["cell-1", "cell-2"],
    )


@pytest.mark.parametrize(
    ("ids", "expected", "codes"),
    [
        ([None, "same", "same"], ["cell-0", "cell-1", "cell-2"], ["NB011", "NB017"]),
        (["cell-2", "b", None], ["cell-2", "b", "cell-2_"], ["NB017"]),
        (["", 7, "c"], ["cell-0", "cell-1", "c"], ["NB017"]),
    ],
)
def test_cells_without_or_with_repeated_ids_are_named_by_position(tmp_path, ids, expected, codes):
    data = notebook_json("a = 1", "b = 2", "c = 3")
    for cell, identity in zip(data["cells"], ids, strict=True):
        cell["id"] = identity
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(data))
    notebook, problems = read_notebook(path)
    assert [cell.id for cell in notebook.cells] == expected
    assert [problem.code for problem in problems] == codes


@pytest.mark.parametrize("metadata", [None, [], "x", {"kernelspec": None, "language_info": "python"}])
def test_metadata_of_another_shape_are_no_metadata(tmp_path, metadata):
    data = {**notebook_json("a = 1"), "metadata": metadata}
    data["cells"][0]["metadata"] = metadata
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(data))
    notebook, problems = read_notebook(path)
    assert (notebook.language, notebook.kernel, problems) == ("python", None, [])


def test_cell_numbers_are_those_of_the_prompt_after_run_all(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(notebook_json(("markdown", "# T"), "a = 1", "  \n", ("skip", "b"), "c")))
    assert [cell.number for cell in read_notebook(path)[0].cells] == [None, 1, None, 2, 3]
