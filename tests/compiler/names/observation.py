"""Runs cells in IPython and tells what each of them did to the namespace.

    python -m tests.compiler.names.observation < {"preamble": ..., "cells": [...]} > [{...}, ...]

A name is *read* if the cell looks it up before it binds it, or if the cell comes out different without it. It is
*defined* if it is bound afterwards and the cell bound it, *deleted* if it was there before and is not afterwards,
*changed* if the object that it stood for is a different value afterwards.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import random
import re
import sys
import tempfile
import types
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell

SHELL_NAMES = frozenset({"get_ipython", "exit", "quit", "open", "_exit_code"})
_HISTORY = re.compile(r"In|Out|_+|_i+|_[iod]h|_i?\d+")
_SCALARS = (int, float, complex, str, bytes, bool, type(None), types.ModuleType, range, slice)


class Namespace(dict):
    """A module's variables; while `notes` is a set, look-ups are noted there."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: set[str] | None = None
        self.bound: set[str] = set()
        self.before: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if self.notes is not None and name not in self.bound and found is self.before.get(name, found):
            self.notes.add(name)
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        if self.notes is not None:
            self.bound.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if self.notes is not None and name not in self.bound:
            self.notes.add(name)
        self.bound.discard(name)
        super().__delitem__(name)


class Shell(InteractiveShell):
    """Notes look-ups only while the cell's own code runs."""

    async def run_code(self, code_obj: Any, result: Any = None, *, async_: bool = False) -> bool:
        notes, self.user_ns.notes = self.user_ns.notes, self.pending
        try:
            return await super().run_code(code_obj, result, async_=async_)
        finally:
            self.user_ns.notes = notes


def value_of(found: Any, seen: dict[int, tuple[int, Any]]) -> Any:
    """Return an object as nested plain data that differ when the object has changed."""
    if isinstance(found, _SCALARS):
        return repr(found)
    if id(found) in seen:
        return ["seen", seen[id(found)][0]]
    seen[id(found)] = len(seen), found
    return [type(found).__qualname__, [value_of(part, seen) for part in _parts(found)]]


def _parts(found: Any) -> list[Any]:
    for kind, parts in _PARTS.items():
        if isinstance(found, kind):
            return list(parts(found))
    if hasattr(found, "get_children"):
        return [len(found.get_children()), str(found.__dict__.get("title", ""))]
    if hasattr(found, "__next__"):
        return [each for each in found.__reduce__()[1:] if not isinstance(each, types.BuiltinFunctionType)]
    return [*getattr(found, "__dict__", {}).items()]


def _closure(found: types.FunctionType) -> list[Any]:
    return [cell.cell_contents for cell in found.__closure__ or () if _is_filled(cell)]


_PARTS: dict[Any, Callable[[Any], Iterable[Any]]] = {
    np.ndarray: lambda found: [str(found.dtype), found.shape, found.tolist(), found.flags.writeable],
    pd.DataFrame: lambda found: [
        [*found.columns],
        found.index,
        [found.iloc[:, i] for i in range(found.shape[1])],
        found.attrs,
    ],
    pd.Series: lambda found: [found.name, found.index, found.tolist(), str(found.dtype)],
    pd.Index: lambda found: [found.tolist(), list(found.names)],
    dict: lambda found: [*found.items(), *getattr(found, "__dict__", {}).items()],
    (set, frozenset): lambda found: sorted(map(repr, found)),
    (list, tuple, deque): list,
    types.FunctionType: lambda found: [found.__defaults__, found.__kwdefaults__, found.__dict__, _closure(found)],
    types.MethodType: lambda found: [found.__self__, found.__name__],
    type: lambda found: [(name, each) for name, each in vars(found).items() if not name.startswith("__")],
    types.GeneratorType: lambda found: [found.gi_frame and found.gi_frame.f_lasti],
    functools.partial: lambda found: [found.func, found.args, found.keywords],
    random.Random: lambda found: [found.getstate()],
    np.random.Generator: lambda found: [repr(found.bit_generator.state)],
    io.StringIO: lambda found: ["closed"] if found.closed else [found.getvalue(), found.tell()],
}


def _is_filled(cell: Any) -> bool:
    with contextlib.suppress(ValueError):
        cell.cell_contents  # noqa: B018
        return True
    return False


def _plain(found: Any) -> Any:
    return value_of(found, {})


class _Module:
    """Stands for `__main__`: a real module cannot have a namespace of another type."""


class Laboratory:
    """Runs cells after a preamble, each in a namespace of its own."""

    def __init__(self, preamble: str) -> None:
        self.preamble = compile(preamble, "preamble", "exec")
        self.shell = Shell()
        self.shell.history_manager.enabled = False
        self.modules = dict(sys.modules)
        self.home = os.getcwd()

    def prepare(self, without: str | None = None) -> Namespace:
        """Return a namespace in which the preamble has run, one name perhaps missing."""
        module, names = _Module(), Namespace()
        module.__dict__ = names
        names["__name__"] = "__main__"
        self.shell.user_module, self.shell.user_ns = module, names
        self.shell.pending = None
        self.shell.execution_count = 1
        self.shell.init_user_ns()
        exec(self.preamble, names)
        names["_"] = "the last result"
        names["_oh"][1] = "the first result"
        names.pop(without, None)
        random.seed(0)
        np.random.seed(0)
        os.chdir(self.home)
        return names

    def run(self, source: str) -> str | None:
        """Run a cell and return the type of its error."""
        sink = io.StringIO()
        with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
            result = self.shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        return type(error).__name__ if error else None

    def observe(self, source: str) -> dict[str, Any]:
        """Return what a cell does: `uses`, `defines`, `deletes`, `changes`, `error`."""
        names = self.prepare()
        before = {name: each for name, each in names.items() if _counts(name, source)}
        values = {name: _plain(each) for name, each in before.items()}
        names.bound, names.before = set(), before
        self.shell.pending = reads = set()
        error = self.run(source)
        left = {name for name in names if _counts(name, source)}
        rebound = {name for name in left if name not in before or names[name] is not before[name]}
        defines = rebound | (names.bound & left)
        silent = [name for name in before if name in source and name not in reads]
        outcome = self.outcome(names, defines, error)
        changes = [name for name, each in before.items() if _plain(each) != values[name]]
        reads |= {name for name in silent if self.outcome_without(name, source, defines) != outcome}
        return {
            "uses": sorted(reads & before.keys()),
            "defines": sorted(defines),
            "deletes": sorted(before.keys() - left),
            "changes": sorted(changes),
            "error": error,
        }

    def outcome(self, names: Namespace, defines: set[str], error: str | None) -> Any:
        """Return what is to be the same when a name that does not matter is missing."""
        return error, {name: json.dumps(_plain(names[name])) for name in defines if name in names}

    def outcome_without(self, name: str, source: str, defines: set[str]) -> Any:
        """Run a cell in a namespace that lacks a name."""
        names = self.prepare(without=name)
        error = self.run(source)
        return self.outcome(names, defines, error)


def _counts(name: str, source: str) -> bool:
    """Whether a name is one of the notebook's; those of IPython's history are where the cell writes them."""
    if _HISTORY.fullmatch(name):
        return re.search(rf"(?<!\w){name}(?!\w)", source) is not None
    return name not in SHELL_NAMES and not (name.startswith("__") and name.endswith("__"))


def main() -> None:
    """Observe the cells of the request on standard input."""
    request = json.load(sys.stdin)
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.chdir(tempfile.mkdtemp())
    laboratory = Laboratory(request["preamble"])
    json.dump([laboratory.observe(source) for source in request["cells"]], answer)
    answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
