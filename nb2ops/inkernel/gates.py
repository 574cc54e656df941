"""Gates: what each top-level `assert` of a gate cell compared, without changing what the cell does.

`assert auc > limit, "too low"` becomes

    assert verdict(True if operand(auc) > operand(limit) else False), message("too low")

where each call notes its argument and gives it back. Each side is still evaluated once and in its turn, the
truth of the comparison is still asked for in the cell's own frame, and the nodes keep their places, so that the
traceback is that of the plain assert.
"""

from __future__ import annotations

import ast
import reprlib
from ast import copy_location, fix_missing_locations, get_source_segment, parse, unparse
from dataclasses import dataclass, field
from typing import Any

from .metrics import scalar

_OPERATORS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


@dataclass
class GateRecord:
    """One assert and what became of it.

    Attributes:
        passed: None while the condition has no truth yet.
        operators: of a comparison, in order.
        operands: those that were evaluated, as shown.
    """

    cell_id: str
    line: int
    text: str
    operators: tuple[str, ...] = ()
    passed: bool | None = None
    operands: list[str] = field(default_factory=list)
    message: str | None = None

    def report(self) -> dict[str, Any]:
        """Return the assert as the report has it: of `a < b < c`, the last pair that was compared."""
        compared = max(len(self.operands) - 1, 1)
        left, right = self.operands[-2:] if len(self.operands) > 1 else (None, None)
        return {
            "cell_id": self.cell_id,
            "line": self.line,
            "text": self.text,
            "passed": self.passed,
            "operator": self.operators[compared - 1] if self.operators else None,
            "left": left,
            "right": right,
            "message": self.message,
        }


_records: list[GateRecord] = []


def take_records() -> list[GateRecord]:
    """Return all asserts met so far, in order, and forget them."""
    taken = list(_records)
    _records.clear()
    return taken


def operand(index: int, value: Any) -> Any:
    """Note one side of a comparison."""
    _records[index].operands.append(_shown(value))
    return value


def verdict(index: int, passed: bool) -> bool:
    """Note whether the condition holds."""
    _records[index].passed = passed
    return passed


def message(index: int, text: Any) -> Any:
    """Note the message of an assert that fails."""
    _records[index].message = _shown(text) if not isinstance(text, str) else text
    return text


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 200


def _shown(value: Any) -> str:
    plain = scalar(value)
    try:
        return _Short().repr(value if plain is None else plain)
    except Exception:  # the notebook's own __repr__ may raise anything, and the assert does not care
        return f"<{type(value).__name__}>"


class GateTransformer(ast.NodeTransformer):
    """Makes the top-level asserts of a cell note what they see.

    Args:
        cell_id: the cell.
        source: its text; the text of a condition is taken from it.
    """

    def __init__(self, cell_id: str, source: str) -> None:
        self._cell_id = cell_id
        self._source, self._offset = _inner(source)

    def visit_Module(self, module: ast.Module) -> ast.Module:
        """Return the module with its asserts changed."""
        for statement in module.body:
            if isinstance(statement, ast.Assert):
                self._observe(statement)
        return fix_missing_locations(module)

    def _observe(self, statement: ast.Assert) -> None:
        test, index = statement.test, len(_records)
        if isinstance(test, ast.Tuple):
            return  # always true; Python warns about it, and only if it is left as it is
        line = statement.lineno + self._offset
        record = GateRecord(self._cell_id, line, self._text(test))
        _records.append(record)
        if isinstance(test, ast.Compare) and not _is_warned_about(test):
            record.operators = tuple(_OPERATORS[type(each)] for each in test.ops)
            test.left = _noted("operand", index, test.left)
            test.comparators = [_noted("operand", index, each) for each in test.comparators]
        truth = ast.IfExp(test=test, body=ast.Constant(True), orelse=ast.Constant(False))
        statement.test = _noted("verdict", index, copy_location(truth, test))
        if statement.msg is not None:
            statement.msg = _noted("message", index, statement.msg)

    def _text(self, node: ast.expr) -> str:
        plain = unparse(node)
        written = get_source_segment(self._source, node)
        try:
            same = written is not None and unparse(parse(written, mode="eval")) == plain
        except SyntaxError:
            same = False
        return written if same and written is not None else plain


def _is_warned_about(test: ast.Compare) -> bool:
    """Whether Python warns about an `is` with a literal, which it finds only if the literal is left in its place."""
    identity = any(isinstance(operator, (ast.Is, ast.IsNot)) for operator in test.ops)
    literals = [type(each.value) for each in (test.left, *test.comparators) if isinstance(each, ast.Constant)]
    return identity and any(kind in (str, bytes, int, float, complex) for kind in literals)


def _inner(source: str) -> tuple[str, int]:
    """The text that is parsed, and how many lines stand before it: `%%time` runs what is below."""
    if source.startswith("%%"):
        return source.partition("\n")[2], 1
    return source, 0


def _noted(function: str, index: int, value: ast.expr) -> ast.expr:
    """`value`, passed through a function of this module that is found without any name of the notebook."""
    module = f"__import__('sys').modules[{__name__!r}]"
    call = parse(f"{module}.{function}({index}, 0)", mode="eval").body
    assert isinstance(call, ast.Call)
    call.args[1] = value
    for node in (call, call.func, call.args[0]):
        copy_location(node, value)
    return copy_location(call, value)
