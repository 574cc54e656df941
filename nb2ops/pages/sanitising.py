"""HTML of a notebook's outputs and texts without what could run, load or leave the page."""

from __future__ import annotations

import re

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner

_TAGS = """
a abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure
h1 h2 h3 h4 h5 h6 hr i img kbd li mark ol p pre q s samp section small span strong sub summary sup table tbody
td tfoot th thead tr tt u ul var
"""
_ATTRIBUTES = "class id title align valign colspan rowspan scope style width height alt open"
_STYLES = """
background-color border border-collapse color display font-family font-size font-style font-weight height line-height
margin margin-left margin-right margin-top margin-bottom max-width min-width padding text-align text-decoration
vertical-align white-space width
"""
TAGS = frozenset(_TAGS.split())
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
STYLES = frozenset(_STYLES.split())
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*\Z")
LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
UNSEEN = re.compile(r"<(style|script|template|noscript|iframe|object)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
"""What holds text that nobody is meant to read; that it cannot do harm is the cleaner's work."""


def sanitised(html: str) -> str:
    """Return HTML with harmless elements and attributes only; the text of others stays, pictures only from the page.

    Example:
        >>> sanitised('<b onclick="x()">bold</b><img src="https://elsewhere.example/x.png">')
        '<b>bold</b><img>'
    """
    cleaner = Cleaner(
        tags=TAGS,
        attributes=_is_harmless,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
        css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
    )
    cleaned: str = cleaner.clean(UNSEEN.sub("", html))
    return cleaned


def shows_nothing(html: str) -> bool:
    """Return whether nothing of cleaned HTML can be seen."""
    return "<img" not in html and not re.sub(r"<[^>]*>|&nbsp;|\s", "", html)


def _is_harmless(tag: str, name: str, value: str) -> bool:
    match tag, name:
        case "img", "src":
            return PICTURE.match(value) is not None
        case "a", "href":
            return LINK.match(value) is not None
    return name in ATTRIBUTES and not (name == "style" and "url" in value.lower())
