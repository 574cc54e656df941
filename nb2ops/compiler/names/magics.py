"""IPython's magics, as what they do: code that runs here, shell lines, settings, files."""

from __future__ import annotations

import ast
import re
from contextlib import nullcontext
from dataclasses import dataclass

from nb2ops.compiler.names.scopes import assigned_names
from nb2ops.compiler.names.values import SCALAR, Frame, Value, fresh
from nb2ops.compiler.names.walk import Walk
from nb2ops.compiler.syntax import Parsed, parse

METHODS = frozenset({"run_line_magic", "run_cell_magic", "system", "getoutput", "magic", "run_cell", "ex", "ev"})
SETTINGS = frozenset({"matplotlib", "config", "precision", "pprint", "xmode", "colors", "autoawait", "load_ext",
                      "reload_ext", "unload_ext", "autoreload", "gui", "pdb", "alias_magic", "alias", "unalias",
                      "aimport", "rehashx", "logon", "logoff", "logstart", "logstop", "automagic", "sql",
                      "doctest_mode"})  # fmt: skip
HARMLESS = frozenset({"pinfo", "pinfo2", "psource", "pdoc", "pdef", "pfile", "psearch", "lsmagic", "magic",
                      "quickref", "history", "hist", "notebook", "page", "tb", "time_it", "memit", "mprun", "lprun",
                      "load_ext_info", "conda_info", "javascript", "js", "html", "HTML", "latex", "markdown", "svg",
                      "SVG"})  # fmt: skip
SHELLS = frozenset({"bash", "sh", "script", "cmd", "sx", "system", "ruby", "perl", "pypy", "python", "python2",
                    "python3", "pip", "conda", "mamba", "uv", "ls", "cat", "cp", "mv", "rm", "mkdir", "rmdir",
                    "less", "more", "man", "ll", "ldir", "lf", "lk", "lx"})  # fmt: skip
TIMERS = frozenset({"time", "timeit", "prun", "capture", "memit", "debug"})


@dataclass(frozen=True, slots=True)
class Magic:
    """One use of a magic: its method on the shell, its name, its line and, for a cell magic, the cell's text."""

    method: str
    name: str
    line: str
    cell: str | None = None


def recognise(node: ast.Call) -> Magic | None:
    """Return the magic that a call stands for, None for any other call."""
    match node.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython"), args=[]), attr=method) if method in METHODS:
            texts = [arg.value if isinstance(arg, ast.Constant) else "" for arg in node.args]
            if method in ("system", "getoutput", "ex", "ev", "run_cell"):
                return Magic(method, method, str(texts[0]) if texts else "")
            name, line, *cell = [str(text) for text in (*texts, "", "")][:3]
            return Magic(method, name, line, cell[0] if method == "run_cell_magic" else None)
    return None


def apply(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """Note what a magic does and return its result."""
    if magic.method in ("ex", "ev", "run_cell"):
        walk.opaque(node, f"get_ipython().{magic.method}()")
        return Value()
    _interpolate(magic.line, node, walk)
    if magic.method in ("system", "getoutput"):
        walk.world("unknown", node, f"runs !{magic.line}", None)
        return fresh("list", "scalar") if magic.method == "getoutput" else SCALAR
    return _apply_named(magic, node, walk)


def _apply_named(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    name, shown = magic.name, f"{'%%' if magic.cell is not None else '%'}{magic.name}"
    if name in TIMERS:
        return _run_inside(magic, node, walk)
    if name == "env" or name == "set_env":
        return _environment(magic, node, walk)
    if name in ("cd", "pushd", "popd"):
        walk.set_state("directory", node, f"uses {shown}")
        walk.world("read", node, f"uses {shown}", magic.line.split()[-1] if magic.line.split() else None)
    elif name == "writefile" or name == "file":
        walk.world("write", node, f"uses {shown}", magic.line.split()[-1] if magic.line.split() else None)
    elif name in SETTINGS:
        walk.set_state("settings", node, f"uses {shown}")
    elif name in SHELLS:
        walk.world("unknown", node, f"uses {shown}", None)
        _shell_results(magic, walk)
    elif name in HARMLESS:
        return SCALAR
    else:
        walk.opaque(node, shown)
        walk.world("unknown", node, f"uses {shown}", None)
    return Value()


def _shell_results(magic: Magic, walk: Walk) -> None:
    """`%%bash --out name` binds a name."""
    for name in re.findall(r"--(?:out|err|proc)[ =](\w+)", magic.line):
        walk.bind(name, SCALAR)


def _environment(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    if "=" in magic.line or len(magic.line.split()) == 2:
        walk.set_state("environment", node, f"uses %{magic.name}")
    return SCALAR


_OPTIONS = re.compile(r"^(\s*-(?:[a-zA-Z]\s*\d*(?=\s|$)|-[\w-]+))*\s*")


def _run_inside(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """`%time`, `%%timeit`, `%%capture`: the code inside runs here; that of `timeit` in a function of its own."""
    if magic.name == "capture":
        words = [word for word in magic.line.split() if not word.startswith("-")]
        _run_inner(_parsed(magic.cell or "", node, walk), node.lineno, walk)
        for word in words[:1]:
            walk.bind(word, fresh())
        return SCALAR
    line = _parsed(_OPTIONS.sub("", magic.line, count=1), node, walk)
    cell = _parsed(magic.cell or "", node, walk)
    with (
        walk.scope(Frame(assigned_names([*line.body, *cell.body]), parent=walk.frame))
        if magic.name == "timeit"
        else nullcontext()
    ):
        _run_inner(line, node.lineno - 1, walk)
        _run_inner(cell, node.lineno, walk)
    return Value()


def _parsed(text: str, node: ast.Call, walk: Walk) -> Parsed:
    parsed = parse(text)
    if parsed.error is not None:
        walk.opaque(node, "not valid Python")
    return parsed


def _run_inner(parsed: Parsed, above: int, walk: Walk) -> None:
    """Walk code that stands below `above` lines of the cell."""
    offset = walk.offset
    walk.offset = offset + above + parsed.offset
    walk.run(walk, parsed.body)
    walk.offset = offset


_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")
_BRACES = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")


def _interpolate(line: str, node: ast.Call, walk: Walk) -> None:
    """Read the variables of `$name` and `{expression}` in a magic's line."""
    names = [name for name in _NAME.findall(line) if name in walk.env]
    for name in names:
        walk.read(name, node)
    for text in _BRACES.findall(line):
        try:
            expression = ast.parse(text.strip(), mode="eval").body
        except SyntaxError:
            continue
        known = {each.id for each in ast.walk(expression) if isinstance(each, ast.Name)}
        if known & set(walk.env):
            for name in sorted(known):
                walk.read(name, node)
