"""Two executions of a notebook: which cells differ, in what, and what it means."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from nb2ops.comparison.findings import CellDifference, Kind, PartDifference
from nb2ops.comparison.notebooks import compare
from nb2ops.model import Json, Pipeline, Role, Step, StepCell


def executed(*cells: list[Json] | None, widgets: Json | None = None) -> Json:
    """An executed notebook: outputs of each cell, None for a cell that did not run."""
    states = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": widgets}}} if widgets else {}
    return {"cells": [_cell(number, outputs) for number, outputs in enumerate(cells, 1)], "metadata": states}


def _cell(number: int, outputs: list[Json] | None) -> Json:
    count = None if outputs is None else number
    return {"cell_type": "code", "id": f"c{number}", "execution_count": count, "outputs": outputs or []}


def plan(cells: int) -> Pipeline:
    steps = [Step(f"s{number}", (StepCell(number, number, f"c{number}", Role.STEP),)) for number in range(1, cells + 1)]
    return Pipeline("nb", "nb", "", "nb.ipynb", "python", None, "", (), tuple(steps), ())


def out(text: str, name: str = "stdout") -> Json:
    return {"output_type": "stream", "name": name, "text": text}


def err(text: str) -> Json:
    return out(text, "stderr")


def display(metadata: Json | None = None, **data: object) -> Json:
    named = {mime.replace("__", "+").replace("_", "/", 1).replace("_", "."): value for mime, value in data.items()}
    return {"output_type": "display_data", "data": named, "metadata": metadata or {}}


def result(text: str, count: int = 1) -> Json:
    shown = {"output_type": "execute_result", "execution_count": count, "metadata": {}}
    return {**shown, "data": {"text/plain": text}}


def error(evalue: str, *traceback: str) -> Json:
    return {"output_type": "error", "ename": "ValueError", "evalue": evalue, "traceback": list(traceback)}


def png(colour: str, level: int = 6) -> str:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(file, "PNG", compress_level=level)
    return base64.b64encode(file.getvalue()).decode()


def found(linear: list | None, pipeline: list | None, again: list | None = None) -> tuple[PartDifference, ...]:
    """What differs in a notebook of one cell; the second linear run is as the first where it is not given."""
    third = executed(again) if again is not None else None
    differing = compare(executed(linear), executed(pipeline), plan(1), third)
    return differing[0].parts if differing else ()


@pytest.mark.parametrize(
    ("linear", "pipeline"),
    [
        ([out("a\n"), out("b\n")], [out("a\nb\n")]),
        ([out("a\n"), err("x\n"), out("b\n")], [err("x\n"), out("a\nb\n")]),
        ([out(["a\n", "b\n"])], [out("a\nb\n")]),
        ([out("1%\r"), out("2%\r")], [out("2%\r")]),
        ([out("<x at 0x7f0011223344>")], [out("<x at 0x7f0055667788>")]),
        ([display(image_png=png("red", 0))], [display(image_png=png("red", 9))]),
        ([display(application_json={"a": 1, "b": 2})], [display(application_json={"b": 2, "a": 1})]),
        ([display(text_html=["<b>", "x</b>"])], [display(text_html="<b>x</b>")]),
        ([error("x", "\x1b[31mValueError\x1b[0m: x")], [error("x", "ValueError: x")]),
        (None, None),
    ],
)
def test_what_a_reader_cannot_tell_apart_is_equal(linear, pipeline):
    assert found(linear, pipeline) == ()


@pytest.mark.parametrize(
    ("linear", "pipeline", "place", "sides"),
    [
        ([out("a\nb\n")], [out("a\nc\n")], "stdout, line 2", ("b", "c")),
        ([out("a\n")], [], "stdout", ("a", None)),
        ([], [err("Exception ignored\n")], "stderr", (None, "Exception ignored")),
        ([out("a"), display(text_plain="x"), out("b")], [out("ab"), display(text_plain="x")], "stdout", ("a", "ab")),
        ([result("1")], [result("2")], "text/plain", ("1", "2")),
        ([result("1", 1)], [result("1", 2)], "kind", ("execute_result [1]", "execute_result [2]")),
        ([result("1")], [display(text_plain="1")], "kind", ("execute_result [1]", "display_data")),
        ([display(text_html="<i>")], [display(text_plain="<i>")], "text/html", ("<i>", None)),
        (
            [display(image_png=png("red"))],
            [display(image_png=png("blue"))],
            "image/png",
            ("4x4", "4x4, other 4x4 pixels at 0, 0, by up to 255 of 255"),
        ),
        ([display(image_png=png("red"))], [], "kind", ("display_data", None)),
        (
            [display(application_json={"a": 1})],
            [display(application_json={"a": 2})],
            "application/json, line 2",
            (' "a": 1', ' "a": 2'),
        ),
        ([display({"width": 1}, text_plain="x")], [display(text_plain="x")], "metadata", ("{", None)),
        ([error("x")], [error("y")], "error", ("ValueError: x", "ValueError: y")),
        ([error("x", "line 1")], [error("x", "line 2")], "traceback", ("line 1", "line 2")),
        ([result("1"), result("2")], [result("1"), result("3")], "text/plain of output 2", ("2", "3")),
        ([], None, "execution count", ("1", "not run")),
        ([out("a")], None, "execution count", ("1", "not run")),
    ],
)
def test_what_differs_is_named_with_both_sides(linear, pipeline, place, sides):
    first = found(linear, pipeline)[0]
    assert (first.place, first.kind) == (place, Kind.DIFFERENT)
    assert (first.linear, first.pipeline) == sides


@pytest.mark.parametrize(
    ("linear", "pipeline", "again", "kind"),
    [
        ([out("t 1\n")], [out("t 2\n")], [out("t 3\n")], Kind.EXCUSED),
        ([out("t 1\nx\n")], [out("t 2\ny\n")], [out("t 3\nx\n")], Kind.DIFFERENT),
        ([out("t 1\n"), result("a")], [out("t 2\n"), result("b")], [out("t 3\n"), result("a")], Kind.DIFFERENT),
        (
            [display(image_png=png("red"))],
            [display(image_png=png("blue"))],
            [display(image_png=png("lime"))],
            Kind.EXCUSED,
        ),
        (
            [display(image_png=png("red"))],
            [display(image_png=png("blue"))],
            [display(image_png=png("red", 0))],
            Kind.DIFFERENT,
        ),
        ([], [out("late\n")], [out("late\n")], Kind.EXCUSED),
        ([out("late\n")], [], [], Kind.EXCUSED),
        ([out("late\n")], [], [out("late\n")], Kind.DIFFERENT),
        (
            [display(text_html="<p id=1>")],
            [display(text_html="<p id=2>")],
            [display(text_html="<p id=3>")],
            Kind.EXCUSED,
        ),
    ],
)
def test_only_what_two_linear_runs_show_differently_is_excused(linear, pipeline, again, kind):
    assert found(linear, pipeline, again)[0].kind is kind


WARNING = "/lib/a.py:3: FutureWarning: old\n  a()\n"


@pytest.mark.parametrize(
    ("earlier", "linear", "pipeline", "kind"),
    [
        ([err(WARNING)], [], [err(WARNING)], Kind.SOFT),
        ([err(WARNING)], [out("x")], [out("x"), err(WARNING)], Kind.SOFT),
        ([], [], [err(WARNING)], Kind.DIFFERENT),
        ([err(WARNING)], [err(WARNING)], [], Kind.DIFFERENT),
        ([out(WARNING)], [], [err(WARNING)], Kind.DIFFERENT),
        ([err(WARNING)], [], [out(WARNING)], Kind.DIFFERENT),
        ([err(WARNING)], [out("a")], [out("b"), err(WARNING)], Kind.DIFFERENT),
    ],
)
def test_a_librarys_warning_repeated_in_a_new_kernel_is_soft(earlier, linear, pipeline, kind):
    differing = compare(executed(earlier, linear), executed(earlier, pipeline), plan(2))
    assert [(each.cell, each.kind) for each in differing] == [(2, kind)]


def test_a_cell_is_named_with_its_step_and_its_gravest_difference_first():
    linear, pipeline = (
        [[out("a")], [err(WARNING)], [result("1")]],
        [[out("a")], [err(WARNING)], [result("2"), err(WARNING)]],
    )
    (differing,) = compare(executed(*linear), executed(*pipeline), plan(3))
    assert differing == CellDifference(3, 3, "c3", "s3", Kind.DIFFERENT, differing.parts)
    assert [(each.part, each.kind) for each in differing.parts] == [
        ("text/plain", Kind.DIFFERENT),
        ("stderr", Kind.SOFT),
    ]


def slider(name: str, value: int, layout: str) -> tuple[list[Json], Json]:
    view = {"output_type": "display_data", "metadata": {}, "data": {}}
    view["data"] = {"application/vnd.jupyter.widget-view+json": {"model_id": name, "version_major": 2}}
    states = {
        name: {"model_name": "IntSliderModel", "state": {"value": value, "layout": f"IPY_MODEL_{layout}"}},
        layout: {"model_name": "LayoutModel", "state": {"owner": f"IPY_MODEL_{name}"}},
    }
    return [view], states


@pytest.mark.parametrize(("value", "equal"), [(3, True), (4, False)])
def test_widgets_are_compared_by_their_state_not_by_their_ids(value, equal):
    (one, first), (other, second) = slider("aa", 3, "bb"), slider("cc", value, "dd")
    assert (compare(executed(one, widgets=first), executed(other, widgets=second), plan(1)) == ()) is equal


def test_cells_that_take_no_part_are_not_compared():
    assert compare(executed([out("a")], [out("b")]), executed([out("a")], None), plan(1)) == ()
