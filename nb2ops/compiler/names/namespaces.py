"""Variables reached through text: `globals()["x"]`, `exec("x = 1")`, `"{x}".format(**globals())`, `df.query("@x")`.

What stands in a literal is followed; anything else about a namespace is opaque.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from nb2ops.compiler.names.arguments import Arguments
from nb2ops.compiler.names.scopes import assigned_names
from nb2ops.compiler.names.values import SCALAR, Frame, Value
from nb2ops.compiler.names.walk import Walk

Evaluate = Callable[[ast.AST, Walk], Value]
_WORD = re.compile(r"[^\W\d]\w*")
_LOCAL = re.compile(r"@\s*([^\W\d]\w*)")
_ENVIRONMENT_CALL = re.compile(r"(?<![\w.])([^\W\d]\w*)\s*[(.]")
_PERCENT = re.compile(r"%\((\w+)\)")
_FORMULA_WORDS = frozenset({"C", "I", "Q", "bs", "cr", "cc", "te", "center", "standardize", "scale", "poly"})


def is_namespace(node: ast.expr, walk: Walk) -> bool:
    """Whether an expression is the dictionary of the notebook's variables."""
    match node:
        case ast.Call(func=ast.Name(id="globals" as name), args=[], keywords=[]):
            return name not in walk.env
        case ast.Call(func=ast.Name(id="locals" | "vars" as name), args=[], keywords=[]):
            return name not in walk.env and walk.frame is None
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython"), args=[]), attr="user_ns" | "user_global_ns"):
            return True
    return False


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def named_item(node: ast.expr, walk: Walk) -> str | None:
    """Return the variable that `globals()["name"]` stands for, None for any other expression."""
    if isinstance(node, ast.Subscript) and is_namespace(node.value, walk):
        return _text(node.slice)
    return None


def call_on_namespace(node: ast.Call, walk: Walk, evaluate: Evaluate) -> Value | None:
    """Walk a method of a namespace, or a call that is given one; None where it is neither, or names no literal."""
    if isinstance(node.func, ast.Attribute) and is_namespace(node.func.value, walk):
        return _method(node.func.attr, node, walk, evaluate)
    given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg is None)]
    if len(given) == 1 and len(node.args) + len(node.keywords) == 1 and is_namespace(given[0], walk):
        return _fill_in(node, walk, evaluate)
    return None


def _method(name: str, node: ast.Call, walk: Walk, evaluate: Evaluate) -> Value | None:
    key = _text(node.args[0]) if node.args else None
    match name:
        case "get" | "pop" | "setdefault" if key is not None:
            rest = [evaluate(each, walk) for each in node.args[1:]]
            found = walk.look_up(key, node)
            if name == "pop" and key in walk.env:
                walk.unbind(key, node)
            if name == "setdefault" and rest:
                walk.maybe(partial(walk.bind_module, key, rest[0]))
            return found
        case "update" | "__setitem__":
            return _bind_all(_pairs(node), node, walk, evaluate)
    return None


def _pairs(node: ast.Call) -> list[tuple[str | None, ast.expr]]:
    pairs: list[tuple[str | None, ast.expr]] = [(each.arg, each.value) for each in node.keywords]
    match node.args:
        case [key, value]:
            pairs.append((_text(key), value))
        case [ast.Dict(keys=keys, values=values)]:
            pairs += [(_text(key), value) for key, value in zip(keys, values, strict=True)]
        case [ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords)]:
            pairs += [(each.arg, each.value) for each in keywords]
        case [_, *_]:
            pairs.append((None, node.args[0]))
    return pairs


def _bind_all(pairs: Iterable[tuple[str | None, ast.expr]], node: ast.Call, walk: Walk, evaluate: Evaluate) -> Value:
    for name, expression in pairs:
        value = evaluate(expression, walk)
        if name is None:
            walk.opaque(node, "globals()")
        else:
            walk.bind_module(name, value)
    return SCALAR


