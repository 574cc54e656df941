"""One pass over values that cross together: which reducer for which type, and what the pass found out."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gc import disable, enable, freeze, get_count, isenabled, unfreeze
from typing import Any, BinaryIO
from warnings import catch_warnings, simplefilter

from . import caches, confidential, formulas, handlers, instances, rebuilding, references
from .arrays import Arrays
from .borrowed import cloudpickle
from .definitions import Definitions
from .identity import Identities, has_nan
from .opcodes import HEADER, may_have_set

Reducer = Callable[[Any], Any]
Buffers = list[pickle.PickleBuffer]

_UNPLANNED: Any = object()
_MANY = 100_000
"""New objects beside which those are few that the fork server has frozen, and that are walked again from then on."""
_PACKAGES = ("_nb2ops.", "nb2ops.inkernel.")


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep the garbage collector from running, and with it what the notebook wants done when objects end."""
    enabled = isenabled()
    disable()
    try:
        yield
    finally:
        if enabled:
            enable()


@contextmanager
def made_old() -> Iterator[None]:
    """Let many new objects be old for the garbage collector at once: it would walk them all, and again and again."""
    enabled = isenabled()
    disable()
    try:
        yield
    finally:
        if enabled:
            if get_count()[0] > _MANY:
                freeze()
                unfreeze()
            enable()


class Sink:
    """A file that counts, and notices what a second, careful pass may be needed for.

    Args:
        file: gets the bytes.
        confidences: keeps secrets out of it.

    Attributes:
        size: bytes written.
        nan: a NaN is among them.
        sets: a set with elements is among them.
    """

    def __init__(self, file: BinaryIO | None, confidences: confidential.Confidences | None = None) -> None:
        self._file = file
        self.size = 0
        self.nan = self.sets = False
        self._before = b""
        self._confidences = confidences

    def write(self, data: Any) -> int:
        """Write to the file, if there is one.

        Raises:
            Exposed: there is a secret in it.
        """
        if self._confidences is not None:
            self._confidences.check(data)
        if self._file is not None:
            self._file.write(data)
        if isinstance(data, (bytes, bytearray)):
            self.nan = self.nan or has_nan(data)
            self.sets = self.sets or may_have_set(data, self._before)
            self._before = bytes(data[-HEADER:])
        self.size += len(data)
        return len(data)


class Pickler(pickle.Pickler):
    """Writes values that share one memory of what was written already.

    Args:
        sink: where the bytes go.
        shared: arrays whose memory is to be written once, by id.

    Attributes:
        buffers: what is written beside the stream, in order.
    """

    def __init__(self, sink: Sink, shared: dict[int, Any] | None = None) -> None:
        self.buffers: Buffers = []
        self.dispatch_table = dict(cloudpickle.Pickler.dispatch_table)  # a ChainMap there, asked for every object
        super().__init__(sink, protocol=5, buffer_callback=self.buffers.append)
        self._sink = sink
        self.definitions = Definitions()
        self._identities = Identities()
        self.arrays = Arrays(shared or {}, self._identities.standin)
        self._planners = (
            self.definitions.plan,
            self._identities.plan,
            self.arrays.plan,
            rebuilding.plan,
            caches.plan,
            handlers.plan,
            formulas.plan,
            references.plan,
            instances.plan,
            confidential.Confidences.plan,
        )
        self._plans: dict[type, Reducer | None] = {}

    def reducer_override(self, value: Any) -> Any:
        """Return how to write a value, NotImplemented where pickle knows."""
        kind = type(value)
        reducer = self._plans.get(kind, _UNPLANNED)
        if reducer is _UNPLANNED:
            reducer = self._plans[kind] = self._plan(kind)
        return NotImplemented if reducer is None else reducer(value)

    def is_delicate(self) -> bool:
        """Whether a set or a NaN was written, which only a careful pass keeps as it is."""
        return self._sink.nan or self._sink.sets

    def _plan(self, kind: type) -> Reducer | None:
        found = (planner(kind) for planner in self._planners)
        return next((reducer for reducer in found if reducer is not None), None)


class CarefulPickler(Pickler):
    """Keeps the order of sets, the identity of NaNs, and secrets; slower, since it is asked about every object.

    Args:
        sink: where the bytes go.
        shared: see `Pickler`.
        confidences: what stands for secrets.
    """

    def __init__(
        self,
        sink: Sink,
        shared: dict[int, Any] | None = None,
        confidences: confidential.Confidences | None = None,
    ) -> None:
        super().__init__(sink, shared)
        self._confidences = confidences

    def persistent_id(self, value: Any) -> Any:
        """Return what stands for a set, a NaN, or a text that holds a secret."""
        if self._confidences is not None and type(value) in (str, bytes):
            return self._confidences.standin(value)
        return self._identities.standin(value)


class Unpickler(pickle.Unpickler):
    """Reads what `Pickler` wrote, under whatever name this package was loaded there and here."""

    def persistent_load(self, value: Any) -> Any:
        """Return what a stand-in stood for."""
        return value

    def find_class(self, module: str, name: str) -> Any:
        """Return the object that a stream refers to by name."""
        for package in _PACKAGES:
            if module.startswith(package):
                module = f"{__package__}.{module[len(package) :]}"
        return super().find_class(module, name)


@dataclass(frozen=True)
class Loss:
    """A value that a captured state lacks, since it cannot leave its kernel.

    Attributes:
        holder: what holds it, in words.
        value: the value.
        error: why it cannot be written.
    """

    holder: str
    value: Any
    error: Exception


_losses: list[Loss] = []


def take_losses() -> list[Loss]:
    """Return what `crossable` left out since this was called last, as far as somebody misses it."""
    found = list(_losses)
    _losses.clear()
    return found


def crossable(values: dict[Any, Any], holder: str | None = None) -> dict[Any, Any]:
    """Return those values that can cross.

    Args:
        values: name -> value.
        holder: what holds them, in words, where the notebook is not the same without them (see `take_losses`).
    """
    with catch_warnings():
        simplefilter("ignore")
        if _refusal(values) is None:
            return values
        refusals = {name: _refusal((name, value)) for name, value in values.items()}
    if holder is not None:
        _losses.extend(Loss(holder, values[name], error) for name, error in refusals.items() if error is not None)
    return {name: value for name, value in values.items() if refusals[name] is None}


def _refusal(value: Any) -> Exception | None:
    try:
        Pickler(Sink(None)).dump(value)
    except Exception as error:  # a class of the notebook may raise anything while it is pickled
        return error
    return None
