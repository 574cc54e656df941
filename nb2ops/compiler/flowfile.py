"""The text of `flow.py`: typed parameters, the DAG at a glance, nothing else."""

from __future__ import annotations

import ast
import json
import keyword
import re
import textwrap
from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter

from nb2ops.compiler.selection import closure
from nb2ops.model import Parameter, Pipeline
from nb2ops.parameter_types import TYPES, python_type
from nb2ops.ranges import Normalised

_MODULES = {
    "datetime": ("date", "datetime", "time", "timedelta"),
    "decimal": ("Decimal",),
    "pathlib": ("Path",),
    "typing": ("Annotated", "Any", "Literal", "Optional", "List", "Dict", "Tuple", "Set"),
}


def flow_text(pipeline: Pipeline) -> str:
    """Return the Python source of a pipeline's flow."""
    names = _Names(pipeline)
    parts = [
        _docstring(pipeline),
        _imports(pipeline),
        f"@flow(name={_quoted(pipeline.name)})\n{_signature(pipeline, names)}\n{_body(pipeline, names)}",
        f'if __name__ == "__main__":\n    with {names.server}():\n        {names.function}()\n',
    ]
    return f"{parts[0]}\n\n{parts[1]}\n\n\n{parts[2]}\n\n\n{parts[3]}"


def function_name(pipeline: Pipeline) -> str:
    """Return the name of the flow function."""
    return _identifier(pipeline.name)


def _identifier(text: str) -> str:
    name = re.sub(r"\W", "_", text)
    if not name or name[0].isdigit():
        name = f"flow_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


class _Names:
    """Names of the generated function that do not hide each other."""

    def __init__(self, pipeline: Pipeline) -> None:
        taken = {parameter.name for parameter in pipeline.parameters}
        self.function = function_name(pipeline)
        self.pipeline = _free("pipeline", taken | {self.function})
        self.server = "server_" if self.function == "server" else "server"
        self.step = _free("step", taken)
        taken |= {self.pipeline, self.step}
        self.steps: dict[str, str] = {}
        for step in pipeline.steps:
            self.steps[step.name] = _free(_identifier(step.name), taken)
            taken.add(self.steps[step.name])


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _docstring(pipeline: Pipeline) -> str:
    lines = [
        f'"""{_plain(pipeline.title)}',
        "",
        f"Built by nb2ops from {_plain(pipeline.notebook)}: change the notebook and build again.",
        '"""',
    ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''").rstrip('"')


def _imports(pipeline: Pipeline) -> str:
    used = {name for parameter in _given(pipeline) for name in _used_names(parameter)}
    lines = []
    for module, names in _MODULES.items():
        needed = sorted(used & set(names))
        if needed:
            lines.append(f"from {module} import {', '.join(needed)}")
    standard = "\n".join(lines) + "\n\n" if lines else ""
    checking = "from pydantic import Field\n" if "Field" in used else ""
    own = _Names(pipeline)
    ours = f"from nb2ops import {_imported('pipeline', own.pipeline)}, {_imported('server', own.server)}"
    return f"{standard}from prefect import flow\n{checking}\n{ours}"


def _imported(name: str, known_as: str) -> str:
    return name if name == known_as else f"{name} as {known_as}"


def _used_names(parameter: Parameter) -> Iterable[str]:
    for text in (_annotation(parameter), _default(parameter)):
        for node in ast.walk(ast.parse(text, mode="eval")):
            if isinstance(node, ast.Name):
                yield node.id


def _annotation(parameter: Parameter) -> str:
    try:
        python_type(parameter.type)
    except ValueError:
        return "Any"
    written = render(Normalised().visit(_unqualified(parameter.type)))
    return f"Optional[{written}]" if parameter.computed and written != "Any" else written


def _default(parameter: Parameter) -> str:
    return "None" if parameter.computed else render(_unqualified(parameter.default))


class _Unqualify(ast.NodeTransformer):
    """`datetime.date` becomes `date`: flow.py imports the names themselves."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Name(node.attr, ast.Load()) if node.attr in TYPES else node


def _unqualified(text: str) -> ast.expr:
    expression = ast.parse(text, mode="eval")
    return _Unqualify().visit(expression).body  # type: ignore[no-any-return]


def render(node: ast.expr) -> str:
    """Return the source of a literal, an annotation or a constructor's call, in double quotes."""
    match node:
        case ast.Constant(value=str(text)):
            return _quoted(text)
        case ast.List(elts=items):
            return f"[{', '.join(map(render, items))}]"
        case ast.Tuple(elts=items):
            return f"({', '.join(map(render, items))}{',' if len(items) == 1 else ''})"
        case ast.Dict(keys=keys, values=values) if all(keys):
            pairs = zip(keys, values, strict=True)
            return "{" + ", ".join(f"{render(key)}: {render(value)}" for key, value in pairs if key) + "}"
        case ast.Subscript(value=value, slice=ast.Tuple(elts=items)):
            return f"{render(value)}[{', '.join(map(render, items))}]"
        case ast.Subscript(value=value, slice=inner):
            return f"{render(value)}[{render(inner)}]"
        case ast.Call(func=function, args=args, keywords=keywords):
            given = [*map(render, args), *(f"{each.arg}={render(each.value)}" for each in keywords)]
            return f"{render(function)}({', '.join(given)})"
    return ast.unparse(node)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)


