"""Control flow: branches, loops, context managers and exceptions, which may run once, again or not at all."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names import functions
from nb2ops.compiler.names.assignments import assign
from nb2ops.compiler.names.evaluation import evaluate, implied, iterate
from nb2ops.compiler.names.scopes import target_names
from nb2ops.compiler.names.statements import execute, run
from nb2ops.compiler.names.values import Class, Region, Value, link
from nb2ops.compiler.names.walk import Walk

_SWALLOWS = frozenset({"suppress", "raises", "assertRaises", "ExitStack", "AsyncExitStack", "contextmanager"})
"""Context managers that may keep exceptions for themselves."""


@execute.register(ast.Break)
@execute.register(ast.Continue)
def _jump(_: ast.Break | ast.Continue, walk: Walk) -> None:
    walk.leave()


@execute.register
def _if(node: ast.If, walk: Walk) -> None:
    implied(evaluate(node.test, walk), walk, node)
    walk.branches(partial(run, walk, node.body), partial(run, walk, node.orelse))


@execute.register(ast.For)
@execute.register(ast.AsyncFor)
def _for(node: ast.For | ast.AsyncFor, walk: Walk) -> None:
    iterated = evaluate(node.iter, walk)

    def turn() -> None:
        with walk.block():
            assign(node.target, iterate(iterated, node.iter, walk), walk)
            run(walk, node.body)

    if _has_items(node.iter):
        _twice(turn, walk)
    else:
        walk.maybe(partial(_twice, turn, walk))
    if _breaks(node):
        walk.maybe(partial(run, walk, node.orelse))
    else:
        run(walk, node.orelse)


def _twice(turn: Callable[[], None], walk: Walk) -> None:
    """Walk a loop's body as a first and as a later turn."""
    before = walk.variables()
    turn()
    walk.forget_texts(before)
    if not walk.stopped:
        walk.maybe(turn)


def _breaks(node: ast.For | ast.AsyncFor | ast.While) -> bool:
    return any(isinstance(each, ast.Break) for each in ast.walk(node))


def _has_items(node: ast.expr) -> bool:
    """Whether a loop over an expression surely has a first turn."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return any(not isinstance(item, ast.Starred) for item in items)
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(stop))]):
            return stop > 0
        case ast.Call(func=ast.Name(id="enumerate" | "list" | "sorted" | "reversed"), args=[inner, *_]):
            return _has_items(inner)
        case ast.Call(func=ast.Name(id="zip"), args=[_, *_] as inners):
            return all(_has_items(inner) for inner in inners)
    return False


@execute.register
def _while(node: ast.While, walk: Walk) -> None:
    def turn() -> None:
        with walk.block():
            run(walk, node.body)
        if not walk.stopped:
            implied(evaluate(node.test, walk), walk, node)

    implied(evaluate(node.test, walk), walk, node)
    if isinstance(node.test, ast.Constant) and node.test.value:
        _twice(turn, walk)
    else:
        walk.maybe(partial(_twice, turn, walk))
    walk.maybe(partial(run, walk, node.orelse))


@execute.register(ast.With)
@execute.register(ast.AsyncWith)
def _with(node: ast.With | ast.AsyncWith, walk: Walk) -> None:
    managers = [_enter(item, node, walk) for item in node.items]
    _run_managed(node, managers, walk)
    for each in managers:
        if each.kind == "file" and each.region is not None:
            each.region.root.files.clear()


def _enter(item: ast.withitem, node: ast.AST, walk: Walk) -> Value:
    value = evaluate(item.context_expr, walk)
    implied(value, walk, node)
    if item.optional_vars is not None:
        assign(item.optional_vars, value._replace(stays=None), walk)  # closed when the block is left
    return value


def _run_managed(node: ast.With | ast.AsyncWith, managers: list[Value], walk: Walk) -> None:
    if all(_lets_pass(item.context_expr, value, walk) for item, value in zip(node.items, managers, strict=True)):
        run(walk, node.body)
        return
    with walk.guarded():
        run(walk, node.body)
    body_names = {name for each in node.body for name in target_names(each)}
    walk.bound -= body_names


def _lets_pass(manager: ast.expr, value: Value, walk: Walk) -> bool:
    """Whether a context manager lets every exception pass: what its body binds is bound afterwards."""
    exits = [code.methods["__exit__"] for code in value.code if isinstance(code, Class) and "__exit__" in code.methods]
    if exits:
        return not any(functions.returns_something(each) for each in exits)
    if not isinstance(manager, ast.Call):
        return value.kind is not None
    function = manager.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    target = evaluate(function, walk).kind or ""
    return name not in _SWALLOWS and knowledge().call(target.removeprefix("ref:")) is not None


@execute.register(ast.Try)
@execute.register(ast.TryStar)
def _try(node: ast.Try | ast.TryStar, walk: Walk) -> None:
    def body() -> None:
        with walk.guarded():
            run(walk, node.body)
            raised_to_end = walk.stopped
        if not raised_to_end:
            run(walk, node.orelse)

    safe = _safe_statements(node.body)

    def attempt() -> None:
        with walk.guarded():
            run(walk, node.body[safe:])

    def handler(each: ast.ExceptHandler) -> None:
        run(walk, node.body[:safe])
        walk.maybe(attempt)
        walk.stopped = False
        _handle(each, walk)

    walk.branches(body, *(partial(handler, each) for each in node.handlers))
    stopped, walk.stopped = walk.stopped, False
    run(walk, node.finalbody)
    walk.stopped = stopped or walk.stopped


def _safe_statements(body: list[ast.stmt]) -> int:
    """Return how many statements at the beginning surely raise nothing."""
    count = 0
    for statement in body:
        match statement:
            case ast.Pass() | ast.Assign(targets=[ast.Name()], value=ast.Constant()):
                count += 1
            case _:
                break
    return count


def _handle(handler: ast.ExceptHandler, walk: Walk) -> None:
    if handler.type is not None:
        evaluate(handler.type, walk)
    bound_before = set(walk.facts.binds)
    if handler.name:
        walk.bind(handler.name, Value(None, link([*walk.thrown, Value(None, Region())])))
    run(walk, handler.body)
    if handler.name and not walk.stopped:
        walk.unbind(handler.name, handler)
        walk.facts.binds &= bound_before | (walk.facts.binds - {handler.name})


@execute.register
def _match(node: ast.Match, walk: Walk) -> None:
    subject = evaluate(node.subject, walk)
    implied(subject, walk, node)

    def case(each: ast.match_case) -> None:
        _bind_pattern(each.pattern, subject, walk)
        if each.guard is not None:
            evaluate(each.guard, walk)
        run(walk, each.body)

    walk.branches(lambda: None, *(partial(case, each) for each in node.cases))


def _bind_pattern(pattern: ast.pattern, subject: Value, walk: Walk) -> None:
    for node in ast.walk(pattern):
        match node:
            case ast.expr():
                evaluate(node, walk)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                walk.bind(name, Value(None, link((subject,))))
