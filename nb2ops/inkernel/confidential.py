"""The secrets that this kernel knows, and what stands for them where values are handed over.

A text that holds a secret, in any of the forms that `masking` knows, is written in parts: the secret by its name. The
kernel that reads it puts in what it was told itself; one that was told nothing reads `***`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import loads
from typing import Any

from .masking import MASK, Mask, forms_of, texts_of
from .places import open_file

Reducer = Callable[[Any], Any]
Parts = list[Any]
"""Of a text or of bytes: pieces of it, and `(name, which form)` for each secret between them."""

_values: dict[str, Any] = {}
_forms: dict[str, list[str]] = {}
_CHUNK = 1 << 24


class Exposed(Exception):
    """A secret stands where nothing can stand for it."""


def receive(pipe: str) -> None:
    """Learn the secrets that were put into a pipe, one line of JSON."""
    with open_file(pipe, encoding="utf-8") as file:
        told: Mapping[str, Any] = loads(file.readline())
    _values.update(told)
    _forms.update({name: forms_of(value) for name, value in told.items()})


def value_of(name: str) -> Any:
    """Return a secret."""
    return _values[name]


def is_told() -> bool:
    """Whether this kernel knows a secret."""
    return bool(_values)


def mask() -> Mask:
    """Return what hides the secrets of this kernel."""
    return Mask(_values.values())


class Reference:
    """Stands for a text that holds secrets."""

    __slots__ = ("parts",)

    def __init__(self, parts: Parts) -> None:
        self.parts = parts


class Confidences:
    """Gives the texts of one pass their stand-ins.

    Attributes:
        named: the secrets that were met.
    """

    def __init__(self) -> None:
        self.named: set[str] = set()
        self._texts = [(form, (name, at)) for name, forms in _forms.items() for at, form in enumerate(forms)]
        self._texts.sort(key=lambda each: -len(each[0]))
        self._bytes = [(form.encode("utf-8", "surrogatepass"), place) for form, place in self._texts]
        self._raw = {each for value in _values.values() for text in texts_of(value) for each in _encoded(text)}

    def standin(self, value: Any) -> Reference | None:
        """Return what is written instead of a text or bytes, None where they are written as they are."""
        kind = type(value)
        if kind is str:
            return self._reference(value, self._texts)
        return self._reference(value, self._bytes) if kind is bytes else None

    def check(self, data: Any) -> None:
        """Make sure that bytes which are to be written hold no secret.

        Raises:
            Exposed: they do.
        """
        if not self._raw:
            return
        longest = max(map(len, self._raw))
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _CHUNK):
            piece = bytes(view[start : start + _CHUNK + longest])
            if any(form in piece for form in self._raw):
                raise Exposed("holds a secret where nothing can stand for it, so that it stays in its kernel")

    def _reference(self, value: Any, forms: list[tuple[Any, tuple[str, int]]]) -> Reference | None:
        parts: list[Any] = [value]
        for form, place in forms:
            if form in value:
                parts = [piece for part in parts for piece in _cut(part, form, place)]
                self.named.add(place[0])
        return Reference(parts) if len(parts) > 1 else None

    @staticmethod
    def plan(kind: type) -> Reducer | None:
        """Return what reduces stand-ins, None for other types."""
        return _reduce_reference if kind is Reference else None


def _encoded(text: str) -> list[bytes]:
    """How a text stands in memory, in arrays of numpy too."""
    return [text.encode(each, "surrogatepass") for each in ("utf-8", "utf-16-le", "utf-32-le")]


def _cut(part: Any, form: Any, place: tuple[str, int]) -> list[Any]:
    if isinstance(part, tuple):
        return [part]
    first, *rest = part.split(form)
    return [first, *(piece for each in rest for piece in (place, each))]


def _reduce_reference(reference: Reference) -> Any:
    return restore, (reference.parts,)


def restore(parts: Parts) -> Any:
    """Return the text or the bytes that a reference stands for."""
    is_text = isinstance(parts[0], str)
    return ("" if is_text else b"").join(_restored(part, is_text) for part in parts)


def _restored(part: Any, is_text: bool) -> Any:
    if not isinstance(part, tuple):
        return part
    name, at = part
    form = _forms[name][at] if name in _forms else MASK
    return form if is_text else form.encode("utf-8", "surrogatepass")
