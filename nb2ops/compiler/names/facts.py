"""What the analysis finds out about one cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nb2ops.compiler.syntax import Flaw

RANDOM, SETTINGS, DIRECTORY, ENVIRONMENT, PATH = "random", "settings", "directory", "environment", "path"
MODULES = "modules"
"""Variables inside the modules beside the notebook."""
STATES = (RANDOM, SETTINGS, DIRECTORY, ENVIRONMENT, PATH, MODULES)
AMBIENT = (SETTINGS, DIRECTORY, ENVIRONMENT, PATH, MODULES)
"""States that any code may read: every cell continues them, and those of libraries."""
LIBRARY = "library:"
"""Prefix of the state that is one attribute of an installed library: `library:pandas.DataFrame.shout`."""
STATE_PREFIX = "~"
"""Pseudo-variables live among the variables under names that no notebook can use: `~random`."""
IMPORT = "import:"
"""Prefix of the state that is what importing a library changes in others: `import:hvplot.pandas`."""


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is read before the cell binds it.

    Attributes:
        line: first line that reads it.
        certain: the read happens whenever the cell runs; False in a branch or in a function that may be called.
        through: the function of the notebook that reads it, None for the cell's own code.
    """

    line: int
    certain: bool = True
    through: str | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """Something done at a line, in words: `how` is for example `calls .append()`."""

    line: int
    how: str


@dataclass(frozen=True, slots=True)
class WorldEffect:
    """An effect on what lies outside the kernel.

    Attributes:
        mode: "read" and "write" name a path, "unknown" may be anything.
        path: the literal path, None for "unknown".
    """

    mode: Literal["read", "write", "unknown"]
    line: int
    how: str
    path: str | None = None


@dataclass(slots=True)
class CellFacts:
    """The facts of one cell; written by the walk, read by the graph.

    Attributes:
        cell: the cell's number.
        uses: names read from outside the cell.
        maybe_uses: names read if they are there: free variables of functions handed around.
        defines: names bound, whatever happens in the cell.
        maybe_defines: names bound or deleted in a branch, loop or `try`.
        deletes: names deleted.
        builtins: names of builtins read, that no earlier cell has rebound.
        looks_up: names that it takes if they are there: `!echo $name`, `globals().get("name")`, `name?`.
        binds: names that it may have bound, seen from its end.
        removes: names of earlier cells that may be gone after it.
        changes: names whose object is changed in place, aliases included.
        changes_before: names of earlier cells whose object, as it was before this cell, is changed in place.
        touches: names whose object got another name here and is changed later: this cell hands them on together.
        states: pseudo-variables that it changes ("random", ...).
        world: effects outside the kernel, in order.
        opaque: reasons why the cell cannot be known.
        staying: variables that cannot leave the kernel after the cell -> why.
        ends: how the cell may end the notebook before its later cells.
        warnings: problem codes with what the author should know.
        error: why the cell is not valid Python.
    """

    cell: int
    uses: dict[str, Use] = field(default_factory=dict)
    maybe_uses: dict[str, Use] = field(default_factory=dict)
    defines: set[str] = field(default_factory=set)
    maybe_defines: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    builtins: set[str] = field(default_factory=set)
    looks_up: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    removes: set[str] = field(default_factory=set)
    changes: dict[str, Touch] = field(default_factory=dict)
    changes_before: set[str] = field(default_factory=set)
    touches: set[str] = field(default_factory=set)
    states: dict[str, Touch] = field(default_factory=dict)
    world: list[WorldEffect] = field(default_factory=list)
    opaque: list[Touch] = field(default_factory=list)
    staying: dict[str, str] = field(default_factory=dict)
    ends: Touch | None = None
    warnings: list[tuple[str, Touch]] = field(default_factory=list)
    error: Flaw | None = None
