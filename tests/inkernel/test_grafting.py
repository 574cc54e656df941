"""Variables that are read late share with those that were read early what they shared when both were written."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nb2ops.inkernel.aliases import Parted
from nb2ops.inkernel.grafting import graft
from nb2ops.inkernel.handover import write
from nb2ops.inkernel.pack import Pack

KEY = b"k" * 32
LARGE = 100_000
Written = tuple[Any, Any]


class Node:
    def __init__(self, *below: Any) -> None:
        self.below = list(below)


def read_late(path: Path, early: Any, late: Any, change: Callable[[Any], object] = id) -> tuple[Any, Any]:
    """Hand two variables over, read one, change it, then read the other; return both."""
    write(str(path), {"early": early, "late": late}, KEY)
    with Pack(str(path), KEY) as pack:
        here = pack.variables(["early"])
    change(here["early"])
    with Pack(str(path), KEY) as pack:
        found = pack.variables(["late"], beside=["early"])
    return here["early"], graft({"late": found["late"]}, {"early": found["early"]}, here)["late"]


def a_list_of_lists() -> Written:
    rows = [[1], [2, math.nan], {8, 0}]
    return rows, [*rows, {0, 8}]


def a_part() -> Written:
    rows = [[1], [2]]
    return rows[0], rows


def a_whole() -> Written:
    rows = [[1], [2]]
    return rows, rows[0]


def an_instance() -> Written:
    node = Node(1)
    return {"node": node}, [Node(node), node]


def a_method_of_a_list() -> Written:
    held: list[int] = []
    return held.append, lambda: held


def the_variable_of_two_closures() -> Written:
    count = 0

    def add() -> None:
        nonlocal count
        count += 1

    return add, lambda: count


def a_frame() -> Written:
    frame = pd.DataFrame({"x": range(3), "name": list("abc")})
    return frame, {"frame": frame}


def an_array() -> Written:
    array = np.arange(float(LARGE))
    return array, [array, 1]


def a_view_of_an_array() -> Written:
    array = np.arange(float(LARGE))
    return array, array[1:]


def what_a_view_is_part_of() -> Written:
    array = np.arange(float(LARGE))
    return array[::2], array


def two_views() -> Written:
    array = np.arange(float(LARGE)).reshape(-1, 10)
    return array.T[1:], [array[:, 1], array[:, 2]]


def a_small_view() -> Written:
    array = np.zeros(4)
    return array, array[1:]


def an_object_that_is_weakly_known() -> Written:
    node = Node(1)
    return [node], {"weak": weakref.ref(node), "node": node}


def an_index() -> Written:
    index = pd.Index(["a", "b"])
    return index, pd.Series([1, 2], index=index)


SHARED: list[tuple[Callable[[], Written], Callable[[Any, Any], bool]]] = [
    (a_list_of_lists, lambda early, late: all(x is y for x, y in zip(early, late, strict=False))),
    (a_list_of_lists, lambda _, late: [*map(list, late[2:])] == [[8, 0], [0, 8]]),
    (a_part, lambda early, late: late[0] is early and late[1] == [2]),
    (a_whole, lambda early, late: early[0] is late),
    (an_instance, lambda early, late: early["node"] is late[1] and late[0].below == [late[1]]),
    (a_method_of_a_list, lambda early, late: early(7) is None and late() == [7]),
    (the_variable_of_two_closures, lambda early, late: early() is None and late() == 1),
    (a_frame, lambda early, late: late["frame"] is early),
    (an_array, lambda early, late: late[0] is early),
    (a_view_of_an_array, lambda early, late: np.shares_memory(early[1:], late) and late[0] == 1),
    (what_a_view_is_part_of, lambda early, late: np.shares_memory(early[:1], late[:1]) and late[3] == 3),
    (two_views, lambda early, late: all(np.shares_memory(early[i], late[i]) and late[i][0] == i + 1 for i in (0, 1))),
    (a_small_view, lambda early, late: np.shares_memory(early, late)),
    (an_object_that_is_weakly_known, lambda early, late: late["weak"]() is late["node"] is early[0]),
    (an_index, lambda early, late: late.index is early),
]


@pytest.mark.parametrize(("make", "hold"), SHARED, ids=[row[0].__name__ for row in SHARED])
def test_what_was_shared_is_shared(tmp_path: Path, make: Callable[[], Written], hold: Callable[..., bool]) -> None:
    assert hold(*read_late(tmp_path / "pack", *make()))


def test_what_shares_nothing_is_left_as_it_came(tmp_path: Path) -> None:
    early, late = read_late(tmp_path / "pack", np.arange(float(LARGE)), np.ones(LARGE))
    assert (early.sum(), late.sum()) == (LARGE * (LARGE - 1) / 2, LARGE)


def test_a_text_that_two_variables_are_stays_one(tmp_path: Path) -> None:
    text, rows = "not in the source: " + "x" * 9, [1]
    path = str(tmp_path / "pack")
    write(path, {"rows": rows, "text": text, "same": text, "holder": [rows]}, KEY)
    with Pack(path, KEY) as pack:
        here = pack.variables(["rows"])
    with Pack(path, KEY) as pack:
        found = pack.variables(["text", "same", "holder"], beside=["rows"])
    double = {"rows": found.pop("rows")}
    grafted = graft(found, double, here)
    assert grafted["text"] is grafted["same"]
    assert grafted["holder"][0] is here["rows"]


@pytest.mark.parametrize(
    ("make", "change"),
    [(a_list_of_lists, lambda rows: rows[0].append(3)), (what_a_view_is_part_of, lambda array: array.base.fill(7))],
    ids=["an object", "memory of an array"],
)
def test_what_was_changed_since_is_not_guessed(
    tmp_path: Path, make: Callable[[], Written], change: Callable[[Any], object]
) -> None:
    with pytest.raises(Parted, match=r'"late" shares objects with "early".*Give both steps one name'):
        read_late(tmp_path / "pack", *make(), change)
