"""Expressions: what they read, and what is known of their value."""

from __future__ import annotations

import ast
from functools import partial

from nb2ops.compiler.names import calls, namespaces
from nb2ops.compiler.names.annotations import names_looked_up
from nb2ops.compiler.names.assignments import assign
from nb2ops.compiler.names.attributes import attribute
from nb2ops.compiler.names.evaluation import consume, evaluate, implied, iterate, look_up, part, share
from nb2ops.compiler.names.functions import invoke_all
from nb2ops.compiler.names.scopes import free_names, is_generator, target_names
from nb2ops.compiler.names.sharing import ARRAYS, UNDEFINED
from nb2ops.compiler.names.values import (
    LAZY,
    SCALAR,
    Frame,
    Function,
    Region,
    Value,
    fresh,
    item,
    join_all,
    joined_path,
    link,
    staying,
    text_value,
    tuple_kind,
)
from nb2ops.compiler.names.walk import Walk

_DISPLAYS = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}


@evaluate.register
def _constant(node: ast.Constant, _: Walk) -> Value:
    return text_value(node.value) if isinstance(node.value, str) else SCALAR


@evaluate.register
def _name(node: ast.Name, walk: Walk) -> Value:
    return walk.read(node.id, node)


@evaluate.register
def _joined_string(node: ast.JoinedStr, walk: Walk) -> Value:
    texts = [evaluate(each, walk).text for each in node.values]
    return text_value(None if None in texts else "".join(text or "" for text in texts))


@evaluate.register
def _formatted(node: ast.FormattedValue, walk: Walk) -> Value:
    value = evaluate(node.value, walk)
    implied(value, walk, node)
    if node.format_spec is not None:
        evaluate(node.format_spec, walk)
    return text_value(value.text if node.format_spec is None and node.conversion == -1 else None)


@evaluate.register
def _attribute(node: ast.Attribute, walk: Walk) -> Value:
    owner = evaluate(node.value, walk)
    return attribute(owner, node.attr, node, walk)


@evaluate.register
def _subscript(node: ast.Subscript, walk: Walk) -> Value:
    name = namespaces.named_item(node, walk)
    if name is not None:
        return walk.read(name, node)
    owner = evaluate(node.value, walk)
    key = evaluate(node.slice, walk)
    if owner.kind == "ref:sys.modules" and not _is_other_module(node.slice):
        walk.opaque(node, "sys.modules")
        return Value("ref:__main__") if ast.unparse(node.slice) in ("'__main__'", "__name__") else Value()
    if owner.kind == "scalar" or (owner.kind or "").startswith("ref:builtins."):
        return SCALAR
    if owner.kind and owner.kind.startswith("ref:"):
        return Value(owner.kind)
    implied(owner, walk, node)
    look_up(owner, key, walk)
    if owner.kind == "defaultdict":
        walk.change(owner, node, "looks up a key, which a defaultdict adds")
        invoke_all(owner, node, walk)
    return _item(owner, key, node.slice)


def _item(owner: Value, key: Value, node: ast.expr) -> Value:
    if owner.kind == "pandas.Indexer":
        return Value("pandas.DataFrame", Region() if _copies(key) else owner.region)
    if owner.kind == UNDEFINED:
        return fresh(UNDEFINED) if _selects(node) else Value(UNDEFINED, owner.region)
    if owner.kind in ARRAYS:
        kind = _item_kind(owner.kind, node)
        return fresh(kind) if _copies(key) else Value(kind, owner.region)
    if isinstance(node, ast.Slice) and (owner.kind or "").startswith("tuple("):  # its items have other positions
        return Value("tuple", link((owner,)), stays=staying((owner,)))
    if isinstance(node, ast.Slice) or owner.kind in ("matplotlib", "pandas.GroupBy"):
        return owner
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return part(owner, node.value)
    if owner.parts:
        return item(owner)
    return SCALAR if owner.each == "scalar" else Value(owner.each, owner.region)


def _is_other_module(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) and key.value != "__main__"


def _item_kind(kind: str, key: ast.expr) -> str:
    if kind == "pandas.DataFrame" and isinstance(key, ast.Constant):
        return "pandas.Series"
    return kind


def _copies(key: Value) -> bool:
    """Whether numpy and pandas return a copy for a key: a mask or a list, never a slice or a label."""
    return key.kind in ARRAYS or key.kind == "list" or any(_copies(part) for part in key.parts)


def _selects(key: ast.expr) -> bool:
    """Whether a key looks like a mask or a list of labels, for which numpy and pandas return a copy."""
    return isinstance(key, ast.Compare | ast.List | ast.BoolOp) or (
        isinstance(key, ast.BinOp) and isinstance(key.op, ast.BitAnd | ast.BitOr)
    )


