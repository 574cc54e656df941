"""Whether what the server makes has the shape of an example that the sidebar is tested with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def unlike(example: Any, served: Any) -> list[str]:
    """Return where the shapes part: other keys, or other kinds of values. Null stands for anything."""
    return list(_unlike(example, served, "$"))


def _unlike(example: Any, served: Any, place: str) -> Iterator[str]:
    if example is None or served is None or place.rpartition(".")[2] in FREE:
        return
    if isinstance(example, dict) and isinstance(served, dict):
        if place.endswith(".parameters"):
            return
        for name in example.keys() ^ served.keys():
            yield f"{place}.{name}: only {'expected' if name in example else 'served'}"
        for name in example.keys() & served.keys():
            yield from _unlike(example[name], served[name], f"{place}.{name}")
    elif isinstance(example, list) and isinstance(served, list):
        for each in served if example else []:
            yield from _unlike(example[0], each, f"{place}[]")
    elif _kind(example) is not _kind(served):
        yield f"{place}: {type(served).__name__} instead of {type(example).__name__}"


def _kind(value: Any) -> type:
    """JSON has one kind of numbers."""
    return float if type(value) is int else type(value)


FREE = {"loads", "restores", "staying", "parameters{}", "value", "values", "fields", "outputs", "notifications"}
"""What holds names of the user's, or any JSON."""
