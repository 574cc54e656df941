"""Tags to roles and modifiers."""

from __future__ import annotations

import pytest

from nb2ops.compiler.tags import duration, read_tags, size
from nb2ops.model import Cell, Modifiers, Notebook, Role


def read(*tags: str, kind: str = "code"):
    cell = Cell(0, "a", kind, "x = 1", tags, number=1 if kind == "code" else None)
    cells, problems = read_tags(Notebook("nb", (cell,)))
    return (cells[0] if cells else None), problems


@pytest.mark.parametrize(
    ("tag", "role", "step"),
    [
        ("parameters", Role.PARAMETERS, None),
        ("imports", Role.SETUP, None),
        ("functions", Role.SETUP, None),
        ("setup", Role.SETUP, None),
        ("step:setup", Role.SETUP, None),
        ("step:load", Role.STEP, "load"),
        ("step:2-b_C", Role.STEP, "2-b_C"),
        ("skip", Role.SKIP, None),
        ("metrics", Role.METRICS, None),
        ("gate", Role.GATE, None),
        ("hide-input", Role.CONTINUES, None),
        ("raises-exception", Role.CONTINUES, None),
        ("block:load", Role.STEP, "load"),
        ("pipeline-parameters", Role.PARAMETERS, None),
        ("pipeline-metrics", Role.METRICS, None),
    ],
)
def test_roles_of_ours_and_of_kale_are_read_and_others_left_alone(tag, role, step):
    cell, problems = read(tag)
    assert (cell.role, cell.step, problems) == (role, step, [])


@pytest.mark.parametrize(
    ("tags", "modifiers"),
    [
        (["after:load"], Modifiers(after=("load",))),
        (["prev:load", "prev:split"], Modifiers(after=("load", "split"))),
        (["retries:3", "retry-delay:1.5m"], Modifiers(retries=3, retry_delay=90.0)),
        (["timeout:2h", "memory:4G"], Modifiers(timeout=7200.0, memory=4 * 2**30)),
        (["cache:off"], Modifiers(cache=False)),
        (["keeps:df", "keeps:random"], Modifiers(keeps=("df", "random"))),
    ],
)
def test_modifiers_are_read_beside_a_role(tags, modifiers):
    cell, problems = read("step:fit", *tags)
    assert (cell.modifiers, problems) == (modifiers, [])


@pytest.mark.parametrize(
    ("tags", "code", "severity", "hint"),
    [
        (["step:a", "gate"], "NB201", "error", "one role per cell"),
        (["step:a", "step:b"], "NB201", "error", "one role per cell"),
        (["step:"], "NB202", "error", "letters"),
        (["step:my step"], "NB202", "error", "letters"),
        (["step:../x"], "NB202", "error", "letters"),
        (["retries:\u00b2"], "NB203", "error", "retries:3"),
        (["retries:many"], "NB203", "error", "retries:3"),
        (["timeout:10"], "NB203", "error", "timeout:10m"),
        (["timeout:0s"], "NB203", "error", "timeout:10m"),
        (["memory:lots"], "NB203", "error", "memory:4G"),
        (["cache:on"], "NB203", "error", "cache:off"),
        (["keeps:a b"], "NB203", "error", "keeps:df"),
        (["stp:load"], "NB204", "warning", "step:load"),
        (["setps:load"], "NB204", "warning", "step:load"),
        (["step"], "NB204", "warning", "step:NAME"),
        (["Parameters"], "NB204", "warning", "parameters"),
        (["paramters"], "NB204", "warning", "parameters"),
        (["metric"], "NB204", "warning", "metrics"),
        (["gates"], "NB204", "warning", "gate"),
        (["image:python"], "NB205", "notice", None),
        (["limit:gpu:1"], "NB205", "notice", None),
    ],
)
def test_what_is_wrong_with_tags_is_a_problem_with_a_remedy(tags, code, severity, hint):
    _, (problem,) = read(*tags)
    assert (problem.code, problem.severity.value, problem.cell) == (code, severity, 1)
    assert hint is None or hint in problem.hint


@pytest.mark.parametrize(
    "tag", ["remove-cell", "hide-output", "nbval-skip", "slideshow", "test", "model", "label", "note:x"]
)
def test_tags_of_other_tools_are_no_near_misses(tag):
    assert read(tag)[1] == []


def test_a_tag_of_ours_on_text_is_a_warning():
    _, (problem,) = read("step:load", kind="markdown")
    assert (problem.code, problem.severity.value) == ("NB206", "warning")


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("1.5m", 90), ("2h", 7200), ("1d", 86400), ("5", None), ("s", None)]
)
def test_durations(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "amount"), [("1K", 1024), ("1.5M", 1572864), ("4GiB", 2**32), ("1T", 2**40), ("4", None)]
)
def test_sizes(text, amount):
    assert size(text) == amount