@evaluate.register(ast.List)
@evaluate.register(ast.Tuple)
@evaluate.register(ast.Set)
def _display(node: ast.List | ast.Tuple | ast.Set, walk: Walk) -> Value:
    items = [evaluate(each, walk) for each in node.elts]
    if isinstance(node, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.elts):
        return Value(tuple_kind(each.kind for each in items), Region(), parts=tuple(items))
    return share(items, _DISPLAYS[type(node)], _common_kind(items))


def _common_kind(items: list[Value]) -> str | None:
    kinds = {each.kind for each in items}
    return kinds.pop() if len(kinds) == 1 and not {"temporary", LAZY} & kinds else None


@evaluate.register
def _dict(node: ast.Dict, walk: Walk) -> Value:
    keys = [evaluate(key, walk) for key in node.keys if key is not None]
    values = [evaluate(value, walk) for value in node.values]
    return share([*keys, *values], "dict", _common_kind(values))


@evaluate.register
def _starred(node: ast.Starred, walk: Walk) -> Value:
    value = evaluate(node.value, walk)
    return iterate(value, node, walk)


@evaluate.register
def _binary(node: ast.BinOp, walk: Walk) -> Value:
    filled = namespaces.fill_in_percent(node, walk)
    if filled is not None:
        return filled
    return combine(evaluate(node.left, walk), evaluate(node.right, walk), node, walk)


def combine(left: Value, right: Value, node: ast.AST, walk: Walk) -> Value:
    """Return what an arithmetic operation on two objects gives."""
    for operand in (left, right):
        implied(operand, walk, node)
    kinds = {left.kind, right.kind}
    if kinds == {"scalar"} and left.text is not None and right.text is not None:
        return text_value(left.text + right.text if _is_addition(node) else None)
    if kinds == {"scalar"} or (_is_scalar_reference(left) and _is_scalar_reference(right)):
        return SCALAR
    if UNDEFINED in kinds and "pathlib.Path" not in kinds:
        return SCALAR if kinds == {UNDEFINED, "scalar"} else fresh(UNDEFINED)
    if "pathlib.Path" in kinds:
        return text_value(joined_path((left, right)), "pathlib.Path")
    array = next((kind for kind in ("pandas.DataFrame", "pandas.Series", "numpy.ndarray") if kind in kinds), None)
    if array:
        return fresh(array, code=left.code | right.code)
    return share((left, right), left.kind if left.kind == right.kind else None)


def _is_addition(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Add)


def _is_scalar_reference(value: Value) -> bool:
    return value.kind == "scalar" or (value.kind or "").startswith("ref:math.")


@evaluate.register
def _unary(node: ast.UnaryOp, walk: Walk) -> Value:
    value = evaluate(node.operand, walk)
    implied(value, walk, node)
    return SCALAR if value.kind == "scalar" or isinstance(node.op, ast.Not) else fresh(value.kind, code=value.code)


@evaluate.register
def _compare(node: ast.Compare, walk: Walk) -> Value:
    if namespaces.contains(node, walk):
        return SCALAR
    operands = [node.left, *node.comparators]
    values = [evaluate(operand, walk) for operand in operands]
    for value in values:
        implied(value, walk, node)
    asks_by_is = _asks_by_is(operands, node)
    if any(value.code for value in values) or asks_by_is:  # without __eq__ objects are equal to themselves only
        for value in values:
            walk.identity(value)
    if asks_by_is:
        _note_identity(operands, values, node, walk)
    identified = [found for each in operands if (found := _identified(each, walk)) is not None]
    if len(identified) == len(operands):
        _note_identity(identified, [evaluate(each, walk) for each in identified], node, walk)
    if any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
        consume(values[-1], node, walk)
    if all(value.kind == "scalar" for value in values):
        return SCALAR
    return fresh(next((value.kind for value in values if value.kind in ARRAYS), None))


def _note_identity(operands: list[ast.expr], values: list[Value], node: ast.Compare, walk: Walk) -> None:
    """Numbers and texts inside containers are written anew for each step: variables alone keep which one they are."""
    if any(value.code for value in values):
        return
    taken = any(_may_be_item(each, walk) for each in operands)
    plain = all(value.kind == "scalar" for value in values) and not any(isinstance(each, ast.Call) for each in operands)
    items = all(isinstance(each, ast.Subscript) for each in operands)
    if (taken and plain) or (items and all(value.kind in ("scalar", None) for value in values)):
        text = "compares items of containers by `is` or `id()`, not by `==`: equal numbers or texts may be two objects"
        walk.warn("NB115", node, text)


def _may_be_item(node: ast.expr, walk: Walk) -> bool:
    """Whether something may have been taken out of a container: it is no variable of the module."""
    return not isinstance(node, ast.Name) or node.id in walk.bound or walk.is_local(node.id)


def _asks_by_is(operands: list[ast.expr], node: ast.Compare) -> bool:
    pairs = zip(operands, operands[1:], node.ops, strict=False)
    return any(isinstance(op, ast.Is | ast.IsNot) and not _constants(left, right) for left, right, op in pairs)


