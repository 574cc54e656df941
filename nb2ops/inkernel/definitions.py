"""Functions and classes cross by value, bound to the namespace of the kernel that receives them.

A function of the notebook keeps its code, defaults, attributes and closure; its globals are the receiving
`__main__`, so that a later assignment to a global is seen as in one kernel. A function made by a library
(a decorator's wrapper) is bound to that library's module in the same way. A class is made once per kernel:
where a second pack brings it again, the one that is there stays, and takes over what the pack says of it only
if the pack was asked for the class by name.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from linecache import getlines
from os.path import exists
from types import CellType, CodeType, FunctionType, TracebackType, new_class
from typing import Any

from .borrowed import cloudpickle
from .origins import replaced
from .tracebacks import reduce_traceback

Reduction = Any
Reducer = Callable[[Any], Reduction]

_FUNCTION_STATE = (
    "__defaults__",
    "__kwdefaults__",
    "__qualname__",
    "__doc__",
    "__module__",
    "__annotate__" if sys.version_info >= (3, 14) else "__annotations__",
    *(["__type_params__"] if sys.version_info >= (3, 12) else []),
)


class Definitions:
    """Reduces functions, classes and what is made of them, for one pack.

    Attributes:
        filenames: the file names of all code that was reduced, or that a traceback leads through.
    """

    def __init__(self) -> None:
        self.filenames: set[str] = set()
        self._general = cloudpickle.Pickler(BytesIO())

    def plan(self, kind: type) -> Reducer | None:
        """Return what reduces objects of this exact type, None where it is not ours to say."""
        if kind is FunctionType:
            return self._function
        if issubclass(kind, type):
            return self._class
        if kind is CodeType:
            return _code
        if kind is TracebackType:
            return lambda traceback: reduce_traceback(traceback, self.filenames)
        return None

    def _function(self, function: Any) -> Reduction:
        home = _home(function)
        if home != "__main__" and cloudpickle._should_pickle_by_reference(function):
            return NotImplemented
        original = None if home == "__main__" else replaced(function)
        if original is not None:
            return original
        self.filenames.add(function.__code__.co_filename)
        if home is None:
            return self._general.reducer_override(function)
        cells = function.__closure__ or ()
        state = {name: getattr(function, name) for name in _FUNCTION_STATE}
        contents = [_contents(cell) for cell in cells]
        arguments = (home, function.__code__, function.__name__, function.__closure__)
        return make_function, arguments, (dict(vars(function)), state, contents), None, None, fill_function

    def _class(self, cls: Any) -> Reduction:
        reduction = replaced(cls) or self._general.reducer_override(cls)
        if reduction is NotImplemented:
            return reduction
        maker, arguments, *rest = reduction
        if maker is cloudpickle._make_skeleton_class:
            meta, name, _, namespace, tracker, _ = arguments
            asked = {each: vars(cls)[each] for each in ("__slots__", "__orig_bases__") if each in vars(cls)}
            made = (meta, name, cls.__bases__, {**namespace, **asked}, tracker)
            return make_class, made, (tracker, _attributes(cls, rest[0][0]), {}), None, None, fill_class
        if maker is cloudpickle._make_skeleton_enum:
            tracker = arguments[5]
            members = {member.name: _member_state(member) for member in cls.__members__.values()}
            values = {name: member.value for name, member in cls.__members__.items()}  # with other names of members
            arguments = (*arguments[:3], values, *arguments[4:])
            attributes = {name: value for name, value in rest[0][0].items() if name not in values}
            return make_enum, arguments, (tracker, attributes, members), None, None, fill_class
        return reduction


def _home(function: FunctionType) -> str | None:
    """The name of the module whose namespace a function uses, None for a namespace that no module has."""
    main = sys.modules["__main__"]
    if function.__globals__ is vars(main):
        return "__main__"
    name = function.__globals__.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name if module is not None and vars(module) is function.__globals__ else None


def _code(code: CodeType) -> Reduction:
    """Code with the name of its file, which cloudpickle 3.1.3 replaces by `<dynamic-code>`."""
    make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return make_code, (make, arguments, code.co_filename)


def make_code(make: Callable[..., CodeType], arguments: tuple[Any, ...], filename: str) -> CodeType:
    """Return code as it was in its own file."""
    return make(*arguments).replace(co_filename=filename)


def _contents(cell: CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # empty: its variable is not bound yet
        return ()


def make_function(home: str, code: CodeType, name: str, closure: Any) -> FunctionType:
    """Return a function of module `home` without its state."""
    return FunctionType(code, vars(import_module(home)), name, None, closure)


def fill_function(function: Any, state: tuple[dict[str, Any], dict[str, Any], list[tuple[Any, ...]]]) -> None:
    """Give a function its attributes and the contents of its closure."""
    attributes, special, contents = state
    for name, value in special.items():
        setattr(function, name, value)
    vars(function).update(attributes)
    for index, held in enumerate(contents):
        if held:
            function.__closure__[index].cell_contents = held[0]


class _Arrivals:
    """What the pack that is being read may say about classes that are already here.

    Attributes:
        owned: tracker ids of the classes that it was asked for by name.
        known: tracker ids of those it brought that were here already.
        asked: the variable that is being read was asked for; others are read on the way to it.
    """

    def __init__(self, owned: Iterable[str] = ()) -> None:
        self.owned = frozenset(owned)
        self.known: set[str] = set()
        self.asked = True

    def may_fill(self, tracker: str, cls: Any) -> bool:
        """Whether the pack says what a class holds: it made it, or is asked for it, or no variable is the class."""
        if tracker in self.owned:
            _nameless.discard(tracker)
            return True
        return tracker not in self.known or (self.asked and (tracker in _nameless or not _is_variable(cls)))


_arrivals = _Arrivals()

_nameless: set[str] = set()
"""Tracker ids of classes that no variable of this kernel is: something of or behind them in a pack was asked for.

