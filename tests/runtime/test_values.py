"""Parameter values: from JSON to the declared type, and to Python source."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Parameter
from nb2ops.parameter_types import typed
from nb2ops.runtime.engine import TypedTranslator

# annotation, JSON -> value, source
VALUES = [
    ("int", 3, 3, "3"),
    ("float", 1, 1.0, "1.0"),
    ("float", "inf", math.inf, "float('inf')"),
    ("str", 'a "b"\n', 'a "b"\n', '"a \\"b\\"\\n"'),
    ("str", "202402144809161001040", "202402144809161001040", '"202402144809161001040"'),
    ("bool", True, True, "True"),
    ("list", [1, None, "x"], [1, None, "x"], '[1, None, "x"]'),
    ("dict", {"a": {"b": [1]}}, {"a": {"b": [1]}}, '{"a": {"b": [1]}}'),
    ("dict[int, float]", {"1": 2}, {1: 2.0}, "{1: 2.0}"),
    ("date", "2024-01-02", date(2024, 1, 2), '__import__("datetime").date(2024, 1, 2)'),
    ("datetime.date", "2024-01-02", date(2024, 1, 2), '__import__("datetime").date(2024, 1, 2)'),
    (
        "datetime",
        "2024-01-02T03:00:00Z",
        datetime(2024, 1, 2, 3, tzinfo=UTC),
        '__import__("datetime").datetime(2024, 1, 2, 3, 0, tzinfo=__import__("datetime").timezone.utc)',
    ),
    ("time", "03:04", time(3, 4), '__import__("datetime").time(3, 4)'),
    ("timedelta", "PT90S", timedelta(seconds=90), '__import__("datetime").timedelta(seconds=90)'),
    ("Path", "data/x y.csv", Path("data/x y.csv"), '__import__("pathlib").Path("data/x y.csv")'),
    ("Decimal", "1.10", Decimal("1.10"), '__import__("decimal").Decimal("1.10")'),
    ("tuple", [1], (1,), "(1,)"),
    ("tuple[int, str]", [1, "a"], (1, "a"), '(1, "a")'),
    ("tuple[date, ...]", ["2024-01-02"], (date(2024, 1, 2),), '(__import__("datetime").date(2024, 1, 2),)'),
    ("set[str]", ["b", "a"], {"a", "b"}, '{"a", "b"}'),
    ("set", [], set(), "set()"),
    ("frozenset", [1], frozenset({1}), "frozenset({1})"),
    ("bytes", "hi", b"hi", "b'hi'"),
    ("Optional[date]", None, None, "None"),
    ("date | None", "2024-01-02", date(2024, 1, 2), '__import__("datetime").date(2024, 1, 2)'),
    ("Literal['a', 'b']", "a", "a", '"a"'),
    ('"Path"', "x", Path("x"), '__import__("pathlib").Path("x")'),
    ("np.float64", 1.5, 1.5, "1.5"),
    ("list[Whatever]", [1], [1], "[1]"),
    ("not python", [1], [1], "[1]"),
]


@pytest.mark.parametrize(("annotation", "given", "value", "source"), VALUES)
def test_a_value_and_its_source(annotation: str, given: Any, value: Any, source: str) -> None:
    found = typed(Parameter("p", annotation, ""), given)
    assert (type(found), found) == (type(value), value)
    translated = TypedTranslator.translate(found)
    assert translated == source
    assert eval(translated) == value


# annotation, JSON that does not fit
MISFITS = [("int", "many"), ("float", "x"), ("date", "tomorrow"), ("Literal['a']", "b"), ("list[int]", [1, "x"])]


@pytest.mark.parametrize(("annotation", "given"), MISFITS)
def test_a_value_that_does_not_fit(annotation: str, given: Any) -> None:
    with pytest.raises(UsageError, match='"p" is'):
        typed(Parameter("p", annotation, ""), given)
