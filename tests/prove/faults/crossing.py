"""Faults of the hand-over: something that a step leaves behind does not reach the next one as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from nb2ops.compiler.dependencies import Resolver
from nb2ops.inkernel import definitions, derived, handover, modules, states
from nb2ops.inkernel.arrays import Arrays
from nb2ops.inkernel.identity import Identities
from nb2ops.runtime import handover as jobs
from tests.prove.faults.seeding import Broken, Fault, gives

Sound = Callable[..., Any]


def _forgets(state: str, library: str = "") -> Broken:
    """A state is not captured; of `settings` only that of one library."""

    def broken(sound: Sound) -> Sound:
        def capture(wanted: str) -> dict[str, Any]:
            found = sound(wanted)
            return {name: value for name, value in found.items() if wanted != state or library not in ("", name)}

        return capture

    return broken


def _state_forgotten(name: str, state: str, library: str = "") -> Fault:
    return Fault(name, states, "capture", _forgets(state, library))


def _known_class_stays(sound: Sound) -> Sound:
    def fill(cls: Any, state: Any) -> None:
        if state[0] not in definitions._arrivals.known:
            sound(cls, state)

    return fill


def _function_without(part: str) -> Broken:
    def broken(sound: Sound) -> Sound:
        def fill(function: Any, state: Any) -> None:
            attributes, special, contents = state
            if part == "attributes":
                attributes = {}
            elif part == "closure":
                contents = [held and (_fresh(held[0]),) for held in contents]
            else:
                special = {**special, part: _copied(special[part])}
            sound(function, (attributes, special, contents))

        return fill

    return broken


def _fresh(value: Any) -> Any:
    """A closure's variable as it was in the beginning: numbers start again."""
    return 0 if isinstance(value, int) else value


def _copied(defaults: Any) -> Any:
    return defaults and tuple([] if isinstance(each, list) else each for each in defaults)


def _each_by_itself(sound: Sound) -> Sound:
    def add(stream: Any, value: Any) -> None:
        stream.pickler.clear_memo()
        sound(stream, value)

    return add


def _without_ambient(sound: Sound) -> Sound:
    def wanted(resolver: Resolver, cell: int) -> Iterator[tuple[str, str]]:
        yield from (pair for pair in sound(resolver, cell) if pair[0] not in resolver._ambient)

    return wanted


def _one_name_each(sound: Sound) -> Sound:
    def make(bases: Any, name: str, qualname: str, members: dict[str, Any], *rest: Any) -> Any:
        first = {value: name for name, value in reversed(members.items())}
        return sound(bases, name, qualname, {name: value for value, name in first.items()}, *rest)

    return make


def _first_alone(sound: Sound) -> Sound:
    return lambda pipeline, step: sound(pipeline, step)[:1]


CROSSING = (
    _state_forgotten("global random state", "random"),
    _state_forgotten("numpy's random state", "random", "numpy"),
    _state_forgotten("settings", "settings"),
    _state_forgotten("numpy's print options", "settings", "numpy"),
    _state_forgotten("pandas' options", "settings", "pandas"),
    _state_forgotten("matplotlib's parameters", "settings", "matplotlib"),
    _state_forgotten("decimal context", "settings", "decimal"),
    _state_forgotten("logging levels", "settings", "logging"),
    _state_forgotten("warnings filters", "settings", "warnings"),
    _state_forgotten("recursion limit", "settings", "sys"),
    _state_forgotten("working directory", "directory"),
    _state_forgotten("environment variables", "environment"),
    _state_forgotten("import path", "path"),
    Fault("variables of local modules", modules, "_fill", gives(None)),
    Fault("settings that later cells go on with", Resolver, "wanted", _without_ambient),
    Fault("class attributes", definitions, "fill_class", _known_class_stays),
    Fault("closure cells", definitions, "fill_function", _function_without("closure")),
    Fault("function attributes", definitions, "fill_function", _function_without("attributes")),
    Fault("function defaults", definitions, "fill_function", _function_without("__defaults__")),
    Fault("other names of an enumeration's members", definitions, "make_enum", _one_name_each),
    Fault("one object under two names", handover._Stream, "add", _each_by_itself),
    Fault("what derived arrays share and hold", derived, "take_apart", gives(NotImplemented)),
    Fault("rows of structured arrays", derived, "take_row", gives(NotImplemented)),
    Fault("libraries imported for their effect", states, "_import_again", gives(None)),
    Fault("views that share memory", Arrays, "found_shared", lambda _: lambda arrays: {}),
    Fault("order of sets", Identities, "standin", gives(None)),
    Fault("variables of several steps", jobs, "producers", _first_alone),
)
