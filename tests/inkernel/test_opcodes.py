"""Sets are told from bytes that look like them."""

from __future__ import annotations

import datetime
import decimal
import random

import pytest

from nb2ops.inkernel.pickling import Pickler, Sink

DRAW = random.Random(0)

WITHOUT = {
    "nothing": None,
    "an empty set": [set()],
    "bytes like a frozen set": b"\x91\x94" * 100,
    "bytes like a set": b"\x8f\x94(" * 100,
    "much data like both": b"\x91\x94\x8f\x94(" * 20_000,
    "an array like both": bytearray(b"\x91\x94\x8f\x94(" * 20_000),
    "text like a frozen set": "\x91\x94" * 100,
    "much text": "\x91\x94é" * 50_000,
    "numbers": [number * 37 for number in range(100_000)],
    "fractions": [DRAW.random() for _ in range(100_000)],
    "large numbers": [-(10**400), 10**4000, 0x9491],
    "data of every size": [DRAW.randbytes(size) for size in range(600)],
    "texts of every size": [chr(0x91) * size for size in range(300)],
    "plain values": [1.5, None, True, False, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {"a": [1]}, {}],
    "objects": [decimal.Decimal("1.5"), datetime.datetime(2026, 1, 1), range(3), slice(1), complex(1), len],
    "references": [[first := ["a"], first] for _ in range(70_000)],
}


def has_set(value: object) -> bool:
    sink = Sink(None)
    Pickler(sink).dump(value)
    return sink.sets


@pytest.mark.parametrize("value", WITHOUT.values(), ids=WITHOUT)
def test_values_without_a_set(value: object) -> None:
    assert not has_set(value)


@pytest.mark.parametrize("value", WITHOUT.values(), ids=WITHOUT)
@pytest.mark.parametrize("found", [{1}, frozenset({1})], ids=["set", "frozen set"])
def test_a_set_among_them_is_seen(value: object, found: object) -> None:
    assert has_set([value, found])
    assert has_set([found, value])
