"""Values that share an object are told from values that only look alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nb2ops.inkernel.aliases import Parted, check_together

ROWS: list[Any] = [1, [2]]
ARRAY = np.zeros(4)


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
    ("one default", lambda x=ROWS: x, ROWS),
]
APART = [
    ("equal lists", [1], [1]),
    ("numbers and text", [1, "text", None], [1, "text", None]),
    ("modules", np, {"np": np}),
    ("functions of one namespace", make_pair, lambda: ROWS),
    ("objects of one class", Thing(), Thing()),
    ("empty tuples", (), [()]),
]


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in SHARED], ids=[row[0] for row in SHARED])
def test_what_is_shared_may_not_be_parted(one: Any, other: Any) -> None:
    with pytest.raises(Parted, match='"late" shares objects with "early"'):
        check_together({"late": one}, {"early": other})


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in APART], ids=[row[0] for row in APART])
def test_what_is_not_shared_may_arrive_later(one: Any, other: Any) -> None:
    check_together({"late": one}, {"early": other})
