"""Values that share an object are told from values that only look alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nb2ops.inkernel.aliases import sharing

ROWS: list[Any] = [1, [2]]
ARRAY = np.zeros(4)
MEMORY = memoryview(bytearray(8))


def make_pair() -> tuple[Any, Any]:
    count = 0

    def add() -> None:
        nonlocal count
        count += 1

    return add, lambda: count


ADD, READ = make_pair()


class Thing:
    """A class, which is one object however its instances came."""


SHARED = [
    ("one list", ROWS, ROWS),
    ("a part", ROWS[1], ROWS),
    ("an attribute", ROWS, type("Holder", (), {})().__dict__ | {"rows": ROWS}),
    ("a view of an array", ARRAY, ARRAY[1:]),
    ("the variable of two closures", ADD, READ),
    ("a method of a list", ROWS.append, ROWS),
    ("one default", lambda x=ROWS: x, ROWS),
]
APART = [
    ("equal lists", [1], [1]),
    ("numbers and text", [1, "text", None], [1, "text", None]),
    ("modules", np, {"np": np}),
    ("functions of one namespace", make_pair, lambda: ROWS),
    ("functions and class methods of Python's own", [len, dict.fromkeys], {"length": len, "make": dict.fromkeys}),
    ("objects of one class", Thing(), Thing()),
    ("empty tuples", (), [()]),
    ("parts of one file that is mapped", MEMORY[:4], MEMORY[4:]),
]


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in SHARED], ids=[row[0] for row in SHARED])
def test_what_is_shared_is_found(one: Any, other: Any) -> None:
    assert sharing({"apart": [], "late": one}, {"apart": [], "early": other}) == ("late", "early")


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in APART], ids=[row[0] for row in APART])
def test_what_is_not_shared_is_not_found(one: Any, other: Any) -> None:
    assert sharing({"late": one}, {"early": other}) is None


def test_what_is_behind_an_end_does_not_count() -> None:
    held = [ROWS]
    assert sharing({"late": [held]}, {"early": ROWS}, ends={id(held)}) is None
