"""Ranges of parameters: `Annotated[int, Ge(1), Le(10)]`, with the words of annotated_types or of pydantic."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Optional, Union, get_args, get_origin

from annotated_types import Interval

from nb2ops.literals import literal

BOUNDS = ("ge", "gt", "le", "lt")
SINGLE = {bound.capitalize(): bound for bound in BOUNDS}
"""Annotated_types' classes of one bound each."""
SEVERAL = ("Interval", "Field")
TOLD = ("title", "description", "examples")
"""What pydantic's `Field` says beside the bounds, and what restricts nothing."""
ORDERED: dict[Any, tuple[type, ...]] = {
    int: (int,),
    float: (int, float),
    Decimal: (int, Decimal),
    **{each: (each,) for each in (date, datetime, time, timedelta)},
}
"""Type -> the types of its bounds."""
WORDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


class NoRange(ValueError):
    """What stands there is not a range, or not one of its type."""


def ranged(base: Any, metadata: Iterable[ast.expr]) -> Any:
    """Return a type whose values lie in the range that the metadata of `Annotated` state; None may lie outside.

    Raises:
        NoRange: the metadata state something else, or the type has no order.
    """
    bounds = {name: _value(node) for each in metadata for name, node in _bounds(each)}
    if not bounds:
        return base
    members = _members(base)
    plain: Any = next((each for each in members if each is not type(None)), None)
    if plain not in ORDERED or any(each not in (plain, type(None)) for each in members):
        raise NoRange(f"{getattr(base, '__name__', base)} has no range: numbers, dates and times have")
    for bound in bounds.values():
        if type(bound) not in ORDERED[plain]:
            raise NoRange(f"the bound {bound} is not {plain.__name__}")
    found: Any = Annotated[plain, Interval(**bounds)]
    return Optional[found] if len(members) > 1 else found  # noqa: UP045  made at run time


def unwrapped(found: Any) -> tuple[Any, Interval | None]:
    """Return a type without its range, and the range.

    Example:
        >>> unwrapped(Annotated[int, Interval(ge=1)])
        (<class 'int'>, Interval(gt=None, ge=1, lt=None, le=None))
    """
    return get_args(found) if get_origin(found) is Annotated else (found, None)


def limits(interval: Interval | None, *, whole: bool) -> tuple[Any, Any]:
    """Return the lowest and the highest value of a range, as far as it has them; of whole numbers the next one counts.

    Example:
        >>> limits(Interval(gt=0, le=10), whole=True)
        (1, 10)
    """
    if interval is None:
        return None, None
    above: Any = interval.gt
    below: Any = interval.lt
    low = interval.ge if above is None else above + 1 if whole else above
    high = interval.le if below is None else below - 1 if whole else below
    return low, high


def in_words(annotation: ast.expr) -> str:
    """Return an annotation as people say it: its type, and its range in words.

    Raises:
        NoRange: a range is none.

    Example:
        >>> in_words(ast.parse("Annotated[float, Gt(0), Le(1)]", mode="eval").body)
        'float, above 0 and at most 1'
    """
    match annotation:
        case ast.Subscript(ast.Name("Annotated") | ast.Attribute(attr="Annotated"), ast.Tuple([base, *rest])):
            bounds = {name: str(_value(node)) for each in rest for name, node in _bounds(each)}
            return ", ".join(filter(None, [ast.unparse(base), _said(bounds)]))
    return ast.unparse(annotation)


def _said(bounds: dict[str, str]) -> str:
    if set(bounds) == {"ge", "le"}:
        return f"from {bounds['ge']} to {bounds['le']}"
    return " and ".join(f"{WORDS[name]} {bounds[name]}" for name in WORDS if name in bounds)


class Normalised(ast.NodeTransformer):
    """However a range was written, it becomes one `Field` of pydantic, as Prefect's users write it."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Rewrite the metadata of `Annotated`."""
        self.generic_visit(node)
        match node:
            case ast.Subscript(ast.Name("Annotated"), ast.Tuple([base, *rest])):
                stated = [ast.keyword(name, value) for each in rest for name, value in _bounds(each)]
                if not stated:
                    return base
                field = ast.Call(ast.Name("Field", ast.Load()), [], stated)
                return ast.Subscript(node.value, ast.Tuple([base, field], ast.Load()), ast.Load())
        return node


def _bounds(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the bounds that one metadatum of `Annotated` states; a text is a note and states none.

    Raises:
        NoRange: it is something else.
    """
    match node:
        case ast.Constant(value=str()):
            return
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[bound], keywords=[]) if name in SINGLE:
            yield SINGLE[name], bound
            return
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[], keywords=keywords):
            known = (SINGLE[name],) if name in SINGLE else (*BOUNDS, *TOLD) if name in SEVERAL else ()
            if known and all(each.arg in known for each in keywords):
                yield from ((str(each.arg), each.value) for each in keywords if each.arg in BOUNDS)
                return
    raise NoRange(f"{ast.unparse(node)} is not a range that is known here")


def _value(node: ast.expr) -> Any:
    value, computed = literal(node)
    if computed or value is None:
        raise NoRange(f"the bound {ast.unparse(node)} is not a number or date that is written out")
    return value


def _members(found: Any) -> tuple[Any, ...]:
    return get_args(found) if get_origin(found) is Union else (found,)
