"""Formulas of TeX as MathML, which browsers draw without a script."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from latex2mathml.converter import convert_to_element

from nb2ops.pages.markup import text

_ELEMENTS = """
math menclose mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle msub
msubsup msup mtable mtd mtext mtr munder munderover
"""
_ATTRIBUTES = """
accent accentunder close columnalign columnlines columnspacing depth display displaystyle fence form height largeop
linethickness lspace mathsize mathvariant maxsize minsize movablelimits notation open rowlines rowspacing rspace
scriptlevel separator stretchy symmetric voffset width
"""
ELEMENTS = frozenset(_ELEMENTS.split())
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
INLINE = re.compile(r"(?<![$\\])\$(?=\S)([^$]+?)(?<=\S)(?<!\\)\$(?![$\d])")
LONGEST = 5_000
"""Characters of a formula; a longer one stays TeX."""


def mathml(tex: str, *, block: bool) -> str | None:
    """Return TeX as MathML of harmless elements and attributes, None where it cannot be read.

    Example:
        >>> mathml("x^2", block=False)
        '<math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    """
    if len(tex) > LONGEST:
        return None
    try:
        found = convert_to_element(tex, display="block" if block else "inline")
    except Exception:  # what it raises for a text that is no TeX has no common name
        return None
    return _written(found)


def with_formulas(plain: str) -> str:
    """Return a text of one line as HTML whose formulas, between dollar signs, are MathML.

    Example:
        >>> with_formulas("a < $x$")
        'a &lt; <math display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    parts = INLINE.split(plain)
    return "".join(
        (mathml(part, block=False) or text(f"${part}$")) if place % 2 else text(part)
        for place, part in enumerate(parts)
    )


def _written(element: Any) -> str:
    """Return an element as text. Its texts hold character references, and whatever the author wrote."""
    said = "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items() if name in ATTRIBUTES)
    inner = _text(element.text) + "".join(_written(each) + _text(each.tail) for each in element)
    return f"<{element.tag}{said}>{inner}</{element.tag}>" if element.tag in ELEMENTS else inner


def _text(written: str | None) -> str:
    return escape(unescape(written or ""))
