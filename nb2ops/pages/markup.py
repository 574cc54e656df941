"""Pieces of markup that cannot break: every text is escaped, every number short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

TONES = {
    "Completed": "good",
    "Failed": "bad",
    "Crashed": "bad",
    "Rejected": "bad",
    "TimedOut": "bad",
    "Running": "live",
    "Retrying": "live",
    "Cancelling": "stopped",
    "Cancelled": "stopped",
    "Late": "stopped",
    "Skipped": "stopped",
}
COLOURS = {"good": "#1b7f3b", "bad": "#b3261e", "live": "#1565c0", "stopped": "#a15c00", "waiting": "#5f6368"}
SIGNS = {"good": "✓", "bad": "✗", "live": "▶", "stopped": "■", "waiting": "○"}

CELL = 'style="padding:2px 16px 2px 0;text-align:left"'
CAPTION = 'style="padding:4px 0;caption-side:top;font-weight:600;text-align:left"'
"""Said in each place: a notebook's output has a style of its own, and none of ours."""


def text(value: object) -> str:
    """Return a value as text that is safe in HTML and SVG, inside quotes too.

    Example:
        >>> text('<b title="x">')
        '&lt;b title=&quot;x&quot;&gt;'
    """
    return escape("".join(each for each in str(value) if each.isprintable() or each in "\n\t"), quote=True)


def number(value: float) -> str:
    """Return a number with so few digits that no picture gets other bytes for the last one.

    Example:
        >>> number(12.0), number(1 / 3)
        ('12', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def tone(state: str) -> str:
    """Return how a state looks: good, bad, live, stopped or waiting."""
    return TONES.get(state, "waiting")


def state(name: str) -> str:
    """Return a state as HTML: its sign in its colour, its word beside it."""
    found = tone(name)
    return f'<span style="color:{COLOURS[found]}">{SIGNS[found]} {text(name)}</span>'


def seconds(value: float | None) -> str:
    """Return a length of time in words.

    Example:
        >>> seconds(0.84), seconds(61.2), seconds(7322)
        ('0.8 s', '1 min 1 s', '2 h 2 min')
    """
    if value is None:
        return ""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(int(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def value(found: Any) -> str:
    """Return the value of a metric as text: six digits of a fraction.

    Example:
        >>> value(0.123456789), value(True), value(1200)
        ('0.123457', 'True', '1200')
    """
    return f"{found:.6g}" if isinstance(found, float) else str(found)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are HTML already; nothing where there are no rows."""
    lines = ["<tr>" + "".join(f"<td {CELL}>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    if not lines:
        return ""
    head = "".join(f'<th scope="col" {CELL}>{text(each)}</th>' for each in heads)
    told = f"<caption {CAPTION}>{text(caption)}</caption>" if caption else ""
    return (
        f'<div class="nb2ops-table"><table style="line-height:1.5">{told}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
