"""What `prune` removed, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from nb2ops.cli.tables import console, table

if TYPE_CHECKING:
    from nb2ops.orchestration.pruning import Pruning
    from nb2ops.orchestration.retention import Retention


def pruned(found: Pruning, kept: Retention, *, dry_run: bool) -> None:
    """Print what was removed, or would be: by kind, then each thing."""
    out = console()
    rule = f"kept: what is younger than {kept.days} days, and each notebook's {kept.runs} newest runs"
    if not found.items:
        out.print(f"Nothing to remove ({rule}).", soft_wrap=True)
        return
    rows = table("what", "size", "place")
    for each in found.items:
        rows.add_row(each.kind, size_text(each.bytes), escape(each.what))
    out.print(rows)
    total = f"{len(found.items)} things, {size_text(found.bytes)}"
    out.print(f"{'Would remove' if dry_run else 'Removed'} {total} ({rule}).", soft_wrap=True)


def size_text(size: int) -> str:
    """Return bytes for people.

    Example:
        >>> size_text(1_500_000)
        '1.5 MB'
    """
    number = float(size)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
