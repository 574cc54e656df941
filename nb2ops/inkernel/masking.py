"""Secrets in texts: found in the forms that they usually take, and replaced."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from json import dumps
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 4
"""Characters: a shorter text would be found where it is no secret."""

_CORE = 8
"""Characters of base64 by which a secret is known inside a longer encoded text."""

_URL_SAFE = str.maketrans("+/", "-_")


def texts_of(value: Any) -> list[str]:
    """Return the texts that a secret consists of: itself, or those in a dictionary or list."""
    if isinstance(value, str):
        return [value] if len(value) >= SHORTEST else []
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts_of(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts_of(each)]
    return []


def forms_of(value: Any) -> list[str]:
    """Return how a secret may be written, the same list in every process; the longest first.

    Example:
        >>> forms_of("a&b/c?")[:3]
        ['YSZiL2M/', 'YSZiL2M_', 'a%26b%2Fc%3F']
    """
    lines = [line for text in texts_of(value) for line in (text, *text.splitlines()) if len(line) >= SHORTEST]
    found = dict.fromkeys(form for line in lines for form in _forms(line) if len(form) >= SHORTEST)
    return sorted(found, key=lambda form: (-len(form), form))


def _forms(text: str) -> Iterator[str]:
    yield text
    yield repr(text)[1:-1]
    yield dumps(text)[1:-1]
    yield from (escape(text), escape(text, quote=False))
    data = text.encode("utf-8", "surrogatepass")
    yield from (quote(data), quote(data, safe=""), quote_plus(data))
    for core in _base64(data):
        yield from (core, core.translate(_URL_SAFE))


def _base64(data: bytes) -> Iterator[str]:
    """Yield the whole, and what every text shows that has the data at some place inside before it is encoded."""
    yield b64encode(data).decode().rstrip("=")
    for shift in range(3):
        known = slice(-(-8 * shift // 6), 8 * (shift + len(data)) // 6)
        core = b64encode(b"\0" * shift + data).decode()[known]
        if len(core) >= _CORE:
            yield core


class Mask:
    """Replaces secrets in what is shown or written.

    Args:
        values: the secrets: texts, or dictionaries of texts.

    Example:
        >>> Mask(["s3cr3t/"]).text("https://api/?key=s3cr3t%2F")
        'https://api/?key=***'
    """

    def __init__(self, values: Iterable[Any]) -> None:
        found = {form for value in values for form in forms_of(value)}
        self._forms = sorted(found, key=lambda form: (-len(form), form))
        self._beginnings = frozenset(form[0] for form in self._forms)
        self._longest = max(map(len, self._forms), default=0)

    def __bool__(self) -> bool:
        """Whether there is anything to replace."""
        return bool(self._forms)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def data(self, value: Any) -> Any:
        """Return JSON data without secrets, the very same where there are none to look for."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.data(name): self.data(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.data(each) for each in value]
        return value

    def open_end(self, text: str) -> int:
        """Return how many characters at the end of a text may be the beginning of a secret, which goes on later."""
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            if text[start] in self._beginnings and any(form.startswith(text[start:]) for form in self._forms):
                return len(text) - start
        return 0