def _fill_in(node: ast.Call, walk: Walk, evaluate: Evaluate) -> Value | None:
    """`"{x}".format(**globals())` and `Template("$x").substitute(globals())` read what the text names."""
    match node.func:
        case ast.Attribute(value=ast.Constant(value=str(text)), attr="format" | "format_map"):
            names = _format_names(text)
        case ast.Attribute(value=ast.Call(args=[ast.Constant(value=str(text))]), attr="substitute" | "safe_substitute"):
            names = (found["named"] or found["braced"] or "" for found in string.Template.pattern.finditer(text))
        case _:
            return None
    evaluate(node.func.value, walk)
    _read_all(names, node, walk)
    return SCALAR


def fill_in_percent(node: ast.BinOp, walk: Walk) -> Value | None:
    """`"%(x)s" % globals()` reads what the text names."""
    text = _text(node.left)
    if text is None or not isinstance(node.op, ast.Mod) or not is_namespace(node.right, walk):
        return None
    _read_all(_PERCENT.findall(text), node, walk)
    return SCALAR


def _format_names(text: str) -> Iterator[str]:
    try:
        for _, field, form, _ in string.Formatter().parse(text):
            if field:
                yield re.split(r"[.\[]", field)[0]
            if form:
                yield from _format_names(form)
    except ValueError:
        return


def _read_all(names: Iterable[str], node: ast.AST, walk: Walk) -> None:
    for name in dict.fromkeys(names):
        if name:
            walk.read(name, node)


def contains(node: ast.Compare, walk: Walk) -> bool:
    """Walk `"x" in globals()`; return whether it is that."""
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
        return False
    name = _text(node.left)
    if name is None or not is_namespace(node.comparators[0], walk):
        return False
    walk.look_up(name, node)
    return True


def run_text(name: str, node: ast.Call, walk: Walk, evaluate: Evaluate) -> Value | None:
    """Walk `exec` or `eval` of a literal; None where the code is computed or runs in a namespace of its own."""
    text = (_code_text(node.args[0]) or evaluate(node.args[0], walk).text) if node.args else None
    if text is None or not all(is_namespace(each, walk) for each in node.args[1:]) or node.keywords:
        return None
    try:
        tree = ast.parse(text.strip(), mode=name)
    except (SyntaxError, ValueError):
        return None
    for each in ast.walk(tree):
        if isinstance(each, ast.expr | ast.stmt):
            ast.copy_location(each, node)
    if isinstance(tree, ast.Expression):
        return evaluate(tree.body, walk)
    if isinstance(tree, ast.Module):
        _run_body(tree.body, walk)
    return SCALAR


def _run_body(body: list[ast.stmt], walk: Walk) -> None:
    """In a function, what `exec` binds is gone when it ends."""
    if walk.frame is None:
        walk.run(walk, body)
        return
    with walk.scope(Frame(assigned_names(body), parent=walk.frame)):
        walk.run(walk, body)


def _code_text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(func=ast.Name(id="compile"), args=[inner, *_]):
            return _code_text(inner)
        case ast.Call(func=ast.Attribute(attr="dedent"), args=[ast.Constant(value=str(text))]):
            return re.sub(r"(?m)^[ \t]+$", "", text) if not text[:1].isspace() else None
    return None


def read_query(name: str, arguments: Arguments, node: ast.AST, walk: Walk) -> list[Value]:
    """Read the variables that a query (`@x`), `pandas.eval` or a formula names; one that is computed may name any.

    The columns of a frame go before variables of the same name in a formula, so that a word which no cell defines
    is a column, unless it is called.
    """
    text = arguments.text("0") or arguments.text("expr") or arguments.text("formula")
    if text is None and arguments.all:
        walk.opaque(node, f"{name}() of a computed text")
        return []
    if name in (".query", ".eval"):
        _read_all(_LOCAL.findall(text or ""), node, walk)
        return []
    if name == "pandas.eval":
        _read_all(re.findall(r"(?<![\w.@])[^\W\d]\w*", text or ""), node, walk)
        return []
    found = []
    called = set(_ENVIRONMENT_CALL.findall(text or "")) - _FORMULA_WORDS
    for word in dict.fromkeys(_WORD.findall(text or "")):
        if word in walk.env:
            found.append(walk.read(word, node))
        elif word in called:
            walk.look_up(word, node)
    return found
