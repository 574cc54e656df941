"""The state of the walk: variables, what is bound for certain, and the notes about the present cell."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from nb2ops.compiler.names.facts import MODULES, RANDOM, CellFacts, Touch, Use, WorldEffect
from nb2ops.compiler.names.values import Code, Frame, Region, Value, join_all, link

IPYTHON_NAMES = frozenset({"In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh", "_exit_code"})
BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "exit", "quit", "open", "__name__", "__doc__"}
CALL_DEPTH = 24
CALL_BUDGET = 20_000


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


class Walk:
    """Walks a notebook; `expressions`, `statements`, `calls` and `magics` move it on.

    Attributes:
        facts: notes about the present cell.
        env: the module's variables.
        bound: module variables that the present cell has bound for certain.
        frame: the function or class body being walked, None at the top.
        stopped: control cannot reach what follows (after return, raise, break, continue).
        seeded: the random state was set by somebody.
        unknown_names: a cell defined names that cannot be known.
        local_modules: names of the modules beside the notebook.
        carried_along: names that every later cell needs though it does not say so: imports with an effect.
        deleted: name -> cell that deleted it.
        run: walks a list of statements (set by `analysis`).
    """

    def __init__(self, run: Callable[[Walk, Iterable[ast.stmt]], None]) -> None:
        self.run = run
        self.facts = CellFacts(0)
        self.all_facts: dict[int, CellFacts] = {}
        self.env: dict[str, Value] = {}
        self.bound: set[str] = set()
        self.frame: Frame | None = None
        self.stopped = False
        self.seeded = False
        self.unknown_names = False
        self.deleted: dict[str, int] = {}
        self.keeps: frozenset[str] = frozenset()
        self.offset = 0
        self.local_modules: frozenset[str] = frozenset()
        self.carried_along: set[str] = set()
        self._node: ast.AST = ast.Pass()
        self._dirty: set[str] = set()
        self._written: set[str] = set()
        self._uncertain = 0
        self._site: int | None = None
        self._calls: list[Code] = []
        self._budget = CALL_BUDGET
        self._exits: list[_Exits] = []
        self._raises: list[_Exits] = []
        self._carried: set[Code] = set()

    # The cell

    def start_cell(self, number: int, keeps: frozenset[str]) -> None:
        """Begin to take notes about a cell."""
        self.facts = self.all_facts[number] = CellFacts(number)
        self.bound, self._dirty, self._carried, self._written = set(), set(), set(), set()
        self.keeps, self.stopped, self.offset, self._budget = keeps, False, 0, CALL_BUDGET

    def finish_cell(self) -> None:
        """Sort what the cell wrote into what it binds for certain and what it may bind."""
        for name in self.carried_along - self.bound:
            self.facts.maybe_uses.setdefault(name, Use(1, False))
        written = self._dirty
        self.facts.defines = {name for name in written & self.bound if name in self.env}
        self.facts.deletes = {name for name in written if name not in self.env}
        self.facts.maybe_defines = written - self.facts.defines - self.facts.deletes

    def line(self, node: ast.AST) -> int:
        """Return the line of the cell that a node belongs to; in a called function, the line of the call."""
        return self._site if self._site is not None else getattr(node, "lineno", 1) + self.offset

    @property
    def through(self) -> str | None:
        """The notebook's function that is being walked, outermost first."""
        return self._calls[0].name if self._calls else None

    def how(self, text: str) -> str:
        """Return a description that names the function through which something happens."""
        return f"{text} in {self.through}()" if self.through else text

    # Names

    def _frame_of(self, name: str) -> Frame | None:
        if self.frame is None:
            return None
        return next((frame for frame in self.frame.visible() if name in frame.locals), None)

    def read(self, name: str, node: ast.AST) -> Value:
        """Return what a name stands for, and note the use of a module variable."""
        frame = self._frame_of(name)
        if frame is not None and (name in frame.variables or frame.is_function):
            return frame.variables.get(name, Value())
        value = self.env.get(name)
        if value is None and name in BUILTINS and not self.unknown_names:
            return Value(f"ref:builtins.{name}")
        if value is None and name in BUILTINS:
            self.facts.maybe_uses.setdefault(name, Use(self.line(node), False))
            return Value(f"ref:builtins.{name}")
        if name not in self.bound:
            self._note_use(name, node)
        if value is None:
            return Value()
        self._carry(value, node)
        return value

    def _note_use(self, name: str, node: ast.AST) -> None:
        certain = self._uncertain == 0 and name not in self._written
        known = self.facts.uses.get(name)
        if known is None or (certain and not known.certain):
            self.facts.uses[name] = Use(self.line(node), certain, self.through)

    def _carry(self, value: Value, node: ast.AST) -> None:
        """Note that functions handed around need their free variables wherever they are called."""
        todo = [each for each in value.code if each not in self._carried]
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
            value = value._replace(region=link((value,)), parts=())
        if value.kind == "temporary":
            value = value._replace(kind="iterator")
        self.env[name] = value
        self.bound.add(name)
        self._dirty.add(name)
        self._written.add(name)
        self.deleted.pop(name, None)
        if value.region is not None:
            region = value.region.root
            region.names.add(name)
            self.touch(region)

    def unbind(self, name: str, node: ast.AST) -> None:
        """Delete a name."""
        frame = self._frame_of(name)
        if frame is not None:
            frame.variables.pop(name, None)
            return
        if name not in self.bound:
            self._note_use(name, node)
        self.env.pop(name, None)
        self.bound.discard(name)
        self._dirty.add(name)
        self._written.discard(name)
        self.deleted[name] = self.facts.cell

    # Objects

    def names_in(self, region: Region) -> set[str]:
        """Return the module variables whose object lies in a region now."""
        root = region.root
        alive = {
            name
            for name in root.names
            if (value := self.env.get(name)) is not None and value.region is not None and value.region.root is root
        }
        root.names = alive
        return alive

    def touch(self, region: Region) -> None:
        """Note that the present cell gave an object of the region a name, or linked it with another."""
        region.root.touched.add(self.facts.cell)

    def change(self, value: Value, node: ast.AST, how: str) -> None:
        """Note an in-place change of an object: every variable that may share it has changed."""
        if value.region is None or value.kind == "scalar":
            return
        for part in value.parts:
            self.change(part, node, how)
        for name in self.identity(value) - self.keeps:
            self.facts.changes.setdefault(name, Touch(self.line(node), self.how(how)))

    def identity(self, value: Value) -> set[str]:
        """Note that it matters which variables are one object; return those that may be."""
        if value.region is None:
            return set()
        root = value.region.root
        names = self.names_in(root)
        for cell in root.touched - {self.facts.cell}:
            self.all_facts[cell].touches |= names
        root.touched = {self.facts.cell}
        return names

    # The world

    def world(self, mode: Literal["read", "write", "unknown"], node: ast.AST, how: str, path: str | None) -> None:
        """Note an effect outside the kernel; one on a path that is not literal may be on any."""
        if mode == "read" and path is None:
            path = "?"
        if mode == "write" and path is None:
            mode = "unknown"
        effect = WorldEffect(mode, self.line(node), self.how(how), path)
        if effect not in self.facts.world:
            self.facts.world.append(effect)

    def set_state(self, state: str, node: ast.AST, how: str) -> None:
        """Note a change of a pseudo-variable."""
        if state not in self.keeps:
            self.facts.states.setdefault(state, Touch(self.line(node), self.how(how)))

    def change_module(self, reference: str, node: ast.AST, how: str) -> None:
        """Note a change of something inside a module: that of the notebook's own modules crosses, no other."""
        if reference.split(".")[0] in self.local_modules:
            self.set_state(MODULES, node, f"{how} {reference}")
        else:
            text = f"{how} {reference}, which other steps do not see. Do it in each step that needs it"
            self.warn("NB112", node, text)

    def draw(self, node: ast.AST, how: str) -> None:
        """Note a draw from the global random state; before anybody seeds it, draws have no order."""
        if self.seeded:
            self.set_state(RANDOM, node, how)

    def seed(self, node: ast.AST, how: str) -> None:
        """Note that the global random state is set."""
        self.seeded = True
        self.set_state(RANDOM, node, how)

    def opaque(self, node: ast.AST, reason: str) -> None:
        """Note that nobody can know what the cell does."""
        touch = Touch(self.line(node), self.how(reason))
        if touch not in self.facts.opaque:
            self.facts.opaque.append(touch)
        self.unknown_names = True

    @property
    def is_guarded(self) -> bool:
        """Whether a `try`, or whoever calls the function, decides what an exception here means."""
        return bool(self._raises or self._calls)

    def end(self, node: ast.AST, how: str) -> None:
        """Note that the notebook may end here: no later cell runs then."""
        self.facts.ends = self.facts.ends or Touch(self.line(node), self.how(how))

    def warn(self, code: str, node: ast.AST, text: str) -> None:
        """Note something that the author should know."""
        warning = (code, Touch(self.line(node), self.how(text)))
        if warning not in self.facts.warnings:
            self.facts.warnings.append(warning)

    # Control flow

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

    def is_inside(self, code: Code) -> bool:
        """Whether a function is being walked already: the call is a recursion."""
        return code in self._calls

    @property
    def is_too_deep(self) -> bool:
        """Whether no further call is walked."""
        return len(self._calls) >= CALL_DEPTH or self._budget <= 0

    @contextmanager
    def entering(self, code: Code, frame: Frame, node: ast.AST) -> Iterator[None]:
        """Walk the body of a function."""
        outer_site, outer_frame, outer_exits = self._site, self.frame, self._exits
        self._site = self.line(node)
        self._calls.append(code)
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
