"""Types of parameters, and values given for them: checked and converted by pydantic."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from math import isfinite, isnan
from pathlib import Path
from typing import Any, Literal, Optional, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from nb2ops.errors import UsageError
from nb2ops.model import Json, Parameter

TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "dict": dict,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "bytes": bytes,
    "complex": complex,
    "date": date,
    "datetime": datetime,
    "time": time,
    "timedelta": timedelta,
    "Decimal": Decimal,
    "Path": Path,
    "Any": Any,
    "None": None,
    "List": list,
    "Dict": dict,
    "Tuple": tuple,
    "Set": set,
    "Optional": Optional,
    "Union": Union,
    "Literal": Literal,
}


def python_type(annotation: str) -> Any:
    """Return the type that an annotation of the grammar stands for.

    Raises:
        ValueError: the annotation is not one that a parameter can have.

    Example:
        >>> python_type("Optional[int]")
        typing.Optional[int]
    """
    return _resolve(ast.parse(annotation, mode="eval").body)


@dataclass(frozen=True, slots=True)
class Field:
    """The field of a form that fits a type.

    Attributes:
        kind: "integer", "number", "boolean", "text", "date", "datetime", "time", "choice", or "json" for all else.
        optional: whether None fits.
        choices: the values of a `Literal`, None for other types.
    """

    kind: str = "json"
    optional: bool = False
    choices: tuple[Any, ...] | None = None


_KINDS = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "text",
    Path: "text",
    date: "date",
    datetime: "datetime",
    time: "time",
}


def field_of(annotation: str) -> Field:
    """Return the field of a form that fits an annotation; one that is not known is written as JSON.

    Example:
        >>> field_of("Optional[Literal['a', 'b']]")
        Field(kind='choice', optional=True, choices=('a', 'b'))
    """
    try:
        found = python_type(annotation)
    except (ValueError, SyntaxError):
        return Field()
    members = get_args(found) if get_origin(found) is Union else (found,)
    types = [each for each in members if each not in (None, type(None))]
    optional = len(types) < len(members)
    if len(types) != 1:
        return Field(optional=optional)
    if get_origin(types[0]) is Literal:
        return Field("choice", optional, get_args(types[0]))
    return Field(_KINDS.get(types[0], "json"), optional)


def _resolve(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in TYPES:
            return TYPES[name]
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):
            return python_type(text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return Union[_resolve(left), _resolve(right)]  # noqa: UP007  made at run time
        case ast.Subscript(value=value, slice=inner):
            return _subscript(_resolve(value), inner.elts if isinstance(inner, ast.Tuple) else [inner])
    raise ValueError(f"{ast.unparse(node)} is not a type that a parameter can have")


def _subscript(generic: Any, arguments: list[ast.expr]) -> Any:
    if generic is Literal:
        return Literal[tuple(ast.literal_eval(each) for each in arguments)]
    inner = tuple(... if isinstance(each, ast.Constant) and each.value is ... else _resolve(each) for each in arguments)
    return generic[inner if len(inner) > 1 else inner[0]]


def jsonable(value: Any) -> Any:
    """Return a value as JSON holds it: dates and paths as text, sets as lists, NaN and infinity as text."""
    return _finite(to_jsonable_python(value, fallback=repr))


def _finite(value: Any) -> Any:
    match value:
        case float() if not isfinite(value):
            return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case list():
            return [_finite(each) for each in value]
        case dict():
            return {key: _finite(each) for key, each in value.items()}
    return value


def misfit(annotation: str, value: Any) -> str | None:
    """Return why a value does not fit an annotation, None where it does.

    Raises:
        ValueError: the annotation is not one that a parameter can have.
    """
    try:
        TypeAdapter(python_type(annotation)).validate_python(value)
    except ValidationError as error:
        return _reason(error)
    return None


def _reason(error: ValidationError) -> str:
    message = error.errors(include_url=False, include_context=False)[0]["msg"]
    return message[0].lower() + message[1:]


def _adapter(parameter: Parameter) -> TypeAdapter[Any]:
    """Return what checks values of a parameter: anything fits a type that is not known here."""
    try:
        return TypeAdapter(python_type(parameter.type))
    except (ValueError, SyntaxError):
        return TypeAdapter(Any)


def typed(parameter: Parameter, value: Any) -> Any:
    """Return the Python value that JSON stands for, by the parameter's type.

    Raises:
        UsageError: it does not fit.

    Example:
        >>> typed(Parameter("day", "date", "date(2024, 1, 1)"), "2024-02-01")
        datetime.date(2024, 2, 1)
    """
    try:
        return _adapter(parameter).validate_python(value)
    except ValidationError as error:
        raise UsageError(_misfit(parameter, value, error)) from error


def convert(parameters: Iterable[Parameter], given: Mapping[str, Any], *, texts: frozenset[str] = frozenset()) -> Json:
    """Return values for parameters as JSON, converted by their types.

    Args:
        parameters: what the notebook declares.
        given: name -> value.
        texts: names whose value came as text from the command line.

    Raises:
        UsageError: a name is unknown or a value does not fit; all of them in one message, and each in `fields`.

    Example:
        >>> convert([Parameter("rate", "float", "0.5", 0.5)], {"rate": "1e-3"}, texts=frozenset({"rate"}))
        {'rate': 0.001}
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: Json = {}
    mistakes: dict[str, str] = {}
    for name, value in given.items():
        if name not in known:
            mistakes[name] = _unknown(name, known)
            continue
        try:
            values[name] = _convert(known[name], value, is_text=name in texts)
        except (ValidationError, ValueError) as error:
            mistakes[name] = _misfit(known[name], value, error)
    if mistakes:
        fields = {f"parameters.{name}": mistake for name, mistake in mistakes.items()}
        raise UsageError("\n".join(mistakes.values()), fields=fields)
    return values


def _convert(parameter: Parameter, value: Any, *, is_text: bool) -> Any:
    checker = _adapter(parameter)
    if not is_text:
        return jsonable(checker.validate_python(value))
    for candidate in _readings(parameter, value)[:-1]:
        try:
            return jsonable(checker.validate_python(candidate))
        except ValidationError:
            continue
    return jsonable(checker.validate_python(_readings(parameter, value)[-1]))


def _readings(parameter: Parameter, text: str) -> list[Any]:
    """Return what a text of the command line may mean, the likeliest first; the last one makes the message."""
    parsed = _parse_text(text)
    if parsed is None:
        return [text] if parameter.type == "str" else [None, text]
    return [parsed, text] if _adapter(parameter).core_schema["type"] == "any" else [text, parsed, text]


def _parse_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _unknown(name: str, known: Mapping[str, Parameter]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f'"{name}" is not a parameter of this notebook. Did you mean "{near[0]}"?'
    listed = ", ".join(known) or "none: tag a cell `parameters`"
    return f'"{name}" is not a parameter of this notebook. It has: {listed}.'


def _misfit(parameter: Parameter, value: Any, error: Exception) -> str:
    reason = _reason(error) if isinstance(error, ValidationError) else str(error)
    implied = "" if parameter.annotated else f" (its default is {parameter.default}; annotate it to allow others)"
    return f'"{parameter.name}" is {parameter.type}{implied}: {value!r} does not fit: {reason}.'
