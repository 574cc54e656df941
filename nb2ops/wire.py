"""The model's values as JSON and back; pydantic checks what comes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from nb2ops.errors import UsageError
from nb2ops.model import Json, Pipeline

PIPELINE_SCHEMA = "pipeline/1"
T = TypeVar("T")


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def encode(value: Any) -> Any:
    """Return a value of the model as JSON data.

    Example:
        >>> from nb2ops.model import Schedule
        >>> encode(Schedule(cron="0 6 * * *"))["cron"]
        '0 6 * * *'
    """
    return _adapter(type(value)).dump_python(value, mode="json")


def decode(kind: type[T], data: Any) -> T:
    """Return the value of the model that JSON data stand for.

    Raises:
        pydantic.ValidationError: the data do not fit.
    """
    checked: T = _adapter(kind).validate_python(data)
    return checked


def pipeline_json(pipeline: Pipeline, version: str) -> Json:
    """Return the content of `pipeline.json`; `version` is the version of nb2ops that wrote it."""
    return {"schema": PIPELINE_SCHEMA, "nb2ops": version, **encode(pipeline)}


def read_pipeline(bundle: Path) -> Pipeline:
    """Return the pipeline of a bundle folder.

    Raises:
        UsageError: the folder is not a bundle, or a newer nb2ops wrote it.
    """
    path = bundle / "pipeline.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        schema = data.pop("schema", None)
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{bundle}: not a bundle of nb2ops ({error}). Build one with `nb2ops build`.") from error
    if schema != PIPELINE_SCHEMA:
        raise UsageError(f"{path}: schema {schema!r}; this nb2ops reads {PIPELINE_SCHEMA!r}. Build the bundle again.")
    data.pop("nb2ops", None)
    try:
        return decode(Pipeline, data)
    except ValidationError as error:
        raise UsageError(f"{path}: damaged: {error}") from error