def _identified(node: ast.expr, walk: Walk) -> ast.expr | None:
    """Return what `id(...)` is called with, None for anything else."""
    match node:
        case ast.Call(func=ast.Name(id="id"), args=[found], keywords=[]) if "id" not in walk.env:
            return found
    return None


def _constants(left: ast.expr, right: ast.expr) -> bool:
    return isinstance(left, ast.Constant) or isinstance(right, ast.Constant)


@evaluate.register
def _boolean(node: ast.BoolOp, walk: Walk) -> Value:
    found = [evaluate(node.values[0], walk)]
    for operand in node.values[1:]:
        walk.maybe(partial(_append, found, operand, walk))
    return join_all(found)


def _append(found: list[Value], node: ast.expr, walk: Walk) -> None:
    found.append(evaluate(node, walk))


@evaluate.register
def _conditional(node: ast.IfExp, walk: Walk) -> Value:
    implied(evaluate(node.test, walk), walk, node)
    found: list[Value] = []
    walk.branches(
        partial(_append, found, node.body, walk),
        partial(_append, found, node.orelse, walk),
    )
    return join_all(found)


@evaluate.register
def _walrus(node: ast.NamedExpr, walk: Walk) -> Value:
    value = evaluate(node.value, walk)
    name = node.target.id
    comprehension = walk.frame
    while walk.frame is not None and not walk.frame.is_function and name not in walk.frame.locals:
        walk.frame = walk.frame.parent
    walk.bind(name, value)
    walk.frame = comprehension
    return value


@evaluate.register
def _lambda(node: ast.Lambda, walk: Walk) -> Value:
    return function_value(node, walk)


def function_value(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, walk: Walk) -> Value:
    """Return the function that a definition makes; its defaults are evaluated now and live with it."""
    defaults = [evaluate(each, walk) for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None]
    region = share(defaults).region or Region()
    frame = walk.frame
    while frame is not None:
        if frame.captured:
            region = link((Value(None, region), Value(None, frame.home))) or region
        frame = frame.parent
    free = free_names(node) | names_looked_up(node, postponed=walk.kept.postponed)
    decorators = () if isinstance(node, ast.Lambda) else tuple(node.decorator_list)
    made = Function(node, walk.frame, free, is_generator(node), region, decorators, walk.count_function())
    region.root.code.add(made)
    return Value("function", region, calls=frozenset({made}))


@evaluate.register
def _call(node: ast.Call, walk: Walk) -> Value:
    return calls.call(node, walk, evaluate)


@evaluate.register
def _await(node: ast.Await, walk: Walk) -> Value:
    return evaluate(node.value, walk)


@evaluate.register(ast.Yield)
@evaluate.register(ast.YieldFrom)
def _yield(node: ast.Yield | ast.YieldFrom, walk: Walk) -> Value:
    value = evaluate(node.value, walk) if node.value else SCALAR
    if walk.frame is not None:
        walk.frame.returned.append(value)
    return Value()


@evaluate.register(ast.ListComp)
@evaluate.register(ast.SetComp)
@evaluate.register(ast.DictComp)
@evaluate.register(ast.GeneratorExp)
def _comprehension(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, walk: Walk) -> Value:
    first = node.generators[0]
    source = evaluate(first.iter, walk)
    drawn = iterate(source, first.iter, walk)
    names = frozenset(name for each in node.generators for name in target_names(each.target))
    frame = Frame(names, parent=walk.frame)
    found: list[Value] = []
    with walk.scope(frame):
        walk.maybe(lambda: found.extend(_turn(node, drawn, walk)))
    kinds = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict", ast.GeneratorExp: LAZY}
    made = share(found, kinds[type(node)], _common_kind(found))
    return _lazy(made, source, node, walk) if isinstance(node, ast.GeneratorExp) else made


def _lazy(made: Value, source: Value, node: ast.GeneratorExp, walk: Walk) -> Value:
    """A generator expression that is kept goes on later: with what it draws from, and as a function does."""
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    later = ast.Lambda(nothing, ast.copy_location(ast.ListComp(node.elt, node.generators), node))
    return made._replace(parts=(source, function_value(ast.copy_location(later, node), walk)), stays="is a generator")


def _turn(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, drawn: Value, walk: Walk) -> list[Value]:
    for position, generator in enumerate(node.generators):
        if position:
            drawn = iterate(evaluate(generator.iter, walk), generator.iter, walk)
        assign(generator.target, drawn, walk)
        for condition in generator.ifs:
            evaluate(condition, walk)
    if isinstance(node, ast.DictComp):
        key = evaluate(node.key, walk)
        value = evaluate(node.value, walk)
        return [value._replace(region=link((key, value)))]
    return [evaluate(node.elt, walk)]
