"""A metric over runs as a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from nb2ops.pages.markup import number, text, value

WIDTH = 120
HEIGHT = 24
ROOM = 3


def trend(name: str, values: Sequence[float], *, last_red: bool = False) -> str:
    """Return a line through the values, oldest first, with a dot on the last; nothing where there is none.

    Example:
        >>> trend("r2", []), trend("r2", [0.5]).count("circle")
        ('', 1)
    """
    known = [each for each in values if isfinite(each)]
    if not known:
        return ""
    least, most = min(known), max(known)
    span = (most - least) or 1.0
    across = (WIDTH - 2 * ROOM) / max(len(known) - 1, 1)
    middle = HEIGHT / 2 if least == most else None
    points = [
        (ROOM + place * across, middle or HEIGHT - ROOM - (each - least) / span * (HEIGHT - 2 * ROOM))
        for place, each in enumerate(known)
    ]
    line = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    x, y = points[-1]
    told = f"{name}: {', '.join(value(each) for each in known)}"
    colour = "#b3261e" if last_red else "#1565c0"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{text(told)}"><title>{text(told)}</title>'
        f'<polyline points="{line}" fill="none" stroke="#5f6368" stroke-width="1.5"/>'
        f'<circle cx="{number(x)}" cy="{number(y)}" r="2.5" fill="{colour}"/></svg>'
    )
