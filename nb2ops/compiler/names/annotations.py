"""Names in annotations that are text: `typing.get_type_hints` looks them up whenever somebody asks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Annotated = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def names_looked_up(node: Annotated, *, postponed: bool) -> frozenset[str]:
    r"""Return the names that the annotations of a function or class body name in texts.

    Args:
        node: the definition; methods are definitions of their own.
        postponed: all annotations are texts (`from __future__ import annotations`).

    Example:
        >>> node = ast.parse("def f(a: 'Unit', b: list['Shop'], c: int): pass").body[0]
        >>> sorted(names_looked_up(node, postponed=False))
        ['Shop', 'Unit']
    """
    return frozenset(name for each in _annotations(node) for name in _names(each, text=postponed))


def _annotations(node: Annotated) -> Iterator[ast.expr]:
    if isinstance(node, ast.ClassDef):
        yield from (each.annotation for each in node.body if isinstance(each, ast.AnnAssign))
        return
    args = node.args
    parameters = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    yield from (each.annotation for each in parameters if each is not None and each.annotation is not None)
    if not isinstance(node, ast.Lambda) and node.returns is not None:
        yield node.returns


def _names(node: ast.AST, *, text: bool) -> Iterator[str]:
    """The names of an annotation that is text, or of the texts in one that is not."""
    match node:
        case ast.Name(id=name) if text:
            yield name
        case ast.Constant(value=str(inner)):
            try:
                yield from _names(ast.parse(inner.strip(), mode="eval").body, text=True)
            except SyntaxError:
                return
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal") as literal):
            yield from _names(literal, text=text)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _names(child, text=text)
