"""The state of the walk: variables, what is bound for certain, and the notes about the present cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names.facts import SETTINGS, STATE_PREFIX, CellFacts, Use
from nb2ops.compiler.names.kept import Kept
from nb2ops.compiler.names.objects import Objects
from nb2ops.compiler.names.scopes import BUILTINS, IPYTHON_NAMES
from nb2ops.compiler.names.sharing import (
    UNDEFINED,
)
from nb2ops.compiler.names.values import LAZY, Code, Frame, Function, Region, Value, join_all, link, staying

_SOURCES = re.compile(r"_i{1,3}|_i\d+|_ih")
CALL_DEPTH = 40
CLOSURE_DEPTH = 20
"""Functions of one definition that may call each other: wrappers of wrappers."""

CALL_BUDGET = 20_000
"""Calls, and statements of called functions, that are walked for one cell."""

GUESS_BUDGET = 200
"""Calls that may happen, by somebody who was given a function, that are walked for one cell."""

CHOICE_BUDGET = 1_000
"""Functions that one call may lead to, beyond the first of each, that are walked for one cell."""


@dataclass(slots=True)
class _Moment:
    """What is known at a point of the code."""

    env: dict[str, Value]
    bound: set[str]
    local: dict[str, Value]
    dirty: set[str]


@dataclass(slots=True)
class _Exits:
    """States at which control left a block early."""

    left: list[_Moment] = field(default_factory=list)


class Walk(Objects):
    """Walks a notebook; `expressions`, `statements`, `calls` and `magics` move it on.

    Attributes:
        bound: module variables that the present cell has bound for certain.
        stopped: control cannot reach what follows (after return, raise, break, continue).
        kept: what the session keeps beside its variables.
        carried_along: names that every later cell needs though it does not say so: what libraries hold on to.
        thrown: what the present cell raises, and from what.
        run: walks a list of statements (set by `analysis`).
    """

    def __init__(self, run: Callable[[Walk, Iterable[ast.stmt]], None]) -> None:
        super().__init__()
        self.run = run
        self.bound: set[str] = set()
        self.stopped = False
        self.carried_along: set[str] = set()
        self.thrown: list[Value] = []
        self.kept = Kept()
        self._node: ast.AST = ast.Pass()
        self._dirty: set[str] = set()
        self._written: set[str] = set()
        self._unbound: set[str] = set()
        self._uncertain = 0
        self._budget, self._guesses, self._choices = CALL_BUDGET, GUESS_BUDGET, CHOICE_BUDGET
        self._exits: list[_Exits] = []
        self._raises: list[_Exits] = []
        self._carried: set[Code] = set()
        self._functions = 0
        self._staying: dict[str, str] = {}

    # The cell

    def start_cell(self, number: int, keeps: frozenset[str]) -> None:
        """Begin to take notes about a cell."""
        self.facts = self.all_facts[number] = CellFacts(number)
        self.bound, self._dirty, self._carried, self._written = set(), set(), set(), set()
        self._before, self._unbound = dict(self.env), set()
        self.keeps, self.stopped, self.offset = keeps, False, 0
        self._budget, self._guesses, self._choices = CALL_BUDGET, GUESS_BUDGET, CHOICE_BUDGET
        self.thrown.clear()

    def finish_cell(self) -> None:
        """Sort what the cell wrote into what it binds for certain and what it may bind."""
        for name in self.carried_along - self.bound:
            self.facts.maybe_uses.setdefault(name, Use(1, False))
        written = self._dirty
        self.facts.defines = {name for name in written & self.bound if name in self.env}
        self.facts.deletes = {name for name in written if name not in self.env}
        self.facts.maybe_defines = written - self.facts.defines - self.facts.deletes
        self.facts.binds &= written - self.facts.deletes
        self.note_touched()
        self.facts.removes = self._unbound & self._before.keys() & written - self.facts.defines
        self._note_staying(written)

    def _note_staying(self, written: set[str]) -> None:
        """Note which variables cannot leave the kernel, as far as is known after the cell."""
        for name in written:
            value = self.env.get(name)
            self._staying.pop(name, None)
            if value is not None and value.stays:
                self._staying[name] = value.stays
        self.facts.staying = dict(self._staying)

    def stay(self, node: ast.AST, how: str, why: str) -> None:
        """Note that from here on the settings cannot leave the kernel."""
        self.set_state(SETTINGS, node, how)
        self._staying[STATE_PREFIX + SETTINGS] = why

    # Names

    def _frame_of(self, name: str) -> Frame | None:
        if self.frame is None:
            return None
        return next((frame for frame in self.frame.visible() if name in frame.locals), None)

    def is_local(self, name: str) -> bool:
        """Whether a name is a variable of the function, class body or comprehension that is walked."""
        return self._frame_of(name) is not None

    def read(self, name: str, node: ast.AST) -> Value:
        """Return what a name stands for, and note the use of a module variable."""
        frame = self._frame_of(name)
        if frame is not None and (name in frame.variables or frame.is_function):
            return frame.variables.get(name, Value())
        name = self._kept_as(name)
        value = self.env.get(name)
        if value is None and name in BUILTINS:
            self.facts.builtins.add(name)
            if self.unknown_names:
                self.facts.maybe_uses.setdefault(name, Use(self.line(node), False))
            return Value(f"ref:builtins.{name}")
        if name not in self.bound:
            self._note_use(name, node)
        if value is None:
            return self._foreign(name)
        if name not in self.bound and name not in self._before and name not in self._unbound:
            link((value, self._foreign(name)))
            self.env[name] = value
        self._carry(value, node)
        return value._replace(text=None) if self.unknown_names and value.text is not None else value

    def _foreign(self, name: str) -> Value:
        """Return what stands for a name that no cell defines."""
        module = knowledge().convention(name)
        if module is not None and not self.unknown_names:
            return Value(f"ref:{module}")
        region = Region()
        value = Value(None if self.unknown_names or name in IPYTHON_NAMES else UNDEFINED, region)
        if name not in self._unbound:
            self._before[name] = self.env[name] = value
            region.names.add(name)
        return value

    def look_up(self, name: str, node: ast.AST) -> Value:
        """Return what a name of the module stands for, which need not be there."""
        if name in self.env or name in self.bound:
            return self.read(name, node)
        if name in BUILTINS:
            return Value()
        self.facts.looks_up.add(name)
        self.facts.maybe_uses.setdefault(name, Use(self.line(node), False))
        return Value()

    def read_patched(self, name: str, node: ast.AST) -> Value:
        """Return what the notebook put under a name into a library; it needs what its code reads."""
        self._carry(self.kept.patched[name], node)
        return self.kept.patched[name]

    def _kept_as(self, name: str) -> str:
        """The name under which IPython's record of sources crosses."""
        if self.kept.sources and _SOURCES.fullmatch(name) and name not in self.env:
            return "In"
        return name

    def _note_use(self, name: str, node: ast.AST) -> None:
        certain = self._uncertain == 0 and name not in self._written
        known = self.facts.uses.get(name)
        if known is None or (certain and not known.certain):
            self.facts.uses[name] = Use(self.line(node), certain, self.through)

    def _carry(self, value: Value, node: ast.AST) -> None:
        """Note that functions handed around need their free variables wherever they are called."""
        todo = [*value.code]
        while todo:
            code = todo.pop()
            if code in self._carried:
                continue
            self._carried.add(code)
            for name in code.free:
                if name in self.env and name not in self.bound:
                    self.facts.maybe_uses.setdefault(name, Use(self.line(node), False, code.name))
                    todo.extend(self.env[name].code)

    def bind(self, name: str, value: Value) -> None:
        """Bind a name in the present scope."""
        if self.frame is not None and name in self.frame.locals:
            self.frame.bind(name, value)
            return
        outer = self._frame_of(name)
        if outer is not None:
            outer.bind(name, value)
            self.change(Value(None, outer.home), self._node, f"assigns to {name}")
            return
        self.bind_module(name, value)

    def bind_module(self, name: str, value: Value) -> None:
        """Bind a module variable; an iterator that has a name can be drawn from again later."""
        if value.parts:
            held = (value, *value.sources)
            value = value._replace(region=link(held), parts=(), stays=staying((value,)), sources=())
        if value.kind in ("temporary", LAZY):
            value = value._replace(kind="iterator")
        self._take_from_class(name)
        self.env[name] = value
        self.bound.add(name)
        self._dirty.add(name)
        self._written.add(name)
        self.facts.binds.add(name)
        if value.region is not None:
            region = value.region.root
            region.names.add(name)
            self.touch(region)

    def _take_from_class(self, name: str) -> None:
        """Objects that keep a class which loses its name have it as it is now."""
        if self.leave_class(name, self._node):
            self.read(name, self._node)

    def unbind(self, name: str, node: ast.AST) -> None:
        """Delete a name."""
        frame = self._frame_of(name)
        if frame is not None:
            frame.variables.pop(name, None)
            return
        if name not in self.bound:
            self.read(name, node)
        self._unbound.add(name)
        self._take_from_class(name)
        self.env.pop(name, None)
        self.bound.discard(name)
        self._dirty.add(name)
        self._written.discard(name)

    # Control flow

    @property
    def is_guarded(self) -> bool:
        """Whether a `try`, or whoever calls the function, decides what an exception here means."""
        return bool(self._raises or self._calls)

    def _save(self) -> _Moment:
        local = dict(self.frame.variables) if self.frame else {}
        return _Moment(dict(self.env), set(self.bound), local, set(self._dirty))

    def _restore(self, moment: _Moment) -> None:
        self.env, self.bound = dict(moment.env), set(moment.bound)
        if self.frame:
            self.frame.variables = dict(moment.local)

    def _join(self, start: _Moment, ends: list[_Moment]) -> None:
        """Continue with what holds at all of several moments that came from one."""
        written = set().union(*(end.dirty for end in ends))
        env = dict(start.env)
        for name in written:
            found = [end.env[name] for end in ends if name in end.env]
            if found:
                env[name] = join_all(found)
            else:
                env.pop(name, None)
        local_names = set().union(*(end.local for end in ends))
        local = {name: join_all([end.local[name] for end in ends if name in end.local]) for name in local_names}
        self._restore(_Moment(env, set.intersection(*(end.bound for end in ends)), local, set()))
        self._dirty |= written

    def branches(self, *bodies: Callable[[], object]) -> None:
        """Walk alternatives, each from the present state; go on with what holds after any of them."""
        start, outer = self._save(), self._dirty
        ends = []
        self._uncertain += 1
        for body in bodies:
            self._restore(start)
            self._dirty, self.stopped = set(), False
            body()
            outer = outer | self._dirty
            if not self.stopped:
                ends.append(self._save())
        self._uncertain -= 1
        self._dirty, self.stopped = outer, not ends
        if ends:
            self._join(start, ends)

    def maybe(self, body: Callable[[], object]) -> None:
        """Walk something that may not happen."""
        self.branches(lambda: None, body)

    @contextmanager
    def block(self) -> Iterator[None]:
        """A loop or function body: control that leaves it early goes on after it."""
        yield from self._catching(self._exits)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """The body of a `try`: control that raises goes on after it."""
        yield from self._catching(self._raises)

    def _catching(self, stack: list[_Exits]) -> Iterator[None]:
        start, outer = self._save(), self._dirty
        self._dirty = set()
        stack.append(_Exits())
        yield
        ends = stack.pop().left
        if not self.stopped:
            ends.append(self._save())
        outer = outer | self._dirty
        self.stopped = not ends
        if ends:
            self._join(start, ends)
        self._dirty |= outer

    def leave(self) -> None:
        """Control goes on after the innermost block (return, break, continue)."""
        if self._exits:
            self._exits[-1].left.append(self._save())
        self.stopped = True

    def throw(self) -> None:
        """Control goes on in the innermost handler."""
        if self._raises:
            self._raises[-1].left.append(self._save())
        self.stopped = True

    # Calls of the notebook's functions

    def count_function(self) -> int:
        """Return how many functions were made before one that is made now."""
        self._functions += 1
        return self._functions

    def is_inside(self, function: Function, *, exact: bool) -> bool:
        """Whether a function is being walked already, or, unless it is exactly that one, another of its definition."""
        return any(each is function or (each.node is function.node and not exact) for each in self._calls)

    def is_too_deep(self, function: Function) -> bool:
        """Whether a call of a function is not walked: so deep, or in so many that one definition has made."""
        alike = sum(each.node is function.node for each in self._calls)
        return len(self._calls) >= CALL_DEPTH or alike >= CLOSURE_DEPTH or self._budget <= 0

    def guess(self) -> bool:
        """Whether one more call that may happen is walked; wrappers of wrappers would lead to ever more of them."""
        self._guesses -= 1
        return self._guesses >= 0

    def choose(self) -> bool:
        """Whether one more function that a call may lead to is walked; decorators of decorators make ever more."""
        self._choices -= 1
        return self._choices >= 0

    @contextmanager
    def entering(self, function: Function, frame: Frame, node: ast.AST) -> Iterator[None]:
        """Walk the body of a function; each call counts against the budget of the present cell."""
        self._budget -= 1
        outer_site, outer_frame, outer_exits = self._site, self.frame, self._exits
        self._site = self.line(node)
        self._calls.append(function)
        self._exits = []
        self.frame = frame
        try:
            yield
        finally:
            self._site, self.frame, self._exits = outer_site, outer_frame, outer_exits
            self._calls.pop()
            self.stopped = False

    def at(self, statement: ast.stmt) -> None:
        """Go on to a statement; those of called functions count against the budget of the present cell."""
        self._node = statement
        if self._calls:
            self._budget -= 1

    @contextmanager
    def scope(self, frame: Frame) -> Iterator[None]:
        """Walk a class body or comprehension."""
        outer, self.frame = self.frame, frame
        try:
            yield
        finally:
            self.frame = outer
