"""Which steps belong into one kernel, as a table: steps with what they load, what cannot leave, the groups."""

from __future__ import annotations

import pytest

from nb2ops.joining import describe, join_steps, run_order
from nb2ops.model import Edge, Step

WHY = "is an open file"


def steps(**loads: str) -> list[Step]:
    """Steps by name: `c="f:a g:b ~settings:s"` loads f from a and g from b and goes on with the settings of s; `*`
    takes and hands over everything."""
    return [_step(name, text.split()) for name, text in loads.items()]


def _step(name: str, words: list[str]) -> Step:
    pairs = [word.split(":") for word in words if word != "*"]
    taken = {variable: source for variable, source in pairs if not variable.startswith("~")}
    states = {variable[1:]: source for variable, source in pairs if variable.startswith("~")}
    return Step(name, (), loads=taken, restores=states, everything="*" in words)


GROUPS = [
    ("nothing stays", steps(a="", b="f:a"), [], []),
    ("what stays and nobody needs", steps(a="", b="x:a"), ["a.f"], []),
    ("a chain", steps(a="", b="f:a", c="f:b"), ["a.f", "b.f"], ["abc"]),
    ("others stay by themselves", steps(a="", b="x:a", c="f:a", d="x:b"), ["a.f"], ["ac"]),
    ("two that meet", steps(a="", b="", c="f:a g:b"), ["a.f", "b.g"], ["abc"]),
    ("two that do not", steps(a="", b="", c="f:a", d="g:b"), ["a.f", "b.g"], ["ac", "bd"]),
    ("settings made between", steps(a="", s="", c="f:a ~settings:s"), ["a.f"], ["asc"]),
    ("settings made before", steps(s="", a="", c="f:a ~settings:s"), ["a.f"], ["ac"]),
    ("numbers drawn between", steps(a="", s="", c="f:a ~random:s"), ["a.f"], ["ac"]),
    ("settings twice", steps(a="", r="", s="~settings:r", c="f:a ~settings:s"), ["a.f"], ["arsc"]),
    ("opaque steps take what nobody names", steps(a="*", b="", c="*"), ["a.hidden"], ["ac"]),
    ("opaque steps take it from opaque ones only", steps(a="", b="*"), ["a.f"], []),
]  # fmt: skip


@pytest.mark.parametrize(("found", "staying", "groups"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS])
def test_groups(found: list[Step], staying: list[str], groups: list[str]) -> None:
    kept = {tuple(each.split(".")): WHY for each in staying}
    joined = join_steps(run_order(found), kept)
    assert ["".join(step.name for step in group) for group in joined] == groups


ORDERS = [
    ("notebook order", steps(a="", b="", c="x:a"), [], "abc"),
    ("a step after one that stands below it", steps(a="x:b", b="", c=""), [], "bac"),
    ("stated order", steps(a="", b="", c=""), [("c", "a")], "bca"),
]


@pytest.mark.parametrize(("found", "edges", "order"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_order(found: list[Step], edges: list[tuple[str, str]], order: str) -> None:
    assert "".join(step.name for step in run_order(found, [Edge(*pair, ()) for pair in edges])) == order


def test_reasons_name_who_made_a_variable_not_who_passed_it_on() -> None:
    group = steps(b="", a="g:b", c="g:a f:a")
    joined = describe(group, {("a", "f"): WHY, ("a", "g"): "is a generator", ("b", "g"): "is a generator"})
    assert joined.steps == ("b", "a", "c")
    assert [each.text for each in joined.reasons] == [
        '"g" of step "b" is a generator',
        '"f" of step "a" is an open file',
    ]