def _given(pipeline: Pipeline) -> list[Parameter]:
    """The parameters that a run can be given: secrets come from where they are kept."""
    return [each for each in pipeline.parameters if not each.secret]


def _signature(pipeline: Pipeline, names: _Names) -> str:
    given = _given(pipeline)
    if not given:
        return f"def {names.function}():"
    lines = [f"    {each.name}: {_annotation(each)} = {_default(each)}," for each in given]
    return "\n".join([f"def {names.function}(", *lines, "):"])


def _body(pipeline: Pipeline, names: _Names) -> str:
    lines = [*_help(pipeline), f"with {names.pipeline}(__file__, locals()) as {names.step}:"]
    lines += [f"    {line}" for line in _step_lines(pipeline, names)]
    return textwrap.indent("\n".join(lines), "    ", lambda line: bool(line.strip()))


def _help(pipeline: Pipeline) -> list[str]:
    lines = textwrap.wrap(_plain(pipeline.description or pipeline.title), 100)
    shown = [each for each in _given(pipeline) if each.help or each.computed]
    if shown:
        lines += ["", "Args:", *(f"    {each.name}: {_plain(_help_text(each))}" for each in shown)]
    if pipeline.secrets:
        lines += ["", "Secrets, which are never passed as parameters:"]
        lines += [f"    {each.name}: {_plain(_secret_text(each))}" for each in pipeline.parameters if each.secret]
    return [f'"""{lines[0]}"""'] if len(lines) == 1 else [f'"""{lines[0]}', *lines[1:], '"""']


def _help_text(parameter: Parameter) -> str:
    if not parameter.computed:
        return parameter.help
    computed = f"computed by the notebook: {' '.join(parameter.default.split())}"
    return f"{parameter.help} ({computed})" if parameter.help else computed


def _secret_text(parameter: Parameter) -> str:
    kept = f'Prefect\'s Secret block "{parameter.secret}"'
    return f"{parameter.help} ({kept})" if parameter.help else kept


def _step_lines(pipeline: Pipeline, names: _Names) -> list[str]:
    """One line per step, in an order in which each comes after what it waits for."""
    waits = {step.name: pipeline.upstream(step.name) for step in pipeline.steps}
    direct = {name: _without_implied(name, waits) for name in waits}
    wanted = {upstream for each in direct.values() for upstream in each}
    lines = []
    for name in _ordered(waits):
        arguments = [_quoted(name), *(names.steps[upstream] for upstream in direct[name])]
        call = f"{names.step}({', '.join(arguments)})"
        lines.append(f"{names.steps[name]} = {call}" if name in wanted else call)
    return lines


def _ordered(waits: dict[str, tuple[str, ...]]) -> list[str]:
    """Notebook order where that is possible."""
    position = {name: index for index, name in enumerate(waits)}
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    ready: list[str] = []
    order: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        name = ready.pop(0)
        order.append(name)
        sorter.done(name)
    return order


def _without_implied(name: str, waits: dict[str, tuple[str, ...]]) -> Sequence[str]:
    """The steps that one waits for, without those that these wait for anyway."""
    edges = [(downstream, upstream) for downstream, upstreams in waits.items() for upstream in upstreams]
    implied = {each for upstream in waits[name] for each in closure([upstream], edges)}
    return [upstream for upstream in waits[name] if upstream not in implied]
