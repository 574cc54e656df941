"""Values as authors write them in a notebook: literals, and dates, paths and decimals that a constructor makes."""

from __future__ import annotations

import ast
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

CONSTRUCTORS: dict[str, Any] = {each.__name__: each for each in (date, datetime, time, timedelta, Decimal, Path)}


def literal(node: ast.expr) -> tuple[Any, bool]:
    """Return the value of an expression, and whether it is no literal but has to be computed by the cell."""
    try:
        return ast.literal_eval(node), False
    except (ValueError, TypeError, SyntaxError, MemoryError):
        pass
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords) if (
            name in CONSTRUCTORS
        ):
            try:
                positional = [ast.literal_eval(arg) for arg in args]
                named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in keywords}
                return CONSTRUCTORS[name](*positional, **named), False
            except (ValueError, TypeError, ArithmeticError):
                return None, True
    return None, True
