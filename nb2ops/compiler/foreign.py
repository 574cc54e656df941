"""Notebooks in another language than Python: nothing is known of their code, so that all of it is one step."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from nb2ops.compiler.graph import Graph, step_cell
from nb2ops.compiler.grouping import WHOLE, Group, merged_modifiers
from nb2ops.compiler.tags import TaggedCell
from nb2ops.model import Cell, Notebook, Parameter, Problem, Role, Severity, Step

_INJECTED = frozenset({"r", "scala", "julia", "matlab", "bash"})
_INJECTED_KERNELS = frozenset({".net-csharp", ".net-fsharp", ".net-powershell"})
"""The languages and kernels in which papermill can set parameters."""

_DECLARATION = re.compile(
    r"""(?:(?:val|var|let|const|export)\s+)?\$?(?P<name>[A-Za-z_]\w*)(?:\s*:\s*\w+)?\s*(?:<-|=)\s*
        (?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'\#=][^\#;]*?)\s*;?
        (?:\s+(?:\#|//|%)\s*(?P<help>.*))?""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False}
_NUMBER = re.compile(r"[+-]?(\d+(?P<fraction>\.\d*)?|\.\d+)(?P<exponent>[eE][+-]?\d+)?L?\Z")
_BARE_WORD = re.compile(r"[\w./:@%+,-]+\Z")


def understand_foreign(
    notebook: Notebook, cells: Sequence[TaggedCell], name: str
) -> tuple[tuple[Parameter, ...], Graph, list[Problem]]:
    """Return the parameters and the one step of a notebook in another language, and what its author should know.

    Args:
        notebook: as read.
        cells: its code cells with their roles.
        name: the file's name, for problems.
    """
    text = f"is in {notebook.language}, which nb2ops does not analyse: it runs as one step."
    problems = [Problem("NB111", text, name, severity=Severity.NOTICE)]
    problems += _without_effect(cells, notebook.language, name)
    kept = tuple(each for each in cells if each.role is not Role.SKIP)
    if not kept:
        return (), Graph((), ()), problems
    modifiers, conflicts = merged_modifiers(Group(WHOLE, kept), name)
    step = Step(WHOLE, tuple(step_cell(each, {}) for each in kept), replace(modifiers, after=(), keeps=()))
    declared, found = _parameters(notebook, kept, name)
    return declared, Graph((step,), ()), [*problems, *conflicts, *found]


def _without_effect(cells: Sequence[TaggedCell], language: str, name: str) -> Iterator[Problem]:
    said = [(each.cell.number, tag) for each in cells for tag in _ignored_tags(each)]
    if said:
        tags = list(dict.fromkeys(f'"{tag}"' for _, tag in said))
        listed = ", ".join(tags[:3]) + (f" and {len(tags) - 3} more" if len(tags) > 3 else "")
        have = "the tag {} has" if len(tags) == 1 else "the tags {} have"
        text = f"{have.format(listed)} no effect: in {language} all cells run as one step."
        hint = "Only `parameters`, `skip`, `retries:`, `retry-delay:` and `timeout:` count there."
        yield Problem("NB215", text, name, said[0][0], hint=hint, severity=Severity.WARNING)


def _ignored_tags(each: TaggedCell) -> Iterator[str]:
    if each.role is Role.STEP:
        yield f"step:{each.step}"
    elif each.role in (Role.METRICS, Role.GATE):
        yield each.role.value
    yield from (f"after:{step}" for step in each.modifiers.after)
    yield from (f"keeps:{variable}" for variable in each.modifiers.keeps)


def _parameters(
    notebook: Notebook, cells: Sequence[TaggedCell], name: str
) -> tuple[tuple[Parameter, ...], list[Problem]]:
    cell = next((each.cell for each in cells if each.role is Role.PARAMETERS), None)
    if cell is None:
        return (), []
    if notebook.language not in _INJECTED and notebook.kernel not in _INJECTED_KERNELS:
        text = f"holds parameters, which papermill cannot set in {notebook.language}: the cell's own values are used."
        hint = "Read what shall vary from the environment or a file."
        return (), [Problem("NB305", text, name, cell.number, hint=hint, severity=Severity.WARNING)]
    found = tuple(_declarations(cell, bare=notebook.language == "bash"))
    return found, [_secret(each, notebook, name) for each in found if each.help.startswith("secret:")]


def _secret(parameter: Parameter, notebook: Notebook, name: str) -> Problem:
    text = f'"{parameter.name}" is a secret, which nb2ops hands to Python only, not to {notebook.language}.'
    hint = "Read it from a file or from the environment of the worker."
    return Problem("NB304", text, name, parameter.cell, parameter.line, hint=hint)


def _declarations(cell: Cell, *, bare: bool) -> Iterator[Parameter]:
    """Yield what looks like an assignment at the beginning of a line; the last one of a name counts."""
    found: dict[str, Parameter] = {}
    for line, text in enumerate(cell.source.splitlines(), 1):
        match = _DECLARATION.fullmatch(text.rstrip())
        if match and not keyword.iskeyword(match["name"]):
            found[match["name"]] = _parameter(match, cell.number or 0, line, bare=bare)
    yield from found.values()


def _parameter(match: re.Match[str], cell: int, line: int, *, bare: bool) -> Parameter:
    name, written, comment = match["name"], match["value"], match["help"] or ""
    try:
        value = _literal(written, bare=bare)
    except ValueError:
        return Parameter(name, "Any", written, None, comment, computed=True, cell=cell, line=line)
    return Parameter(name, type(value).__name__, repr(value), value, comment, cell=cell, line=line)


def _literal(text: str, *, bare: bool) -> Any:
    """Return the value of a number, a truth value or a text.

    Args:
        text: as written in the cell.
        bare: whether a word without quotes is a text, as in a shell.

    Raises:
        ValueError: it is something else.

    Example:
        >>> _literal("5L", bare=False), _literal("TRUE", bare=False), _literal("'a b'", bare=False)
        (5, True, 'a b')
    """
    number = _NUMBER.fullmatch(text)
    if number:
        digits = text.rstrip("L")
        return float(digits) if "." in digits or number["exponent"] else int(digits)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text[0] == "'":
        return text[1:-1]
    if text[0] == '"' and "$" not in text:
        return str(json.loads(text))
    if bare and _BARE_WORD.fullmatch(text):
        return text
    raise ValueError(text)
