"""What the analysis knows of an object: its kind, and which objects it may share memory with.

Objects that may share memory live in one *region*; regions only ever merge (a union-find structure, after
Steensgaard, "Points-to analysis in almost linear time", POPL 1996). A change to an object is a change to every
variable whose value lies in its region.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from posixpath import join as join_path
from typing import Literal, NamedTuple


class Region:
    """A set of objects that may share memory.

    Attributes:
        names: variables that were bound to an object here.
        code: functions and classes of the notebook that are reachable from here.
        touched: cells that bound or linked a variable here since the last change -> the variables that were here then.
        files: files that are open here, each with mode ("read" or "write"), path and the cell that opened it.
    """

    __slots__ = ("_parent", "code", "files", "names", "touched")

    def __init__(self, code: Iterable[Code] = ()) -> None:
        self._parent: Region | None = None
        self.names: set[str] = set()
        self.code: set[Code] = set(code)
        self.touched: dict[int, set[str]] = {}
        self.files: set[tuple[Literal["read", "write"], str | None, int]] = set()

    @property
    def root(self) -> Region:
        """The region that this one has become part of."""
        found = self
        while found._parent is not None:
            found = found._parent
        node = self
        while node._parent is not None:
            node._parent, node = found, node._parent
        return found

    def merge(self, other: Region) -> Region:
        """Make two regions one and return it."""
        big, small = self.root, other.root
        if big is small:
            return big
        if len(big.names) < len(small.names):
            big, small = small, big
        small._parent = big
        big.names |= small.names
        big.code |= small.code
        for cell, names in small.touched.items():
            big.touched.setdefault(cell, set()).update(names)
        big.files |= small.files
        return big


class Value(NamedTuple):
    """What is known of one object.

    Attributes:
        kind: a name of `knowledge` ("list", "pandas.DataFrame", "module:numpy", "call:numpy.sort", ...),
            None where unknown.
        region: where it lives; None for what cannot be changed in place.
        each: kind of the items, where that is known.
        parts: what a tuple that was just made holds; linked only when it gets a name or is stored.
        stays: why it cannot leave its kernel, None where it can or nobody knows.
        text: of a string or path, where it is known.
        sources: what an iterator that was just made draws from; linked only when it gets a name.
        calls: the functions of the notebook that it is, one of them; None where that is not known.
    """

    kind: str | None = None
    region: Region | None = None
    each: str | None = None
    parts: tuple[Value, ...] = ()
    stays: str | None = None
    text: str | None = None
    sources: tuple[Value, ...] = ()
    calls: frozenset[Function] | None = None

    @property
    def called(self) -> frozenset[Code]:
        """Functions and classes of the notebook that a call of the object may lead to."""
        return self.code if self.calls is None else self.calls

    @property
    def code(self) -> frozenset[Code]:
        """Functions and classes of the notebook that can be reached through the object."""
        return frozenset(self.region.root.code) if self.region else frozenset()


SCALAR = Value("scalar")
LAZY = "lazy"
"""The kind of a generator expression that nobody has kept: its parts are what it draws from and its code."""


def text_value(text: str | None, kind: str = "scalar") -> Value:
    """A string or path, whose text may be known."""
    region = None if kind == "scalar" else Region()
    return Value(kind, region, text=text)


def joined_path(values: Iterable[Value]) -> str | None:
    """Return the path that several parts make, None where one is not known."""
    texts = [value.text for value in values]
    known = [text for text in texts if text is not None]
    return join_path(*known) if known and len(known) == len(texts) else None


def fresh(kind: str | None = None, each: str | None = None, code: Iterable[Code] = ()) -> Value:
    """A new object that shares nothing."""
    return Value(kind, Region(code), each)


def link(values: Iterable[Value]) -> Region | None:
    """Merge the regions of all values and return the one they now share."""
    regions = [region for value in values for region in _regions(value)]
    if not regions:
        return None
    shared = regions[0].root
    for region in regions[1:]:
        shared = shared.merge(region)
    return shared


def _regions(value: Value) -> Iterator[Region]:
    if value.region is not None:
        yield value.region
    for part in value.parts:
        yield from _regions(part)


def item(value: Value) -> Value:
    """What is known of the items of an object."""
    if value.kind in ("temporary", "items") and value.parts:
        return Value(tuple_kind(part.kind for part in value.parts), Region(), parts=value.parts)
    if value.parts and value.kind != LAZY:
        return join_all(value.parts)
    kinds = set(parts(value.kind))
    kind = kinds.pop() if len(kinds) == 1 else _ITEMS.get(value.kind or "", value.each)
    return SCALAR if kind == "scalar" else Value(kind, value.region)


_ITEMS = {
    "scalar": "scalar",
    "range": "scalar",
    "pandas.DataFrame": "scalar",
    "pandas.Index": "scalar",
    "numpy.ndarray": "numpy.ndarray",
    "matplotlib": "matplotlib",
    "undefined": "undefined",
    "items": "tuple",
}


def tuple_kind(kinds: Iterable[str | None]) -> str:
    """Return the kind of a tuple whose items have these kinds: `tuple(scalar,pandas.DataFrame)`."""
    return f"tuple({','.join(kind or '' for kind in kinds)})"


def parts(kind: str | None) -> list[str | None]:
    """Return the kinds of a tuple's items; none where they are not known.

    Example:
        >>> parts("tuple(scalar,tuple(list,))")
        ['scalar', 'tuple(list,)']
    """
    if kind is None or not kind.startswith("tuple("):
        return []
    found, depth, item = [], 0, ""
    for character in kind[6:-1]:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            found.append(item)
            item = ""
        else:
            item += character
    return [each or None for each in (*found, item)]


def join(left: Value, right: Value) -> Value:
    """What is known after a branch in which an object is one of two."""
    if left == right and not left.parts:
        return left
    return Value(
        left.kind if left.kind == right.kind else None,
        link((left, right)),
        left.each if left.each == right.each else None,
        stays=staying((left, right)),
        calls=None if left.calls is None or right.calls is None else left.calls | right.calls,
    )


def staying(values: Iterable[Value]) -> str | None:
    """Return why what holds these objects cannot leave its kernel, None where it can or nobody knows."""
    for value in values:
        found = value.stays or staying(value.parts)
        if found:
            return found
    return None


def join_all(values: Sequence[Value]) -> Value:
    """What is known where an object is any of several; None (the object) where there is none."""
    return reduce(join, values) if values else SCALAR


class Field(NamedTuple):
    """What is known of an attribute of a class's objects: the kind of the object in it, and of that one's items."""

    kind: str | None
    each: str | None


@dataclass(eq=False, slots=True)
class Frame:
    """The local variables of a function, class body or comprehension while it is walked.

    Attributes:
        locals: names that are local here, bound or not yet.
        variables: what is bound.
        parent: the frame of the enclosing function, None in one at the top.
        is_function: names in it are seen by nested functions (not so in a class body).
        captured: locals that nested functions read: they live as long as these.
        home: where the captured variables live.
        held: captured variable -> the functions that it has been so far, None where that is not known.
        receiver: the first argument, which `super()` needs.
        returned: values that were returned or yielded.
    """

    locals: frozenset[str]
    variables: dict[str, Value] = field(default_factory=dict)
    parent: Frame | None = None
    is_function: bool = True
    captured: frozenset[str] = frozenset()
    home: Region = field(default_factory=Region)
    held: dict[str, frozenset[Function] | None] = field(default_factory=dict)
    receiver: Value | None = None
    returned: list[Value] = field(default_factory=list)

    def bind(self, name: str, value: Value) -> None:
        """Bind a local variable; what nested functions find in it depends on where they were left behind."""
        if name in self.captured:
            link((value, Value(None, self.home)))
            known = self.held.setdefault(name, value.calls)
            calls = None if known is None or value.calls is None else known | value.calls
            self.held[name], value = calls, value._replace(calls=calls)
        self.variables[name] = value

    def visible(self) -> Iterator[Frame]:
        """This frame, then those around it whose names it sees."""
        yield self
        frame = self.parent
        while frame is not None:
            if frame.is_function:
                yield frame
            frame = frame.parent


@dataclass(eq=False, frozen=True, slots=True)
class Function:
    """A function or lambda of the notebook.

    Attributes:
        node: its definition.
        frame: the frame that it was defined in.
        free: names that it, or a function inside it, reads from the module.
        generator: calling it gives a generator.
        home: where its defaults and attributes live.
        decorators: as written; of a method that a decorator replaced, those of the method.
        order: which of the walk's functions it is: of several the first is called first, whatever their addresses are.
        others: what a method may be instead, where a decorator has left one of several.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame | None
    free: frozenset[str]
    generator: bool
    home: Region
    decorators: tuple[ast.expr, ...]
    order: int = 0
    others: tuple[Function, ...] = ()

    @property
    def name(self) -> str:
        """The name in the source."""
        return "lambda" if isinstance(self.node, ast.Lambda) else self.node.name


@dataclass(eq=False, frozen=True, slots=True)
class Class:
    """A class of the notebook.

    Attributes:
        name: the name in the source.
        methods: its functions, with those that it inherits from classes of the notebook.
        properties: getters, setters and other decorated functions, all of one name together.
        inherited: the methods that its bases have.
        attributes: names of its other attributes that can be changed in place, inherited ones included.
        fields: what was stored in attributes of its objects so far, None where that was of several kinds.
        free: names that its methods read from the module, its own name among them.
        home: where the class itself lives.
        meta: its objects are classes.
        order: see `Function`.
    """

    name: str
    methods: dict[str, Function]
    properties: dict[str, tuple[Function, ...]]
    inherited: dict[str, Function]
    attributes: frozenset[str]
    fields: dict[str, Field | None]
    free: frozenset[str]
    home: Region
    meta: bool = False
    order: int = 0


Code = Function | Class


def forget_fields(owner: Value) -> None:
    """Something may have stored anything in attributes of an object."""
    for code in owner.code:
        if isinstance(code, Class):
            code.fields.update(dict.fromkeys(code.fields))
