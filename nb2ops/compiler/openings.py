"""The opening of a notebook: imports, settings, definitions and defaults that stand before its first step."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nb2ops.compiler.names.facts import CellFacts
from nb2ops.compiler.parameters import read_parameters
from nb2ops.compiler.syntax import Parsed
from nb2ops.compiler.tags import TaggedCell
from nb2ops.literals import literal
from nb2ops.model import Parameter, Role

_MAGICS = {"autoreload", "conda", "config", "env", "load_ext", "matplotlib", "pip", "precision", "pylab", "reload_ext"}
_SETTERS = {
    *("basicConfig", "filterwarnings", "manual_seed", "rc", "seed", "set", "setLevel", "set_config", "set_context"),
    *("set_option", "set_palette", "set_printoptions", "set_style", "set_theme", "simplefilter", "update", "use"),
}
"""Methods that set an option, of modules and of their parts."""
_FEW = 8
"""As many values as a list or dict of defaults may hold; a longer one is data."""


def opening_tags(
    cells: Sequence[TaggedCell], parsed: Mapping[int, Parsed], facts: Mapping[int, CellFacts], notebook: str
) -> dict[int, str]:
    """Return cell number -> tag, for the cells before the first one that computes something.

    The tags are `imports`, `functions`, `setup` where a cell mixes them, and `parameters` for the first cell of
    plain defaults that later cells read and leave alone. Cells that have a role keep it and get no tag.

    Args:
        cells: every code cell with its role, in notebook order.
        parsed: cell number -> its statements.
        facts: cell number -> facts.
        notebook: the file's name.
    """
    tags: dict[int, str] = {}
    known = {each.role for each in cells}
    for each in cells:
        number = each.cell.number or 0
        if each.role in (Role.SKIP, Role.PARAMETERS, Role.SETUP):
            continue
        kinds = {_kind(statement) for statement in parsed[number].body}
        if each.role is not Role.CONTINUES or "other" in kinds:
            break
        tags[number] = _tag(kinds)
        if kinds == {"default"} and Role.PARAMETERS not in known and "parameters" not in tags.values():
            found, problems = read_parameters(each.cell, parsed[number], notebook)
            if not problems and _are_defaults(found, facts, number):
                tags[number] = "parameters"
    return tags


def _tag(kinds: set[str]) -> str:
    if kinds <= {"import", "setting"}:
        return "imports"
    return "functions" if kinds == {"definition"} else "setup"


def _kind(node: ast.stmt) -> str:
    """Return what a statement is for: "import", "setting", "definition", "default" or "other"."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return "import"
        case ast.Try(body=body, handlers=handlers):
            inner = [*body, *(each for handler in handlers for each in handler.body)]
            return "import" if all(isinstance(each, _IMPORTING) for each in inner) else "other"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return "definition"
        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(target=ast.Name(), value=value):
            return "other" if value is None or literal(value)[1] else "default"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target]):
            return "setting" if _is_option(target) else "other"
        case ast.Expr(value=ast.Constant(value=str())):
            return "setting"
        case ast.Expr(value=ast.Call() as call):
            return "setting" if _sets(call) else "other"
    return "other"


_IMPORTING = (ast.Import, ast.ImportFrom, ast.Pass, ast.Assign)


def _is_option(node: ast.expr) -> bool:
    """Whether a target is an option such as `plt.rcParams["x"]`, `pd.options.display.width`, `os.environ["X"]`."""
    words = [each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)]
    return bool({"rcParams", "options", "environ"} & set(words))


def _sets(call: ast.Call) -> bool:
    """Whether a call sets an option: a magic, or `warnings.filterwarnings(...)` and its like."""
    match call:
        case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=name), *_]):
            return name in _MAGICS
        case ast.Call(func=ast.Attribute(attr="system"), args=[ast.Constant(value=str(command))]):
            return command.startswith("pip install")
        case ast.Call(func=ast.Attribute(value=ast.Name() | ast.Attribute(), attr=name)):
            return name in _SETTERS
    return False


def _are_defaults(found: Sequence[Parameter], facts: Mapping[int, CellFacts], number: int) -> bool:
    """Whether all values are small and known, and later cells read some and change none."""
    names = {each.name for each in found}
    others = [each for cell, each in facts.items() if cell != number]
    small = all(not each.computed and _is_small(each.value) for each in found)
    left_alone = not any(names & _written(each) for each in others)
    return small and left_alone and any(names & (each.uses.keys() | each.maybe_uses.keys()) for each in others)


def _written(facts: CellFacts) -> set[str]:
    return facts.defines | facts.maybe_defines | facts.deletes | facts.changes.keys()


def _is_small(value: Any) -> bool:
    match value:
        case None:
            return False
        case list():
            return 0 < len(value) <= _FEW and not _has_nested(value)
        case dict():
            return 0 < len(value) <= _FEW and not _has_nested(value.values())
    return True


def _has_nested(values: Iterable[Any]) -> bool:
    return any(isinstance(each, list | dict) for each in values)
