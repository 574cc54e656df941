"""Which cells draw numbers that nobody can draw again: from a global generator without a seed, or from the system.

A generator's state before and after a cell tells whether it was used. It is *known* from the seed on, in later steps
that continue it too. That a seed is set before anything is drawn is read from the cell's code, ahead of the run.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from random import getstate
from typing import Any

_FRESH = 0x80000000
"""The first word of a Mersenne Twister that was seeded, until the first number is drawn."""


def _python() -> tuple[bytes, bool]:
    state = getstate()
    return _digest(repr(state).encode()), state[1][0] == _FRESH and state[1][-1] >= len(state[1]) - 2


def _numpy() -> tuple[bytes, bool]:
    kind, words, *rest = sys.modules["numpy.random"].get_state()
    fresh = bool(kind == "MT19937" and words[0] == _FRESH and rest[0] >= len(words) - 1)
    return _digest(words.tobytes() + repr((kind, rest)).encode()), fresh


def _digest(data: bytes) -> bytes:
    return sha256(data).digest()


_PYTHON = "random"
_DRAWING = ("networkx", "sympy", "jinja2")
"""Libraries that draw their results from Python's own generator."""
_SEEDING = {
    ("pandas.core.common", "random_state"),
    ("scipy._lib._util", "check_random_state"),
    ("sklearn.utils.validation", "check_random_state"),
}
"""Functions that make a `RandomState` of a number that they are given, and of nothing else."""
_GENERATORS: dict[str, tuple[str, Callable[[], tuple[bytes, bool]]]] = {
    "random": ("random", _python),
    "numpy": ("numpy.random", _numpy),
}
"""Name -> the module that must be loaded, and what tells a digest of the state and whether nothing was drawn."""


class Draws:
    """Watches the cells of one step.

    Attributes:
        known: the generators whose state comes from a seed.
    """

    def __init__(self) -> None:
        self.known: set[str] = set()
        self._before: dict[str, bytes] = {}
        self._entropy = 0
        self._watched: set[str] = set()

    def begin(self, known: Iterable[str], watched: Iterable[str]) -> None:
        """A step begins.

        Args:
            known: the generators that earlier steps have seeded.
            watched: those that the notebook's code may use; of the others libraries draw names when they are loaded.
        """
        self.known = set(known)
        self._watched = {*watched, *(_PYTHON for name in _DRAWING if name in sys.modules)}
        _watch_entropy()

    def before(self) -> None:
        """A cell is about to run."""
        self._before = {name: state for name, (state, _) in _states().items()}
        self._entropy = _Entropy.asked

    def after(self, seeds: Iterable[str], namespace: Mapping[str, Any]) -> list[str]:
        """A cell has run: return what it drew from that nobody can draw again.

        Args:
            seeds: the generators that the cell seeds before it does anything else, "random" or "random=NAME" where
                the seed is the value of a variable.
            namespace: the notebook's variables.
        """
        found = []
        seeds = {
            generator for generator, _, name in (each.partition("=") for each in seeds) if _is_set(name, namespace)
        }
        for name, (state, fresh) in _states().items():
            used = self._before[name] != state if name in self._before else not fresh
            if used and name in seeds:
                self.known.add(name)
            elif used and name not in self.known and name in self._watched:
                found.append(f"{name}, which no cell has seeded")
        if _Entropy.asked != self._entropy:
            found.append("the system's randomness")
        return found


def _is_set(name: str, namespace: Mapping[str, Any]) -> bool:
    return not name or namespace.get(name) is not None


def seeded(state: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return what of the state of all generators comes from a seed; what comes from the system is nobody's result.

    Args:
        state: library -> its generator's state, as captured.
        known: the generators that were seeded.
    """
    unknown = _GENERATORS.keys() - set(known)
    return {library: each for library, each in state.items() if library not in unknown}


def _states() -> dict[str, tuple[bytes, bool]]:
    return {name: ask() for name, (module, ask) in _GENERATORS.items() if module in sys.modules}


class _Entropy:
    """Counts how often Python's `SystemRandom`, and with it `secrets` and numpy's seeding, ask the system."""

    asked = 0
    source: Any = None


def _watch_entropy() -> None:
    if _Entropy.source is None:
        _Entropy.source = random._urandom  # type: ignore[attr-defined]
        random._urandom = _asked  # type: ignore[attr-defined]


def _asked(size: int) -> bytes:
    _Entropy.asked += not (_imports() or _is_given_a_seed())
    found: bytes = _Entropy.source(size)
    return found


def _imports() -> bool:
    """Whether a module is being imported: numpy seeds its generators then, whose states are watched."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _is_given_a_seed() -> bool:
    """Whether numpy makes a generator that is seeded at once with a number: it asks the system first, for nothing."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename == random.__file__ and frame.f_back is not None:
        frame = frame.f_back
    return (frame.f_globals.get("__name__"), frame.f_code.co_name) in _SEEDING
