"""Statements: what they bind, change and delete, in the order in which they run."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import partial, singledispatch

from nb2ops.compiler.names import namespaces
from nb2ops.compiler.names.assignments import assign, store
from nb2ops.compiler.names.evaluation import evaluate, hold, implied
from nb2ops.compiler.names.expressions import combine
from nb2ops.compiler.names.sharing import UNDEFINED
from nb2ops.compiler.names.values import SCALAR, Value
from nb2ops.compiler.names.walk import Walk


def run(walk: Walk, statements: Iterable[ast.stmt]) -> None:
    """Walk statements until control leaves them."""
    for statement in statements:
        if walk.stopped:
            return
        walk.at(statement)
        execute(statement, walk)


@singledispatch
def execute(node: ast.stmt, walk: Walk) -> None:
    """Walk a statement: by default, the expressions in it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(child, walk)


@execute.register
def _expression(node: ast.Expr, walk: Walk) -> None:
    value = evaluate(node.value, walk)
    implied(value, walk, node)
    if walk.frame is None:
        walk.kept.shown = value


@execute.register
def _assign(node: ast.Assign, walk: Walk) -> None:
    value = evaluate(node.value, walk)
    for target in node.targets:
        assign(target, value, walk)


@execute.register
def _annotated(node: ast.AnnAssign, walk: Walk) -> None:
    if not walk.kept.postponed and (walk.frame is None or not walk.frame.is_function):
        evaluate(node.annotation, walk)
    if node.value is not None:
        assign(node.target, evaluate(node.value, walk), walk)


@execute.register
def _augmented(node: ast.AugAssign, walk: Walk) -> None:
    value = evaluate(node.value, walk)
    match node.target:
        case ast.Name(id=name):
            before = walk.read(name, node)
            if _stays(before, node.value):
                walk.bind(name, combine(before, value, node, walk))
                return
            walk.change(before, node, "assigns to it with an operator", only_itself=True)
            result = combine(before, value, node, walk)
            hold((before, value), walk)
            walk.bind(name, before if before.region else result)
        case ast.Attribute() | ast.Subscript() as target:
            evaluate(target, walk)
            store(target, value, walk)


def _stays(before: Value, operand: ast.expr) -> bool:
    """Whether an operator makes a new object: of a number, text or tuple; what no cell defines is taken for one."""
    kind = before.kind or ""
    return kind.startswith(("scalar", "tuple")) or (
        kind == UNDEFINED and isinstance(operand, ast.Constant | ast.JoinedStr)
    )


@execute.register
def _delete(node: ast.Delete, walk: Walk) -> None:
    for target in node.targets:
        _delete_target(target, walk)


def _delete_target(target: ast.expr, walk: Walk) -> None:
    match target:
        case ast.Name(id=name):
            walk.unbind(name, target)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            for item in items:
                _delete_target(item, walk)
        case ast.Attribute() | ast.Subscript():
            variable = namespaces.named_item(target, walk)
            if variable is None:
                store(target, SCALAR, walk)
            else:
                walk.unbind(variable, target)


@execute.register
def _return(node: ast.Return, walk: Walk) -> None:
    value = evaluate(node.value, walk) if node.value is not None else SCALAR
    if walk.frame is not None:
        walk.frame.returned.append(value)
    walk.leave()


@execute.register
def _raise(node: ast.Raise, walk: Walk) -> None:
    for child in (node.exc, node.cause):
        if child is not None:
            walk.thrown.append(evaluate(child, walk))
    if not walk.is_guarded:
        walk.end(node, "may raise an exception")
    walk.throw()


@execute.register
def _assert(node: ast.Assert, walk: Walk) -> None:
    implied(evaluate(node.test, walk), walk, node)
    if not walk.is_guarded:
        walk.end(node, "asserts something")
    if node.msg is not None:
        walk.maybe(partial(evaluate, node.msg, walk))


@execute.register
def _global(_: ast.Global, __: Walk) -> None:
    """A declaration; the scope's local names leave these out already."""


@execute.register
def _nonlocal(_: ast.Nonlocal, __: Walk) -> None:
    """A declaration; the scope's local names leave these out already."""
