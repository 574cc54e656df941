"""What the walk knows of objects: which variables share them, and what a change of one means for the others."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from functools import partial

from nb2ops.compiler.names.facts import MODULES, CellFacts, Touch
from nb2ops.compiler.names.notes import Notes
from nb2ops.compiler.names.sharing import CONTAINERS, always, forget_items, may_hold, may_iterate, names_in
from nb2ops.compiler.names.values import LAZY, Class, Frame, Region, Value, link


class Objects(Notes):
    """The variables and the objects that they stand for.

    Attributes:
        env: the module's variables.
        frame: the function or class body being walked, None at the top.
        all_facts: cell number -> facts, of all cells so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.env: dict[str, Value] = {}
        self.frame: Frame | None = None
        self.all_facts: dict[int, CellFacts] = {}
        self._before: dict[str, Value] = {}
        self._touched: list[Region] = []

    def _alive_names(self, region: Region) -> set[str]:
        """Return the module variables whose object lies in a region now."""
        root = region.root
        alive, before = names_in(root, self.env), names_in(root, self._before)
        root.names = alive | before
        return alive

    def touch(self, region: Region) -> None:
        """Note that the present cell gave an object of the region a name, or linked it with another."""
        region.root.touched.setdefault(self.facts.cell, set())
        self._touched.append(region)

    def note_touched(self) -> None:
        """Note which variables the cell leaves in the regions that it touched."""
        for root in {region.root for region in self._touched}:
            root.touched.setdefault(self.facts.cell, set()).update(self._alive_names(root))
        self._touched.clear()

    def leave_class(self, name: str, node: ast.AST) -> bool:
        """A name is about to leave its class; return whether objects keep it, which the cell hands on with it then.

        As long as the class has its name, whoever uses the objects needs the variable of that name.
        """
        left = self.env[name].code if name in self.env else ()
        kept = False
        for home in [code.home for code in left if isinstance(code, Class) and code.name == name]:
            held = [
                value
                for other, value in self.env.items()
                if other != name and any(isinstance(code, Class) and code.home.root is home.root for code in value.code)
            ]
            for value in held:
                link((value, Value(None, home)))
            self.touch(home)
            if held:
                self.change(Value(None, home), node, f"takes the name {name} from its class")
                kept = True
        return kept

    def set_state(self, state: str, node: ast.AST, how: str) -> None:
        """Note a change of a pseudo-variable; what variables took from the notebook's modules may be what changed."""
        super().set_state(state, node, how)
        for name, value in self.env.items() if state == MODULES else ():
            if self._is_local(value) and name not in self.keeps:
                self.facts.changes.setdefault(name, Touch(self.line(node), self.how(how)))

    def _is_local(self, value: Value) -> bool:
        top, _, rest = (value.kind or "").removeprefix("ref:").partition(".")
        return bool(rest) and top in self.local_modules

    def change(self, value: Value, node: ast.AST, how: str, *, only_itself: bool = False) -> None:
        """Note an in-place change of an object: every variable that may share it has changed.

        Args:
            value: the object.
            node: where.
            how: in words.
            only_itself: what the object holds stays as it is.
        """
        if value.region is None or value.kind == "scalar":
            return
        if value.kind == "iterator":
            self.draw_from(value, node)
            return
        for part in value.parts if value.kind != LAZY else ():
            self.change(part, node, how, only_itself=only_itself)
        shallow = only_itself and value.kind in CONTAINERS
        self._note_change(value.region.root, node, how, partial(may_hold, value) if shallow else always)

    def draw_from(self, value: Value, node: ast.AST) -> None:
        """Note that an iterator is drawn from.

        What it iterates over stays as it is, but goes with the iterator wherever that goes.
        """
        if value.region is not None:
            self._note_change(value.region.root, node, "iterates over it", may_iterate)

    def _note_change(self, root: Region, node: ast.AST, how: str, is_changed: Callable[[Value], bool]) -> None:
        for name in self.identity(Value(None, root)) - self.keeps:
            self.facts.changes.setdefault(name, Touch(self.line(node), self.how(how)))
        before = names_in(root, self._before) - self.keeps
        self.facts.changes_before |= {name for name in before if is_changed(self._before[name])}
        for mode, path, cell in root.files:
            if cell != self.facts.cell:
                self.world(mode, node, f"{how} with {path or 'a file'} open", path)

    def variables(self) -> set[Value]:
        """Return what all variables stand for."""
        local = self.frame.variables.values() if self.frame else ()
        return {value for value in (*self.env.values(), *local) if value.text is not None}

    def forget_texts(self, known: Collection[Value] = ()) -> None:
        """Forget all texts but those that were known before: each turn of a loop may make another."""
        for variables in (self.env, self.frame.variables if self.frame else {}):
            for name, value in variables.items():
                if value.text is not None and value not in known:
                    variables[name] = value._replace(text=None)

    def mix(self, region: Region) -> None:
        """Note that something else is stored in containers of a region: their items may be anything."""
        forget_items(region.root, self.env, region.root.names)
        frame = self.frame
        while frame is not None:
            forget_items(region.root, frame.variables, frame.variables.keys())
            frame = frame.parent

    def forget_calls(self, owner: Value) -> None:
        """Note that a function may run other code from now on, which lies in its region."""
        frames = self.frame.visible() if self.frame else ()
        for variables in (self.env, *(frame.variables for frame in frames)):
            for name, value in variables.items():
                if value.calls is not None and value.calls & owner.called:
                    variables[name] = value._replace(calls=None)

    def identity(self, value: Value) -> set[str]:
        """Note that it matters which variables are one object; return those that may be."""
        if value.region is None:
            return set()
        root = value.region.root
        names = self._alive_names(root)
        for cell, shared in root.touched.items():
            if cell != self.facts.cell:
                self.all_facts[cell].touches |= shared - self.all_facts[cell].deletes
        root.touched.clear()
        self.touch(root)
        return names
