"""The command lines that README and docs show."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _command_lines(page: Path) -> list[str]:
    """Return the lines of code blocks that begin with nb2ops, parts around && on their own."""
    blocks = [text for language, text in BLOCK.findall(page.read_text()) if not language]
    lines = [line for block in blocks for line in block.splitlines()]
    parts = [part.split("  #")[0].strip() for line in lines for part in line.split("&&")]
    return [part.removeprefix(".venv/bin/") for part in parts if re.match(r"(\.venv/bin/)?nb2ops ", part)]


SHOWN = [(page.name, line) for page in PAGES for line in _command_lines(page)]
"""Pages and lines, in the order in which a reader meets them."""
