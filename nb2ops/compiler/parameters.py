"""The parameters cell, read with `ast`: names, types, defaults, help."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nb2ops.compiler.syntax import Parsed
from nb2ops.literals import literal
from nb2ops.model import Cell, Parameter, Problem, Severity
from nb2ops.parameter_types import TYPES, jsonable, misfit, said
from nb2ops.ranges import NoRange

_SECRET = re.compile(r"secret:\s*(\S+)\s*")
_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"range:\s*(?P<ge>{_NUMBER})?\s*\.\.\s*(?P<le>{_NUMBER})?(?:[\s,:;]+|\Z)")
_BLOCK = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_SECRET_TYPES = {"str", "dict", "Any"}
RANGE_HINT = "Write `# range: 1..10` behind a number, or `Annotated[int, Field(ge=1, le=10)]`; dates have ranges too."


def read_parameters(cell: Cell, parsed: Parsed, notebook: str) -> tuple[tuple[Parameter, ...], list[Problem]]:
    """Return the parameters that a cell declares, and what is wrong with them.

    A parameter is an assignment of a name at the top of the cell; the last one of a name counts.
    """
    comments = _comments(cell.source)
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for node in parsed.body:
        name, annotation, value = _declaration(node)
        if name is None:
            continue
        line = node.lineno + parsed.offset
        parameter = _parameter(
            name, annotation, value, comments.get((node.end_lineno or node.lineno) + parsed.offset, "")
        )
        found[name] = _at(parameter, cell.number or 0, line)
        problems += _check(found[name], annotation, notebook)
        if found[name].secret and value is not None and literal(value)[0]:
            text = f'the default of the secret "{name}" stands in the notebook, and in what is built from it.'
            hint = f'Write `{name} = ""`; the run brings the value.'
            problems.append(_problem("NB306", text, found[name], notebook, hint, Severity.WARNING))
    return tuple(found.values()), problems


def _at(parameter: Parameter, cell: int, line: int) -> Parameter:
    return replace(parameter, cell=cell, line=line)


def _declaration(node: ast.stmt) -> tuple[str | None, ast.expr | None, ast.expr | None]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, None, value
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value) if value is not None:
            return name, annotation, value
    return None, None, None


def _comments(source: str) -> dict[int, str]:
    """Return line -> trailing comment; magics end the reading, what was read stays."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
                found[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def _parameter(name: str, annotation: ast.expr | None, value: ast.expr | None, comment: str) -> Parameter:
    assert value is not None
    secret = _SECRET.match(comment)
    if secret:
        return _secret(name, annotation, value, secret[1], comment[secret.end() :])
    default, computed = literal(value)
    written = ast.unparse(annotation) if annotation is not None else _implied_type(default, value)
    limits = _RANGE.match(comment)
    if limits and (stated := [f"{name}={bound}" for name, bound in limits.groupdict().items() if bound]):
        written, comment = f"Annotated[{written}, Field({', '.join(stated)})]", comment[limits.end() :]
    return Parameter(
        name,
        written,
        ast.unparse(value),
        jsonable(default),
        comment,
        computed,
        annotation is not None,
    )


def _secret(name: str, annotation: ast.expr | None, value: ast.expr, block: str, help_text: str) -> Parameter:
    """Return a parameter of which nothing is passed on but where its value is."""
    default, _ = literal(value)
    written = ast.unparse(annotation) if annotation is not None else _implied_type(default, value)
    return Parameter(name, written, "", None, help_text, annotated=annotation is not None, secret=block)


def _implied_type(literal: Any, node: ast.expr) -> str:
    if literal is None:
        return "Any"
    if isinstance(literal, Path):
        return "Path"
    name = type(literal).__name__
    if isinstance(node, ast.Call):
        return ast.unparse(node.func)
    return name if name in TYPES else "Any"


def _check(parameter: Parameter, annotation: ast.expr | None, notebook: str) -> Iterable[Problem]:
    if parameter.name.startswith("__"):
        yield _problem("NB303", f'"{parameter.name}" cannot be a parameter.', parameter, notebook, "Rename it.")
    if parameter.secret is not None:
        yield from _check_secret(parameter, notebook)
        return
    if parameter.help.startswith("range:"):
        text = f'"{parameter.name}": "{parameter.help}" is not a range that is known here; nothing is checked.'
        yield _problem("NB307", text, parameter, notebook, RANGE_HINT, Severity.WARNING)
    if annotation is None and not parameter.type.startswith("Annotated["):
        return
    try:
        why = None if parameter.computed else misfit(parameter.type, parameter.value)
    except NoRange as error:
        text = f'"{parameter.name}": {error}; any value is taken.'
        yield _problem("NB307", text, parameter, notebook, RANGE_HINT, Severity.WARNING)
        return
    except ValueError as error:
        text = f'"{parameter.name}": {error}.'
        hint = "Any value will be taken. Use int, float, str, bool, Literal, list, dict, Optional, date, Path."
        yield _problem("NB301", text, parameter, notebook, hint, Severity.WARNING)
        return
    if why is not None:
        text = f'the default of "{parameter.name}", {parameter.default}, is not {said(parameter.type)}: {why}.'
        yield _problem("NB302", text, parameter, notebook, "Change the default or the annotation.")


def _check_secret(parameter: Parameter, notebook: str) -> Iterable[Problem]:
    if not _BLOCK.match(parameter.secret or ""):
        text = f'"{parameter.secret}" cannot be the name of a Secret block.'
        hint = "Use lower-case letters, digits and single dashes, for example `# secret: api-token`."
        yield _problem("NB304", text, parameter, notebook, hint)
    if parameter.type not in _SECRET_TYPES:
        text = f'"{parameter.name}" is a secret of type {parameter.type}, and a secret is a text or a dict of texts.'
        yield _problem("NB304", text, parameter, notebook, "Annotate it `str` or `dict`, and convert it in a step.")


def _problem(
    code: str, text: str, parameter: Parameter, notebook: str, hint: str, severity: Severity = Severity.ERROR
) -> Problem:
    return Problem(code, text, notebook, parameter.cell, parameter.line, None, hint, severity)
