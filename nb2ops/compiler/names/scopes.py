"""Which names a function, class or comprehension holds itself, and which it takes from outside.

The rules are those of the language reference, "Resolution of names".
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

IPYTHON_NAMES = frozenset({"In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh", "_exit_code"})
BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "exit", "quit", "__builtins__"}
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ComprehensionNode = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
ScopeNode = FunctionNode | ast.ClassDef | ComprehensionNode
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class _Names:
    stored: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    yields: bool = False


def parameters(node: FunctionNode) -> list[ast.arg]:
    """Return all parameters of a function, `*args` and `**kwargs` last."""
    args = node.args
    extra = [each for each in (args.vararg, args.kwarg) if each is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *extra]


def target_names(target: ast.AST) -> Iterator[str]:
    """Yield the names that an assignment target binds."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def imported_name(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.split(".")[0]


def _stored_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (imported_name(alias) for alias in names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name


def _collect(nodes: Iterable[ast.AST], names: _Names) -> None:
    for node in nodes:
        names.stored.update(_stored_by(node))
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                names.loaded.add(name)
            case ast.Global(names=declared) | ast.Nonlocal(names=declared):
                names.outer.update(declared)
            case ast.Yield() | ast.YieldFrom():
                names.yields = True
        if isinstance(node, _SCOPES):
            _collect(_evaluated_outside(node), names)
            names.loaded |= free_names(node)
        elif isinstance(node, _COMPREHENSIONS):
            _collect_comprehension(node, names)
        else:
            _collect(ast.iter_child_nodes(node), names)


def _collect_comprehension(node: ComprehensionNode, names: _Names) -> None:
    inner = _Names()
    _collect(ast.iter_child_nodes(node), inner)
    targets = {name for each in node.generators for name in target_names(each.target)}
    names.loaded |= inner.loaded - targets
    names.stored |= inner.stored - targets
    names.yields |= inner.yields


def _evaluated_outside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef) -> list[ast.AST]:
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    defaults = [each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None]
    if isinstance(node, ast.Lambda):
        return list(defaults)
    return [*node.decorator_list, *defaults]


def _own(node: ScopeNode) -> _Names:
    names = _Names()
    if isinstance(node, _COMPREHENSIONS):
        return names
    if isinstance(node, ast.Lambda):
        _collect([node.body], names)
    else:
        _collect(node.body, names)
    if not isinstance(node, ast.ClassDef):
        names.stored.update(each.arg for each in parameters(node))
    return names


def local_names(node: FunctionNode | ast.ClassDef) -> frozenset[str]:
    """Return the names that are local to a function or class body."""
    names = _own(node)
    return frozenset(names.stored - names.outer)


def assigned_names(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names that statements bind in their own scope."""
    names = _Names()
    _collect(statements, names)
    return frozenset(names.stored - names.outer)


def free_names(node: FunctionNode | ast.ClassDef) -> frozenset[str]:
    r"""Return the names that the body takes from outside, those of nested functions included.

    Example:
        >>> node = ast.parse("def f(a):\n    b = a\n    return b + c").body[0]
        >>> sorted(free_names(node))
        ['c']
    """
    names = _own(node)
    inside = names.stored - names.outer
    return frozenset((names.loaded - inside) | names.outer)


def captured_names(node: FunctionNode) -> frozenset[str]:
    """Return the local names that functions inside read: those live on when the call has ended."""
    inner = [each for each in ast.walk(node) if isinstance(each, _SCOPES) and each is not node]
    return local_names(node) & frozenset(name for each in inner for name in free_names(each))


def is_generator(node: FunctionNode) -> bool:
    """Return whether calling the function returns a generator."""
    return _own(node).yields
