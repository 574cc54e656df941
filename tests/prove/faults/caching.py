"""Faults of the cache: an earlier result stands in where something on which it depends has changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nb2ops.inkernel import contents
from nb2ops.runtime.caching import conditions, key, reuse
from tests.prove.faults.seeding import Fault, gives


def _alone(found: dict[str, Any]) -> Iterator[list[str]]:
    yield from ([name] for name in found)


CACHING = (
    Fault("cache: inputs", key, "_inputs", gives(())),
    Fault("cache: files and modules", conditions, "changed", gives(None)),
    Fault("cache: the code of cells", key, "read_sources", lambda sound: lambda path: dict.fromkeys(sound(path), "")),
    Fault("cache: variables that share an object", contents, "_groups", lambda _: _alone),
    Fault("cache: doubts", reuse.Reuse, "_doubts", gives(())),
)
