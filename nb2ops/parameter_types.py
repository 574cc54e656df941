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
from typing import Annotated, Any, Literal, Optional, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from nb2ops.errors import UsageError
from nb2ops.model import Json, Parameter
from nb2ops.ranges import in_words, limits, ranged, unwrapped

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
    "Annotated": Annotated,
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


def said(annotation: str) -> str:
    """Return an annotation as people say it; one that is not known as it was written.

    Example:
        >>> said("Annotated[int, Ge(1), Le(10)]")
        'int, from 1 to 10'
    """
    try:
        python_type(annotation)
        return in_words(ast.parse(annotation, mode="eval").body)
    except (ValueError, SyntaxError):
        return annotation


@dataclass(frozen=True, slots=True)
class Field:
    """The field of a form that fits a type.

    Attributes:
        kind: "integer", "number", "boolean", "text", "date", "datetime", "time", "choice", or "json" for all else.
        optional: whether None fits.
        choices: the values of a `Literal`, None for other types.
        minimum, maximum: the lowest and the highest value as JSON, None where there is none; a bound that is itself
            not allowed is one of them too, except for whole numbers.
        words: the type as people say it, with its range.
    """

    kind: str = "json"
    optional: bool = False
    choices: tuple[Any, ...] | None = None
    minimum: Any = None
    maximum: Any = None
    words: str = ""


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
        >>> field_of("Optional[Literal['a', 'b']]").choices
        ('a', 'b')
        >>> field_of("Annotated[int, Gt(0)]").minimum
        1
    """
    words = said(annotation)
    try:
        found = python_type(annotation)
    except (ValueError, SyntaxError):
        return Field(words=words)
    members = get_args(found) if get_origin(found) is Union else (found,)
    types = [each for each in members if each not in (None, type(None))]
    optional = len(types) < len(members)
    if len(types) != 1:
        return Field(optional=optional, words=words)
    plain, interval = unwrapped(types[0])
    if get_origin(plain) is Literal:
        return Field("choice", optional, get_args(plain), words=words)
    low, high = limits(interval, whole=plain is int)
    return Field(_KINDS.get(plain, "json"), optional, None, jsonable(low), jsonable(high), words)


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
    if generic is Annotated:
        return ranged(_resolve(arguments[0]), arguments[1:])
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


SECRET_VARIABLES = "NB2OPS_SECRET_"
"""What the names of environment variables begin with that hold secrets."""


def secret_variable(block: str) -> str:
    """Return the environment variable that may hold a secret in place of its block.

    Example:
        >>> secret_variable("api-token")
        'NB2OPS_SECRET_API_TOKEN'
    """
    return SECRET_VARIABLES + block.upper().replace("-", "_")


def not_passed(name: str, block: str) -> str:
    """Return why a secret is refused as a parameter, and what to do instead."""
    return (
        f'"{name}" is a secret and is never passed as a parameter, where it would be stored and shown. '
        f"Type `nb2ops secret {block}`, or set {secret_variable(block)} where the run takes place."
    )


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
        if secret := known[name].secret:
            mistakes[name] = not_passed(name, secret)
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
    words = said(parameter.type)
    stated = parameter.annotated or words != parameter.type  # a range says what is allowed
    implied = "" if stated else f" (its default is {parameter.default}; annotate it to allow others)"
    return f'"{parameter.name}" is {words}{implied}: {value!r} does not fit: {reason}.'
