"""`$name` and `{expression}` in shell lines and in the lines of magics, as IPython fills them in."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

from nb2ops.compiler.names.walk import Walk

_DOLLAR = re.compile(r"\$(\$?[\w.]+)(?=(?:[^']*'[^']*')*[^']*$)")
"""As in `IPython.utils.text.DollarFormatter`: not in single quotes; `$$name` is left to the shell as `$name`."""
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")


def interpolate(line: str, node: ast.AST, walk: Walk) -> None:
    """Read the variables that a line names.

    IPython leaves a line as it is where one of its names is not there, so that a name which no cell defines may stand
    for something of the shell's: `$HOME`, `*.{csv,txt}`.
    """
    for expression in _expressions(line):
        names = {each.id for each in ast.walk(expression) if isinstance(each, ast.Name)}
        if isinstance(expression, ast.Tuple) and not names & walk.env.keys():
            continue
        for name in sorted(names):
            if name in walk.env or not _CONSTANT.fullmatch(name):
                walk.look_up(name, node)


def _expressions(line: str) -> Iterator[ast.expr]:
    for text in _fields(line):
        try:
            yield ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            continue


def _fields(line: str) -> list[str]:
    found: list[str] = []
    try:
        for literal, field, form, _ in string.Formatter().parse(line):
            found += [name for name in _DOLLAR.findall(literal) if not name.startswith("$")]
            if field is not None:
                found.append(f"{field}:{form}" if form else field)
    except ValueError:
        return []
    return found
