"""The steps of a run against time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from nb2ops.model import Json
from nb2ops.pages.markup import COLOURS, number, seconds, text, tone


def timeline(steps: Iterable[Json]) -> str:
    """Return a bar for each step that began, from the first beginning to the last end."""
    begun = [(each, _instant(each["start"]), _instant(each["end"] or each["start"])) for each in steps if each["start"]]
    if not begun:
        return ""
    first = min(start for _, start, _ in begun)
    whole = max(end for _, _, end in begun) - first or 1.0
    rows = "".join(_bar(step, (start - first) / whole, (end - start) / whole) for step, start, end in begun)
    return f'<ul class="timeline">{rows}</ul>'


def _bar(step: Json, start: float, length: float) -> str:
    place = f"left:{number(100 * start)}%;width:max({number(100 * length)}%,2px)"
    colour = COLOURS[tone(str(step["state"]))]
    return (
        f'<li><span class="name">{text(step["name"])}</span>'
        f'<span class="track"><span style="{place};background:{colour}"></span></span>'
        f'<span class="time">{seconds(step["seconds"])}</span></li>'
    )


def _instant(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
