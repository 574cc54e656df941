"""Headings in markdown cells, and names for steps made from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from nb2ops.model import Cell

_FENCE = re.compile(r" {0,3}(```|~~~)")
_HASHES = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_HTML = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1>.*", re.IGNORECASE)

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"<[^>]+>|\{#[^}]*\}|&\w+;")
_NUMBERING = re.compile(
    r"""(?:(?:step|part|section|chapter)\s+)?
        (?: \d+(?:\.\d+)*[.):]\s*(?=[^\W\d]) | \d+(?:\.\d+)*\s*[\u2013\u2014-]\s+ | [ivx]+[.):]\s+
          | \d+(?:\.\d+)+\s+ | \d+\s+(?=(?-i:[A-Z])) )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Numbers that only count: "3.2 Fit", "Step 1: Load", "II. Data"; not "64 pixels", "10-fold", "Step 1"."""
_WORD = re.compile(r"[a-z0-9]+")
_WEAK = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "our", "the", "to", "vs", "with"}
LONGEST = 32
"""Characters of a name made from a heading."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level (1 is the highest) and its text as written."""

    level: int
    text: str


def headings(cell: Cell) -> Iterator[Heading]:
    r"""Yield the headings of a markdown cell; of other cells none.

    Example:
        >>> list(headings(Cell(0, "a", "markdown", "# Digits\n\nText.\n\n## Load\n")))
        [Heading(level=1, text='Digits'), Heading(level=2, text='Load')]
    """
    if cell.kind != "markdown":
        return
    fence, above = "", ""
    for line in cell.source.splitlines():
        mark = _FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence, above = ("" if fence else mark[1]), ""
        elif not fence:
            heading = _heading(line, above)
            if heading:
                yield heading
            above = "" if heading else line.strip()


def _heading(line: str, above: str) -> Heading | None:
    """Return the heading that a line is, or that it makes of the line above."""
    hashes, html = _HASHES.fullmatch(line), _HTML.fullmatch(line)
    if hashes:
        return Heading(len(hashes[1]), (hashes[2] or "").strip())
    if html:
        return Heading(int(html[1]), html[2].strip())
    underline = _UNDERLINE.fullmatch(line)
    if underline and above and above[0] not in "|>-*+":
        return Heading(1 if underline[1][0] == "=" else 2, above)
    return None


def step_name(text: str) -> str:
    """Return a heading as the name of a step, empty where it holds no letter or digit of ASCII.

    Numbering and markup are left out, and a long heading is cut between words.

    Example:
        >>> step_name("3.2 Fit a **linear** model"), step_name("Données & modèles"), step_name("Step 1")
        ('fit-a-linear-model', 'donnees-modeles', 'step-1')
    """
    plain = _MARKUP.sub(" ", _LINK.sub(r"\1", text)).replace("'", "").replace("\u2019", "")
    plain = _NUMBERING.sub("", plain.strip(" *_`#"), count=1)
    ascii_only = unicodedata.normalize("NFKD", plain.casefold()).encode("ascii", "ignore").decode()
    return _joined(_WORD.findall(ascii_only))


def _joined(words: list[str]) -> str:
    kept: list[str] = []
    for word in words:
        if kept and len("-".join([*kept, word])) > LONGEST:
            break
        kept.append(word[:LONGEST])
    while len(kept) < len(words) and len(kept) > 1 and kept[-1] in _WEAK:
        kept.pop()
    return "-".join(kept)
