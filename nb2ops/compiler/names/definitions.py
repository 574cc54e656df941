"""Definitions of functions, and what decorators make of them and of classes."""

from __future__ import annotations

import ast

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names import functions
from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.calls import LOCAL_FUNCTION
from nb2ops.compiler.names.effects import apply_effect
from nb2ops.compiler.names.evaluation import evaluate
from nb2ops.compiler.names.expressions import function_value
from nb2ops.compiler.names.statements import execute
from nb2ops.compiler.names.values import Value, link
from nb2ops.compiler.names.walk import Walk


@execute.register(ast.FunctionDef)
@execute.register(ast.AsyncFunctionDef)
def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, walk: Walk) -> None:
    evaluated = [(each, evaluate(each, walk)) for each in node.decorator_list]
    decorators = [value for each, value in evaluated if not _is_accessor(each)]
    _evaluate_annotations(node, walk)
    value = function_value(node, walk)
    if len(decorators) < len(evaluated):  # a property goes on with what it had
        value = Value(value.kind, link([value, *(each for _, each in evaluated)]))
    walk.bind(node.name, decorated(value, decorators, node, walk))


def _is_accessor(decorator: ast.expr) -> bool:
    """Whether it makes a function the setter or deleter of a property, which calls neither."""
    return isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter", "getter")


def _evaluate_annotations(node: ast.FunctionDef | ast.AsyncFunctionDef, walk: Walk) -> None:
    if walk.kept.postponed:
        return
    args = node.args
    annotated = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    annotations = [each.annotation for each in annotated if each is not None]
    for annotation in (*annotations, node.returns):
        if annotation is not None:
            evaluate(annotation, walk)


def decorated(value: Value, decorators: list[Value], node: ast.AST, walk: Walk) -> Value:
    """Return a function or class as its decorators leave it."""
    for decorator in reversed(decorators):
        _apply_library_decorator(decorator, value, node, walk)
        value = functions.decorate(decorator, value, node, walk)
    return value


def _apply_library_decorator(decorator: Value, value: Value, node: ast.AST, walk: Walk) -> None:
    """Some decorators of libraries register what they decorate; those of the notebook's modules may do anything."""
    name = (decorator.kind or "").removeprefix("ref:")
    effect = knowledge().call(name) if name != decorator.kind else None
    if name.split(".")[0] in walk.local_modules:
        effect = LOCAL_FUNCTION
    if effect is not None and (effect.sets or effect.patches):
        apply_effect(effect, name, None, Arguments([value]), node, walk)
