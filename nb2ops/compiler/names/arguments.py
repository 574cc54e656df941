"""The arguments of a call, as values and as written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nb2ops.compiler.names.values import Value, link

if TYPE_CHECKING:
    from nb2ops.compiler.names.walk import Walk


@dataclass(slots=True)
class Arguments:
    """The arguments of a call.

    Attributes:
        positional: by position; those behind a `*args` are in `spread`.
        keywords: by name; those of a `**kwargs` are in `spread`.
        spread: what `*args` and `**kwargs` hold, None where there are none.
        nodes, keyword_nodes: the same as written.
    """

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    spread: Value | None = None
    nodes: list[ast.expr] = field(default_factory=list)
    keyword_nodes: dict[str, ast.expr] = field(default_factory=dict)

    @property
    def all(self) -> list[Value]:
        """Every argument."""
        rest = [] if self.spread is None else [self.spread]
        return [*self.positional, *self.keywords.values(), *rest]

    def named(self, name: str) -> Value | None:
        """Return an argument by position ("0") or keyword; one that may be in `*args` is that."""
        if name.isdigit():
            position = int(name)
            return self.positional[position] if position < len(self.positional) else self.spread
        return self.keywords.get(name)

    def without_texts(self) -> Arguments:
        """Return the same arguments, of whose texts nothing is known."""
        positional = [value._replace(text=None) for value in self.positional]
        keywords = {name: value._replace(text=None) for name, value in self.keywords.items()}
        return Arguments(positional, keywords, self.spread, self.nodes, self.keyword_nodes)

    def is_true(self, keyword: str) -> bool:
        """Whether a keyword is given and may be true."""
        if self.spread is not None:
            return True
        node = self.keyword_nodes.get(keyword)
        return node is not None and not (isinstance(node, ast.Constant) and not node.value)

    def is_false(self, keyword: str) -> bool:
        """Whether a keyword is given and may be false."""
        node = self.keyword_nodes.get(keyword)
        return node is not None and not (isinstance(node, ast.Constant) and bool(node.value))

    def is_given(self, keyword: str) -> bool:
        """Whether a keyword is given and not None."""
        node = self.keyword_nodes.get(keyword)
        return node is not None and not (isinstance(node, ast.Constant) and node.value is None)

    def text(self, name: str) -> str | None:
        """Return the text of an argument that is a string or path, where it is known."""
        value = self.named(name)
        return None if value is None else value.text


def read_arguments(node: ast.Call, walk: Walk, evaluate: Callable[[ast.AST, Walk], Value]) -> Arguments:
    """Walk the arguments of a call."""
    found = Arguments()
    spread: list[Value] = []
    for argument in node.args:
        value = evaluate(argument, walk)
        if isinstance(argument, ast.Starred) or spread:
            spread.append(value)
        else:
            found.positional.append(value)
            found.nodes.append(argument)
    for keyword in node.keywords:
        value = evaluate(keyword.value, walk)
        if keyword.arg is None:
            spread.append(value)
        else:
            found.keywords[keyword.arg] = value
            found.keyword_nodes[keyword.arg] = keyword.value
    if spread:
        found.spread = Value(None, link(spread))
    return found
