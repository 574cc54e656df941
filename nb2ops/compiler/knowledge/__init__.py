"""What the calls of common libraries do, as tables: one TOML file per library, read on first use.

Each file has the tables `calls` (dotted name -> effect), `methods.KIND` (method of an object of that kind ->
effect), `attributes.KIND` (attribute -> kind), `states` (module attribute -> the pseudo-variable that holds it),
`kinds` (KIND -> the kind whose methods it also has), `conventions` (name that a notebook does not define -> what
everybody calls so) and `stays` (dotted name -> why what it returns cannot leave its kernel).
Names may hold `*`; the longest pattern that fits wins. A call that no table names may do anything.

An effect is a list of clauses, separated by `;`. No clause about a thing means that the call does not do it:

    fresh [KIND [of EACH]]      returns a new object (EACH: kind of its items; `same`, `pairs`, `numbered`,
                                `zipped`, `split` derive them from receiver or arguments)
    scalar                      returns what cannot be changed in place
    shares [KIND [of EACH]]     returns an object that may share memory with receiver and arguments
    part [KIND [of EACH]]       returns an object that may share memory with the receiver alone
    self                        returns the receiver
    first                       returns the first argument
    changes WHAT...             changes self, an argument by position or keyword, or `args` (all of them)
    inplace KEYWORD             changes self when that keyword is true
    links                       what it changes or returns holds on to the arguments
    consumes                    draws from arguments that are iterators
    draws [unless KEYWORD]      draws from the global random state (not where the keyword is given)
    draws with args             draws where an argument may (`drawing` in its kind, or unknown)
    seeds                       sets the global random state
    sets STATE                  changes a pseudo-variable
    reads N | writes N          the file named by that argument
    world                       anything outside the kernel
    opaque REASON               nobody can know
    asks                        waits for a person
    ends                        ends the notebook: no later cell runs
    same                        asks which arguments are one object
    uncalled                    does not call the functions that it is given
    text                        reads the variables that its first argument, a formula or query, names
    names code                  looks for functions and classes of the notebook by their names, as pickle does
    patches REFERENCE...        changes these attributes of a library (`pandas.DataFrame.*`: any of that class)
    steady unless KEYWORD       an estimator that does not draw, unless that keyword is given
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call does; see the module's docstring for the words."""

    result: str = "fresh"
    kind: str | None = None
    each: str | None = None
    changes: tuple[str, ...] = ()
    inplace: str | None = None
    links: bool = False
    consumes: bool = False
    draws: bool = False
    draws_unless: str | None = None
    draws_with_args: bool = False
    seeds: bool = False
    sets: tuple[str, ...] = ()
    reads: str | None = None
    writes: str | None = None
    world: bool = False
    opaque: str | None = None
    asks: bool = False
    ends: bool = False
    same: bool = False
    text: bool = False
    uncalled: bool = False
    names_code: bool = False
    patches: tuple[str, ...] = ()
    steady_unless: str | None = None
    known: bool = True


UNKNOWN = Effect(result="shares", changes=("self", "args"), links=True, draws=True, world=True, known=False)
"""A call of which nothing is known."""


_FLAGS = frozenset(
    {
        "draws with args",
        "links",
        "consumes",
        "draws",
        "seeds",
        "world",
        "asks",
        "ends",
        "same",
        "text",
        "names code",
        "uncalled",
    }
)
_RESULTS = frozenset({"fresh", "shares", "part", "scalar", "self", "first"})


def _clause(words: list[str]) -> dict[str, Any]:
    """Return the fields of an effect that a clause sets."""
    match words:
        case ["fresh" | "shares" | "part" as result, kind, "of", each]:
            return {"result": result, "kind": kind, "each": each}
        case ["fresh" | "shares" | "part" as result, kind]:
            return {"result": result, "kind": kind}
        case [result] if result in _RESULTS:
            return {"result": result}
        case ["draws", "unless", keyword]:
            return {"draws": True, "draws_unless": keyword}
        case ["steady", "unless", keyword]:
            return {"steady_unless": keyword}
        case _ if " ".join(words) in _FLAGS:
            return {"_".join(words): True}
        case ["inplace" | "reads" | "writes" as head, argument]:
            return {head: argument}
        case ["changes" | "sets" | "patches" as head, *names]:
            return {head: tuple(names)}
        case ["opaque", *reason]:
            return {"opaque": " ".join(reason)}
    raise ValueError(f"not a clause of an effect: {' '.join(words)!r}")


