"""Statements: what they bind, change and delete, in the order in which they run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable
from functools import partial, singledispatch

from nb2ops.compiler.knowledge import knowledge
from nb2ops.compiler.names import functions, namespaces
from nb2ops.compiler.names.assignments import assign, store
from nb2ops.compiler.names.evaluation import evaluate, hold, implied, iterate
from nb2ops.compiler.names.expressions import combine
from nb2ops.compiler.names.facts import DIRECTORY, IMPORT, PATH
from nb2ops.compiler.names.scopes import imported_name, target_names
from nb2ops.compiler.names.sharing import UNDEFINED
from nb2ops.compiler.names.stars import standard_names
from nb2ops.compiler.names.values import SCALAR, Class, Region, Value, link
from nb2ops.compiler.names.walk import Walk

_EFFECTIVE_IMPORTS = ("sklearn.experimental", "mpl_toolkits.mplot3d")
"""Modules of libraries in the tables that change something when they are imported."""
_SWALLOWS = frozenset({"suppress", "raises", "assertRaises", "ExitStack", "AsyncExitStack", "contextmanager"})
"""Context managers that may keep exceptions for themselves."""


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
def _import(node: ast.Import, walk: Walk) -> None:
    for alias in node.names:
        module = alias.name if alias.asname else alias.name.split(".")[0]
        _load_module(alias.name, node, walk)
        walk.bind(imported_name(alias), Value(f"ref:{module}"))
        _note_effect(alias.name, node, walk)


@execute.register
def _import_from(node: ast.ImportFrom, walk: Walk) -> None:
    module = "." * node.level + (node.module or "")
    if module == "__future__":
        walk.set_state("settings", node, "imports from __future__")
        walk.kept.postponed = walk.kept.postponed or any(alias.name == "annotations" for alias in node.names)
        for alias in node.names:
            walk.bind(imported_name(alias), SCALAR)
        return
    if module == "__main__":
        walk.opaque(node, "from __main__ import")
    _load_module(module, node, walk)
    for alias in node.names:
        if alias.name == "*":
            _import_all(module, node, walk)
        else:
            walk.bind(imported_name(alias), Value(f"ref:{module}.{alias.name}"))
            _note_effect(f"{module}.{alias.name}", node, walk)


def _import_all(module: str, node: ast.ImportFrom, walk: Walk) -> None:
    names = standard_names(module)
    if names is None:
        names = walk.exports(module)
    if names is None:
        walk.opaque(node, f"from {module} import *")
    for name in sorted(names or ()):
        walk.bind(name, Value(f"ref:{module}.{name}"))


def _load_module(name: str, node: ast.stmt, walk: Walk) -> None:
    """A module that is neither Python's nor in the tables may be a file that a cell wrote or installed."""
    top = name.split(".")[0]
    if _may_be_beside(top, walk):
        walk.local_modules |= {top}
    if name == "__main__":
        walk.opaque(node, "import __main__")
    elif top in walk.local_modules:
        for state in ("settings", "environment", "path", "modules"):
            walk.set_state(state, node, f"imports {name}")
        walk.seed(node, f"imports {name}")
    if top not in sys.stdlib_module_names and not knowledge().knows(top):
        walk.world("read", node, f"imports {name}", f"{top}.py")


def _may_be_beside(top: str, walk: Walk) -> bool:
    """Whether a module that nobody knows may be a file that the import path now leads to, or that a cell wrote."""
    if not top or top in sys.stdlib_module_names or knowledge().knows(top):
        return False
    moved = any(state in facts.states for facts in walk.all_facts.values() for state in (PATH, DIRECTORY))
    written = (effect.path for facts in walk.all_facts.values() for effect in facts.world if effect.mode == "write")
    return moved or any(path in (f"{top}.py", f"{top}/__init__.py") for path in written)


def _note_effect(name: str, node: ast.stmt, walk: Walk) -> None:
    """Note that importing a library may change another one, unless the tables know it: then later steps import it."""
    top = name.split(".")[0]
    known = top in sys.stdlib_module_names or knowledge().knows(top) or top in walk.local_modules
    if top and (not known or name.startswith(_EFFECTIVE_IMPORTS)):
        walk.set_state(IMPORT + name, node, f"imports {name}")


@execute.register
def _return(node: ast.Return, walk: Walk) -> None:
    value = evaluate(node.value, walk) if node.value is not None else SCALAR
    if walk.frame is not None:
        walk.frame.returned.append(value)
    walk.leave()


@execute.register(ast.Break)
@execute.register(ast.Continue)
def _jump(_: ast.Break | ast.Continue, walk: Walk) -> None:
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
                walk.bind(name, Value(None, subject.region))


@execute.register
def _global(_: ast.Global, __: Walk) -> None:
    """A declaration; the scope's local names leave these out already."""


@execute.register
def _nonlocal(_: ast.Nonlocal, __: Walk) -> None:
    """A declaration; the scope's local names leave these out already."""
