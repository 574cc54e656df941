"""Parameter values as Python source, those included that JSON and papermill have no word for."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePath
from typing import Any

Translate = Callable[[Any], str]


def literal(value: Any, translate: Translate) -> str | None:
    """Return the Python source of a value that JSON has no word for, None for any other.

    The source needs no import, so that it stands in any notebook.

    Args:
        value: a parameter's value.
        translate: gives the source of the values inside.
    """
    match value:
        case datetime.date() | datetime.time() | datetime.timedelta():
            return repr(_with_plain_zone(value)).replace("datetime.", '__import__("datetime").')
        case PurePath():
            return f'__import__("pathlib").Path({translate(str(value))})'
        case Decimal():
            return f'__import__("decimal").Decimal({translate(str(value))})'
        case bytes() | complex():
            return repr(value)
        case tuple():
            inner = ", ".join(map(translate, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case frozenset():
            return f"frozenset({_members(value, translate)})"
        case set():
            return _members(value, translate)
        case dict():
            return f"{{{', '.join(f'{translate(key)}: {translate(each)}' for key, each in value.items())}}}"
    return None


def _with_plain_zone(value: Any) -> Any:
    """A time with an offset as the standard library writes it, not as pydantic does."""
    offset = value.utcoffset() if isinstance(value, datetime.datetime | datetime.time) else None
    return value if offset is None else value.replace(tzinfo=datetime.timezone(offset))


def _members(value: set[Any] | frozenset[Any], translate: Translate) -> str:
    return f"{{{', '.join(sorted(map(translate, value)))}}}" if value else "set()"
