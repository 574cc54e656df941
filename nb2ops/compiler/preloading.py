"""Which imports a fork server may do ahead, so that later steps start with them done.

Only imports at the beginning of a notebook, before anything that may change what importing does, and only of
distributions that were reviewed: importing them starts no thread, opens nothing, asks nobody, and leaves state that a
fork may share. The run looks again (`inkernel/forkserver.py`) and loads nothing ahead where that is not so.

Where nothing but imports and literals stands before an import, even the step that holds it cannot tell whether it was
done ahead. A call can: `warnings.simplefilter("ignore")` comes before or behind the filters that an import adds.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence

from nb2ops.compiler.syntax import Parsed
from nb2ops.compiler.tags import TaggedCell
from nb2ops.model import Preload, Role

REVIEWED = frozenset(
    "joblib matplotlib numpy pandas patsy scipy sklearn statsmodels threadpoolctl".split()  # noqa: SIM905
)
"""Top-level modules; `[tool.nb2ops] preload` adds to them."""

_HARMLESS = (
    "numpy.random.seed",
    "numpy.set_printoptions",
    "pandas.set_option",
    "print",
    "random.seed",
    "warnings.filterwarnings",
    "warnings.simplefilter",
)
"""Calls that change no import after them; what they set crosses to later steps by itself."""

_HARMLESS_SETTINGS = ("matplotlib.pyplot.rcParams", "matplotlib.rcParams", "pandas.options")


def find_preloads(
    cells: Sequence[TaggedCell], parsed: Mapping[int, Parsed], own: Collection[str], more: Collection[str] = ()
) -> tuple[Preload, ...]:
    """Return the imports that may be done ahead, in notebook order.

    Args:
        cells: the cells.
        parsed: number of a cell -> its code, for those that run.
        own: names of the modules beside the notebook.
        more: top-level modules to take for reviewed.
    """
    reader = _Reader((REVIEWED | frozenset(more)) - frozenset(own), frozenset(own))
    found = []
    for each in cells:
        if each.role is Role.SKIP or each.cell.number is None:
            continue
        code = parsed[each.cell.number]
        found += [Preload(statement, each.cell.index, reader.plain) for statement in reader.read(code)]
        if reader.over:
            break
    return tuple(found)


class _Reader:
    """Reads statements until one may change what importing does."""

    def __init__(self, reviewed: frozenset[str], own: frozenset[str]) -> None:
        self._reviewed, self._own = reviewed, own
        self._names: dict[str, str] = {}
        self.over = False
        self.plain = True

    def read(self, code: Parsed) -> Iterator[str]:
        """Yield the imports of a cell as they are to be executed."""
        self.over = bool(code.error) or code.may_fail
        for node in code.body if not self.over else ():
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                if self._is_reviewed(node):
                    yield ast.unparse(node)
                elif not self._is_standard(node):
                    self.over = True
                self._note(node)
            elif self._is_harmless(node):
                self.plain = self.plain and not _acts(node)
            else:
                self.over = True
            if self.over:
                return

    def _is_reviewed(self, node: ast.Import | ast.ImportFrom) -> bool:
        return all(module in self._reviewed for module in _roots(node))

    def _is_standard(self, node: ast.Import | ast.ImportFrom) -> bool:
        return all(module in sys.stdlib_module_names and module not in self._own for module in _roots(node))

    def _note(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                self._names[alias.asname or name] = name
            else:
                self._names[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def _is_harmless(self, node: ast.stmt) -> bool:
        match node:
            case ast.FunctionDef(decorator_list=[], args=ast.arguments(defaults=[], kw_defaults=[])) | ast.Pass():
                return True
            case ast.Assign(targets=[ast.Name()], value=value):
                return _is_literal(value)
            case ast.AnnAssign(target=ast.Name(), value=given):
                return given is None or _is_literal(given)
            case ast.Assign(targets=[ast.Subscript() | ast.Attribute() as target], value=value):
                return self._is_setting(target) and _is_literal(value)
            case ast.Expr(value=ast.Call(func=function, args=arguments, keywords=keywords)):
                values = [*arguments, *(each.value for each in keywords)]
                return all(map(_is_literal, values)) and (self._dotted(function) in _HARMLESS or _is_inline(node))
            case ast.Expr(value=ast.Constant()):
                return True
        return False

    def _is_setting(self, target: ast.Subscript | ast.Attribute) -> bool:
        return (self._dotted(target.value) + ".").startswith(tuple(f"{each}." for each in _HARMLESS_SETTINGS))

    def _dotted(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            return f"{self._dotted(node.value)}.{node.attr}"
        return self._names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _roots(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The top-level modules that a statement imports."""
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0] if not node.level else ""]
    return [alias.name.partition(".")[0] for alias in node.names]


def _acts(node: ast.stmt) -> bool:
    """Whether a harmless statement does more than to name something."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)
    return isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _is_inline(node: ast.stmt) -> bool:
    """Whether it is `%matplotlib inline`, the backend that a kernel has anyway."""
    return ast.unparse(node) == "get_ipython().run_line_magic('matplotlib', 'inline')"
