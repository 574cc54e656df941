"""Functions with `functools.lru_cache`: entries in order of use, hits and misses.

The wrapper is written in C and takes no entries. The receiver therefore calls it as the sender did, while the
function inside returns the stored results instead of running.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import _lru_cache_wrapper, lru_cache, partial
from gc import get_referents
from itertools import repeat, starmap
from types import FunctionType
from typing import Any

from .borrowed import cloudpickle
from .references import CannotCross

Call = tuple[tuple[Any, ...], dict[str, Any]]


def plan(kind: type) -> Callable[[Any], Any] | None:
    """Return what reduces objects of this exact type, None where it is not ours to say."""
    return _reduce_cached if kind is _lru_cache_wrapper else None


def _reduce_cached(wrapper: Any) -> Any:
    if cloudpickle._lookup_module_and_qualname(wrapper) is not None:
        return NotImplemented
    info = wrapper.cache_info()
    inside = wrapper.__wrapped__
    if info.misses and type(inside) is not FunctionType:
        raise CannotCross("is a cache of results around something that is not a function")
    state = (dict(vars(wrapper)), _entries(wrapper), info.hits, info.misses)
    return make_cached, (inside, wrapper.cache_parameters()), state, None, None, fill_cached


def _entries(wrapper: Any) -> list[tuple[Call, Any]]:
    """Calls with their results, the one used longest ago first."""
    referents = get_referents(wrapper)
    parameters, size = wrapper.cache_parameters(), wrapper.cache_info().currsize
    mark = next(each for each in referents if type(each) is object)
    stored = [*_stored(referents, parameters["maxsize"] is None)]
    if len(stored) != size:
        raise CannotCross("is a cache of results that cannot be read")
    return [(_call_of(key, mark, parameters["typed"]), result) for key, result in stored]


def _stored(referents: list[Any], unbounded: bool) -> Iterator[tuple[Any, Any]]:
    """Keys and results: in a dictionary, or in a chain of links before it that leads from old to new."""
    at = next(index for index, each in enumerate(referents) if _is_cache(each, unbounded))
    if unbounded:
        yield from referents[at].items()
        return
    chain = [each for each in referents[:at] if each is not _lru_cache_wrapper and not _is_link(each)]
    yield from zip(chain[::2], chain[1::2])  # noqa: B905 - Python 3.9 knows no `strict`


def _is_cache(found: Any, unbounded: bool) -> bool:
    return type(found) is dict and (unbounded or all(_is_link(type(each)) for each in found.values()))


def _is_link(kind: Any) -> bool:
    return isinstance(kind, type) and kind.__name__ == "_lru_list_elem" and kind.__module__ == "functools"


def _call_of(key: Any, mark: object, typed: bool) -> Call:
    """The arguments that a key was made of: themselves, a mark, names with values, then all types if `typed`."""
    if type(key) is not tuple:
        return (key,), {}
    at = next((index for index, each in enumerate(key) if each is mark), None)
    if at is None:
        return key[: len(key) // 2] if typed else key, {}
    named = key[at + 1 :]
    named = named[: (len(named) - at) // 3 * 2] if typed else named
    return key[:at], dict(zip(named[::2], named[1::2]))  # noqa: B905 - as above


def make_cached(function: Any, parameters: dict[str, Any]) -> Any:
    """Return an `lru_cache` wrapper with an empty cache."""
    return lru_cache(**parameters)(function)


def fill_cached(wrapper: Any, state: tuple[dict[str, Any], list[tuple[Call, Any]], int, int]) -> None:
    """Give a wrapper its attributes and what it had stored and counted."""
    attributes, entries, hits, misses = state
    vars(wrapper).update(attributes)
    wrapper.cache_clear()
    if not misses:
        return
    results = [result for _, result in reversed(entries)]
    for _ in range(misses - len(entries)):
        with _answering(wrapper.__wrapped__, []), suppress(IndexError):
            wrapper(object())  # counted, and nothing is stored
    with _answering(wrapper.__wrapped__, results):
        for (args, kwargs), _ in entries:
            wrapper(*args, **kwargs)
    if entries:
        (args, kwargs), _ = entries[-1]
        deque(starmap(partial(wrapper, **kwargs), repeat(args, hits)), maxlen=0)


def _answer(*_: Any, **__: Any) -> Any:
    return "results".pop()  # type: ignore[attr-defined]


@contextmanager
def _answering(function: FunctionType, results: list[Any]) -> Iterator[None]:
    """Let a function return these results, last first, whatever its arguments."""
    own = function.__code__
    constants = tuple(results if each == "results" else each for each in _answer.__code__.co_consts)
    function.__code__ = _answer.__code__.replace(co_consts=constants, co_freevars=own.co_freevars)
    try:
        yield
    finally:
        function.__code__ = own
