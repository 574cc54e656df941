"""Pipelines as pictures: where boxes stand, what each form says, that nothing of a name can break out."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.model import Edge, Pipeline, Reason, Step
from nb2ops.pages.graph import FORMS, dot, mermaid, picture
from nb2ops.pages.layout import BELOW, BOX_HEIGHT, BOX_WIDTH, lay_out, without_implied

EXAMPLES = sorted((Path(__file__).parents[2] / "example_notebooks").glob("*.ipynb"))
LAYER = BOX_HEIGHT + BELOW


def pipeline(steps: str, *links: tuple[str, str], kind: str = "variable") -> Pipeline:
    edges = tuple(Edge(upper, lower, (Reason(kind, "x", f"{lower} reads x"),)) for upper, lower in links)
    made = tuple(Step(name, ()) for name in steps.split())
    return Pipeline("nb", "Title", "", "nb.ipynb", "python", None, "0" * 64, (), made, edges)


# links -> those that are drawn
IMPLIED = [
    ([("a", "b"), ("b", "c"), ("a", "c")], [("a", "b"), ("b", "c")]),
    ([("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")], [("a", "b"), ("b", "c"), ("c", "d")]),
    ([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]),
    ([], []),
]


@pytest.mark.parametrize(("links", "drawn"), IMPLIED)
def test_a_link_that_others_imply_is_not_drawn(links, drawn):
    assert without_implied(links) == drawn


# steps, links -> layer of each step
LAYERS = [
    ("a b c", [("a", "b"), ("b", "c")], {"a": 0, "b": 1, "c": 2}),
    ("a b c d", [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], {"a": 0, "b": 1, "c": 1, "d": 2}),
    ("a b c d", [("a", "b"), ("b", "c"), ("a", "d")], {"a": 0, "b": 1, "c": 2, "d": 1}),
    ("a b", [], {"a": 0, "b": 0}),
]


@pytest.mark.parametrize(("steps", "links", "layers"), LAYERS)
def test_a_step_stands_one_below_the_lowest_that_it_waits_for(steps, links, layers):
    found = lay_out(steps.split(), links)
    assert {box.name: box.y / LAYER for box in found.boxes} == layers
    assert all(0 <= box.x <= found.width - BOX_WIDTH for box in found.boxes)
    for one in found.boxes:
        assert not [two for two in found.boxes if one is not two and one.y == two.y and abs(one.x - two.x) < BOX_WIDTH]


def test_a_line_past_a_layer_goes_around_its_boxes():
    links = [("a", "b"), ("a", "c"), ("c", "d"), ("b", "e"), ("d", "e")]
    found = lay_out(["a", "b", "c", "d", "e"], links)
    (line,) = [each for each in found.lines if each.link == ("b", "e")]
    passing = [x for x, y in line.points if 2 * LAYER <= y <= 2 * LAYER + BOX_HEIGHT]
    (beside,) = [box for box in found.boxes if box.name == "d"]
    assert passing
    assert not [x for x in passing if beside.x <= x <= beside.x + BOX_WIDTH]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_drawn_the_same_each_time(path):
    first, second = (compile_notebook(path).checked() for _ in range(2))
    for draw in FORMS.values():
        assert draw(first, ()) == draw(second, ())
    drawn = ElementTree.fromstring(picture(first))
    names = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text") if not each.get("class")]
    assert sorted(names) == sorted(step.name for step in first.steps)


def test_mermaid_and_graphviz_name_steps_and_links_and_how_a_run_went():
    steps = [
        {"name": "load", "state": "Completed", "seconds": 1.25},
        {"name": "fit", "state": "Failed", "seconds": 61.0},
    ]
    made = pipeline("load fit", ("load", "fit"))
    assert mermaid(made).splitlines() == ["flowchart TD", '    s0["load"]', '    s1["fit"]', "    s0 --> s1"]
    assert '    s1["fit<br>Failed, 1 min 1 s"]' in mermaid(made, steps).splitlines()
    assert '    "load" -> "fit";' in dot(made).splitlines()
    assert '"fit\\nFailed, 1 min 1 s"' in dot(made, steps)
    assert "Failed" in picture(made, steps)


def test_a_step_whose_kernel_is_shared_has_a_thick_line():
    assert 'class="line joined"' in picture(pipeline("a b", ("a", "b"), kind="kernel"))
    assert 'class="line joined"' not in picture(pipeline("a b", ("a", "b")))


def test_no_name_breaks_out():
    hostile = 'a"]</text><script>alert(1)</script>'
    made = pipeline("a b").__class__(hostile, hostile, "", "nb.ipynb", "python", None, "", (), (Step(hostile, ()),), ())
    assert "<script" not in picture(made)
    assert "<script" not in mermaid(made)
    assert f'digraph "{hostile}'.replace('a"]', 'a\\"]') in dot(made)
    ElementTree.fromstring(picture(made))
