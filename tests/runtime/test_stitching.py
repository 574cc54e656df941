"""The executed notebook, made of JSON alone."""

from __future__ import annotations

from typing import Any

import pytest

from nb2ops.model import Json, Pipeline, Role, Step, StepCell
from nb2ops.runtime.stitching import stitch

WIDGETS = "application/vnd.jupyter.widget-state+json"
NOTES = {"start_time": "t", "status": "completed"}


def source(name: str, **more: Any) -> Json:
    return {"cell_type": "code", "id": name, "metadata": {"tags": [name]}, "source": [name], **more}


def executed(name: str, count: int, *, tags: tuple[str, ...] = (), notes: Json = NOTES) -> Json:
    metadata = {"papermill": notes, "execution": {"x": "y"}, "tags": list(tags)}
    return {**source(name), "metadata": metadata, "execution_count": count, "outputs": [{"text": [name]}]}


def notebook(cells: list[Json], **metadata: Any) -> Json:
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def step(name: str, *cells: tuple[int, str]) -> Step:
    return Step(name, tuple(StepCell(index, index, cell, Role.STEP) for index, cell in cells))


PIPELINE = Pipeline(
    "nb", "", "", "nb.ipynb", "python", None, "d", (), (step("p", (1, "c1")), step("q", (2, "c2"), (3, "c3"))), ()
)
SOURCE = notebook(
    [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# T"}, *map(source, ("c1", "c2", "c3"))],
    kernelspec={"name": "python3"},
    title="kept",
)


def widgets(*models: str) -> Json:
    return {WIDGETS: {"state": {model: {} for model in models}, "version_major": 2, "version_minor": 0}}


def test_outputs_counts_and_notes_are_put_in_and_the_injected_cell_in_its_place() -> None:
    injected = executed("i", 2, tags=("injected-parameters",))
    first = notebook([executed("c1", 1), injected], papermill={"start_time": "1", "parameters": {"x": 1}})
    second = notebook([executed("c2", 3), executed("c3", 4, notes={"start_time": None})], widgets=widgets("w"))
    found = stitch(SOURCE, PIPELINE, [first, second])
    assert [cell["id"] for cell in found["cells"]] == ["m", "c1", "i", "c2", "c3"]
    assert [cell.get("execution_count") for cell in found["cells"]] == [None, 1, 2, 3, None]
    assert found["cells"][1]["metadata"] == {"tags": ["c1"], "papermill": NOTES, "execution": {"x": "y"}}
    assert found["cells"][4] == SOURCE["cells"][3]  # it has not run, whatever papermill's status says
    assert found["metadata"]["title"] == "kept"
    assert found["metadata"]["papermill"]["parameters"] == {"x": 1}


def test_the_widgets_of_all_kernels_are_kept() -> None:
    steps = [notebook([executed(cell, 1)], widgets=widgets(*models)) for cell, models in (("c1", "ab"), ("c2", "c"))]
    assert set(stitch(SOURCE, PIPELINE, steps)["metadata"]["widgets"][WIDGETS]["state"]) == {"a", "b", "c"}


def test_without_any_step_it_is_the_source() -> None:
    assert stitch(SOURCE, PIPELINE, []) == SOURCE


def shown(text: str) -> Json:
    return {"data": {"text/plain": text}, "metadata": {}}


def displaying(*notes: tuple[list[Any], dict[str, str]]) -> list[str]:
    """What cells c1 to c3, each of a step that shows and rewrites as noted, show in the executed notebook."""
    steps = []
    for number, (places, rewritten) in enumerate(notes, 1):
        cell = {**executed(f"c{number}", number), "outputs": [{"output_type": "display_data", **shown(f"c{number}")}]}
        told = {"shown": places, "rewritten": {name: shown(text) for name, text in rewritten.items()}}
        steps.append(notebook([cell], nb2ops_displays=told))
    cells = stitch(SOURCE, PIPELINE, steps)["cells"]
    return [output["data"]["text/plain"] for cell in cells for output in cell.get("outputs", ())]


FIRST, THIRD = [["d", "c1", 0]], [["d", "c3", 0]]
# what each step shows and rewrites, what its cell shows at last
DISPLAYS = {
    "nobody": ([(FIRST, {"d": "c1"}), ([], {}), ([], {})], ["c1", "c2", "c3"]),
    "a later step": ([(FIRST, {"d": "c1"}), ([], {"d": "new"}), ([], {})], ["new", "c2", "c3"]),
    "two": ([(FIRST, {"d": "c1"}), ([], {"d": "new"}), ([], {"d": "newest"})], ["newest", "c2", "c3"]),
    "an earlier step": ([([], {"d": "old"}), ([], {}), (THIRD, {"d": "c3"})], ["c1", "c2", "c3"]),
    "one that shows it too": ([(FIRST, {"d": "c1"}), ([], {}), (THIRD, {"d": "c3"})], ["c3", "c2", "c3"]),
    "another display": ([(FIRST, {"d": "c1"}), ([], {"e": "new"}), ([], {})], ["c1", "c2", "c3"]),
}


@pytest.mark.parametrize(("notes", "texts"), DISPLAYS.values(), ids=DISPLAYS)
def test_a_display_is_rewritten_by(notes: list[Any], texts: list[str]) -> None:
    assert displaying(*notes) == texts
