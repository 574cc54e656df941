"""Metrics: the scalars that a `metrics` cell leaves behind."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from math import isfinite, isnan
from typing import Any, Union

Scalar = Union[bool, int, float, str]  # noqa: UP007 - evaluated, and Python 3.9 knows no other way

LONGEST_TEXT = 1000


def read_metrics(names: Iterable[str], namespace: Mapping[str, Any], cell_id: str) -> list[dict[str, Any]]:
    """Return those names that hold a scalar, as the report has them.

    JSON knows no NaN and no infinity: such a number has the text "NaN", "Infinity" or "-Infinity" as its value
    and stays of kind "number". Text is cut after 1,000 characters.

    Example:
        >>> read_metrics(["auc", "model"], {"auc": 0.5, "model": object()}, "c1")
        [{'name': 'auc', 'value': 0.5, 'kind': 'number', 'cell_id': 'c1'}]
    """
    scalars = ((name, scalar(namespace.get(name))) for name in names)
    return [
        {"name": name, "value": _json(value), "kind": _kind(value), "cell_id": cell_id}
        for name, value in scalars
        if value is not None
    ]


def scalar(value: Any) -> Scalar | None:
    """Return a plain bool, int, float or str for one of these or numpy's, None for anything else."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        value = value.item()
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None


def _kind(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _json(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"
    if isinstance(value, int) or isfinite(value):
        return value
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
