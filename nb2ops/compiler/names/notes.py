"""The notes that the walk takes about the present cell: effects on states and on the outside world."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Literal

from nb2ops.compiler.names.facts import LIBRARY, MODULES, RANDOM, CellFacts, Touch, WorldEffect
from nb2ops.compiler.names.values import Function


class Notes:
    """What is found out about the present cell.

    Attributes:
        facts: of the present cell.
        keeps: names that the author states the present step does not change.
        offset: lines to add to a node's line to get the cell's.
        seeded: the random state was set by somebody.
        unknown_names: a cell defined names that cannot be known.
        local_modules: names of the modules beside the notebook.
        exports: returns the names that `from module import *` binds for a module beside the notebook, None for others.
    """

    def __init__(self) -> None:
        self.facts = CellFacts(0)
        self.keeps: frozenset[str] = frozenset()
        self.offset = 0
        self.seeded = False
        self.unknown_names = False
        self.local_modules: frozenset[str] = frozenset()
        self.exports: Callable[[str], frozenset[str] | None] = lambda _: None
        self._site: int | None = None
        self._calls: list[Function] = []

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
        """Note a change of something inside a module: of the notebook's own as a whole, of others just that."""
        own = reference.split(".")[0] in self.local_modules
        self.set_state(MODULES if own else LIBRARY + reference, node, f"{how} {reference}")

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

    def end(self, node: ast.AST, how: str) -> None:
        """Note that the notebook may end here: no later cell runs then."""
        self.facts.ends = self.facts.ends or Touch(self.line(node), self.how(how))

    def warn(self, code: str, node: ast.AST, text: str) -> None:
        """Note something that the author should know."""
        warning = (code, Touch(self.line(node), self.how(text)))
        if warning not in self.facts.warnings:
            self.facts.warnings.append(warning)