Such a class may have lost its name to another. The last pack that is asked for something of it says what it holds.
"""


@contextmanager
def receiving(owned: Iterable[str]) -> Iterator[_Arrivals]:
    """While a pack is read: the classes of these tracker ids take over what the pack says of them."""
    global _arrivals
    before, _arrivals = _arrivals, _Arrivals(owned)
    try:
        yield _arrivals
    finally:
        _arrivals = before


def tracker_of(value: Any) -> str | None:
    """Return the id that a class keeps in every kernel, None for other values and for classes of libraries."""
    if not isinstance(value, type) or cloudpickle._should_pickle_by_reference(value):
        return None
    found: str = cloudpickle._get_or_create_tracker_id(value)
    return found


def drop(name: str, namespace: dict[str, Any]) -> None:
    """Remove a variable that the step does not see; a class may lose its last name by that."""
    value = namespace.pop(name, None)
    tracker = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS.get(value) if isinstance(value, type) else None
    if tracker is not None and not _is_variable(value):
        _nameless.add(tracker)


def _is_variable(value: Any) -> bool:
    return any(each is value for each in vars(sys.modules["__main__"]).values())


def _known(tracker: str) -> Any:
    known = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.get(tracker)
    if known is not None:
        _arrivals.known.add(tracker)
    elif tracker not in _arrivals.owned:
        _nameless.add(tracker)
    return known


def make_class(meta: Any, name: str, bases: tuple[Any, ...], namespace: dict[str, Any], tracker: str) -> Any:
    """Return the class that has this tracker id, made without its attributes if it is new here."""
    known = _known(tracker)
    if known is not None:
        return known
    return cloudpickle._lookup_class_or_track(tracker, _bare_class(meta, name, bases, namespace))


def _bare_class(meta: Any, name: str, bases: tuple[Any, ...], namespace: dict[str, Any]) -> Any:
    """Make a class without running the notebook's metaclass and `__init_subclass__` a second time."""
    with _unhooked(bases):
        if getattr(meta, "__name__", None) == "_TypedDictMeta":
            return type.__new__(meta, name, (dict,), namespace)
        if meta.__module__ != "__main__":
            return new_class(name, bases, {"metaclass": meta}, lambda body: body.update(namespace))
        library = next(each for each in meta.__mro__ if each.__module__ != "__main__")
        return library.__new__(meta, name, bases, namespace)


def _ignore(*_: Any, **__: Any) -> None:
    """Stands for a hook that has run where the class was made."""


@contextmanager
def _unhooked(bases: tuple[Any, ...]) -> Iterator[None]:
    hooks = {
        each: vars(each)["__init_subclass__"]
        for base in bases
        for each in base.__mro__
        if each.__module__ == "__main__" and "__init_subclass__" in vars(each)
    }
    for each in hooks:
        type.__setattr__(each, "__init_subclass__", classmethod(_ignore))
    try:
        yield
    finally:
        for each, hook in hooks.items():
            type.__setattr__(each, "__init_subclass__", hook)


def make_enum(*arguments: Any) -> Any:
    """Return the enumeration that has this tracker id, made with its members only if it is new here."""
    known = _known(arguments[5])
    return cloudpickle._make_skeleton_enum(*arguments) if known is None else known


def _member_state(member: Any) -> dict[str, Any]:
    """What an enumeration's own `__init__` or `__new__` left on a member."""
    return {name: value for name, value in vars(member).items() if not (name.startswith("_") and name.endswith("_"))}


def fill_class(cls: Any, state: tuple[str, dict[str, Any], dict[str, dict[str, Any]]]) -> None:
    """Give a class its attributes, unless it is here already and not this pack's to change."""
    tracker, attributes, members = state
    if not _arrivals.may_fill(tracker, cls):
        return
    if tracker in _arrivals.known:
        for name in _own_attributes(cls) - set(attributes):
            type.__delattr__(cls, name)
    assign: Any = type.__setattr__ if type(cls).__module__ == "__main__" else setattr
    for name, value in attributes.items():
        if name != "_abc_impl":
            assign(cls, name, value)
    for subclass in attributes.get("_abc_impl", ()):
        cls.register(subclass)
    for name, extra in members.items():
        vars(cls[name]).update(extra)


def _own_attributes(cls: Any) -> set[str]:
    _, _, state, *_ = cloudpickle._dynamic_class_reduce(cls)
    return set(_attributes(cls, state[0]))


def _attributes(cls: Any, found: dict[str, Any]) -> dict[str, Any]:
    """What cloudpickle found of a class, and what it left out because a base holds the same object."""
    held = [value for base in cls.__bases__ for value in vars(base).values()]
    same = {name: value for name, value in vars(cls).items() if any(value is each for each in held)}
    return {**same, **found}


def sources(filenames: Iterable[str]) -> dict[str, str]:
    """Return the text of those files that exist in `linecache` only: cells of a notebook, for example."""
    texts = ((name, "".join(getlines(name))) for name in sorted(filenames) if not exists(name))
    return {name: text for name, text in texts if text}


def remember_sources(texts: dict[str, str]) -> None:
    """Let tracebacks and `inspect.getsource` find the text of code that came from another kernel."""
    for name, text in texts.items():
        linecache.cache.setdefault(name, (len(text), None, text.splitlines(keepends=True), name))
