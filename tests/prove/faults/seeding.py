"""How a fault is seeded: a function of nb2ops is replaced by one that is made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

Broken = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True)
class Fault:
    """A fault that can be seeded in this process.

    Attributes:
        name: what is lost.
        owner: the module or class of nb2ops.
        attribute: its function.
        broken: makes what stands in the function's place.
        also: a second function that would make up for it.
    """

    name: str
    owner: Any
    attribute: str
    broken: Broken
    also: Fault | None = None

    def seed(self) -> None:
        """Replace the function."""
        if self.also:
            self.also.seed()
        sound = getattr(self.owner, self.attribute)
        setattr(self.owner, self.attribute, wraps(sound)(self.broken(sound)))


def gives(value: Any) -> Broken:
    """Return what makes a function that only gives a value."""
    return lambda sound: lambda *_, **__: value