@cache
def parse_effect(text: str) -> Effect:
    """Return the effect that a text describes.

    Raises:
        ValueError: a clause is not known.
    """
    fields: dict[str, Any] = {}
    for clause in text.split(";"):
        for name, value in _clause(clause.split()).items():
            fields[name] = fields[name] + value if isinstance(value, tuple) and name in fields else value
    return Effect(**fields)


class Patterns:
    """A table from names with `*` to texts; the longest pattern that fits wins.

    Attributes:
        default: the text for `*` alone, which stands for what neither this table nor an inherited one names.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        self.default = entries.get("*")
        entries = {name: text for name, text in entries.items() if name != "*"}
        self._exact = {name: text for name, text in entries.items() if not set("*?[") & set(name)}
        patterns = [(name, text) for name, text in entries.items() if name not in self._exact]
        self._patterns = sorted(patterns, key=lambda entry: -len(entry[0]))

    def find(self, name: str) -> str | None:
        """Return the text for a name, None where nothing but `*` fits."""
        if name in self._exact:
            return self._exact[name]
        return next((text for pattern, text in self._patterns if fnmatchcase(name, pattern)), None)


class Knowledge:
    """All tables together."""

    def __init__(self, tables: list[Mapping[str, Any]]) -> None:
        calls: dict[str, str] = {}
        methods: dict[str, dict[str, str]] = {}
        attributes: dict[str, dict[str, str]] = {}
        stays: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._conventions: dict[str, str] = {}
        for table in tables:
            calls |= table.get("calls", {})
            stays |= table.get("stays", {})
            self._kinds |= table.get("kinds", {})
            self._states |= table.get("states", {})
            self._conventions |= table.get("conventions", {})
            for kind, entries in table.get("methods", {}).items():
                methods.setdefault(kind, {}).update(entries)
            for kind, entries in table.get("attributes", {}).items():
                attributes.setdefault(kind, {}).update(entries)
        self._calls = Patterns(calls)
        self._modules = frozenset(name.split(".")[0] for name in calls)
        self._methods = {kind: Patterns(entries) for kind, entries in methods.items()}
        self._attributes = {kind: Patterns(entries) for kind, entries in attributes.items()}
        self.call = cache(self._call)
        self.stays = cache(Patterns(stays).find)
        self.method = cache(self._method)
        self.attribute = cache(self._attribute)

    def _call(self, name: str) -> Effect | None:
        text = self._calls.find(name)
        return None if text is None else parse_effect(text)

    def names_method(self, kind: str, name: str) -> bool:
        """Return whether the tables name a method of a kind, not only by `*`."""
        tables = (self._methods[each] for each in self._lineage(kind) if each in self._methods)
        return any(table.find(name) is not None for table in tables)

    def knows(self, module: str) -> bool:
        """Return whether the tables name calls of a module."""
        return module in self._modules

    def convention(self, name: str) -> str | None:
        """Return what everybody calls by a name: `np` -> "numpy"."""
        return self._conventions.get(name) or (name if self.knows(name) else None)

    def _lineage(self, kind: str) -> list[str]:
        found = [kind]
        while found[-1] in self._kinds:
            found.append(self._kinds[found[-1]])
        return found

    def _method(self, kind: str, name: str) -> Effect | None:
        text = self._inherited(self._methods, kind, name)
        return None if text is None else parse_effect(text)

    def _attribute(self, kind: str, name: str) -> str | None:
        return self._inherited(self._attributes, kind, name)

    def _inherited(self, tables: Mapping[str, Patterns], kind: str, name: str) -> str | None:
        lineage = [tables[each] for each in self._lineage(kind) if each in tables]
        named = (table.find(name) for table in lineage)
        defaults = (table.default for table in lineage)
        return next((text for text in (*named, *defaults) if text is not None), None)

    def state(self, name: str) -> str | None:
        """Return the pseudo-variable that a module attribute belongs to: `os.environ` -> "environment"."""
        parts = name.split(".")
        candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self._states[each] for each in candidates if each in self._states), None)


@cache
def knowledge() -> Knowledge:
    """Return all tables, read once."""
    folder = files(__package__)
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".toml"))
    return Knowledge([tomllib.loads((folder / name).read_text(encoding="utf-8")) for name in names])
