"""IPython's magics, as what they do: code that runs here, shell lines, settings, files."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from nb2ops.compiler.names.interpolation import interpolate
from nb2ops.compiler.names.scopes import BUILTINS, assigned_names
from nb2ops.compiler.names.values import SCALAR, Frame, Value, fresh
from nb2ops.compiler.names.walk import Walk
from nb2ops.compiler.syntax import Parsed, parse

METHODS = frozenset({"run_line_magic", "run_cell_magic", "system", "getoutput", "magic", "run_cell", "ex", "ev"})
SETTINGS = frozenset({"matplotlib", "config", "precision", "pprint", "xmode", "colors", "autoawait", "load_ext",
                      "reload_ext", "unload_ext", "autoreload", "gui", "pdb", "alias_magic", "alias", "unalias",
                      "aimport", "rehashx", "logon", "logoff", "logstart", "logstop", "automagic", "autocall",
                      "doctest_mode", "code_wrap", "flow", "bokeh", "watermark_config"})  # fmt: skip
HARMLESS = frozenset({"lsmagic", "magic", "quickref", "history", "hist", "notebook", "tb", "load_ext_info",
                      "conda_info", "javascript", "js", "html", "HTML", "latex", "markdown", "svg", "SVG", "pwd",
                      "dhist", "dirs", "logstate", "load", "loadpy", "recall", "rep", "watermark", "connect_info",
                      "qtconsole", "clear", "autosave", "killbgscripts", "mermaid"})  # fmt: skip
HISTORY = frozenset({"history", "hist", "recall", "rep", "rerun", "save", "macro"})
INSPECTIONS = frozenset({"pinfo", "pinfo2", "psource", "pdoc", "pdef", "pfile", "page", "psearch", "pycat"})
SHELLS = frozenset({"bash", "sh", "script", "cmd", "sx", "system", "ruby", "perl", "pypy", "python", "python2",
                    "python3", "pip", "conda", "mamba", "micromamba", "uv", "ls", "cat", "cp", "mv", "rm", "mkdir",
                    "rmdir", "less", "more", "man", "ll", "ldir", "lf", "lk", "lx", "!"})  # fmt: skip
TIMERS = {"time": "", "timeit": "nr", "prun": "lsTD", "capture": "", "memit": "rtiI", "debug": "b", "lprun": "fmDTuz",
          "mprun": "fT"}  # fmt: skip
"""Magics that run code here, each with its options that take a word."""
AUTOMAGIC = SETTINGS | SHELLS | INSPECTIONS | {
    "lsmagic", "magic", "quickref", "history", "hist", "pwd", "dhist", "dirs", "load", "time", "timeit", "prun",
    "env", "set_env", "cd", "pushd", "popd", "who", "whos", "who_ls", "reset", "run", "store", "xdel", "pylab",
} - {"alias", "flow", "magic", "script", "system", "python", "python2", "python3", "!"}  # fmt: skip
_AUTOMAGIC_LINE = re.compile(r"\s*(\w+)(?:\s+(?![=,:<>]|[-+*/%&|^]=)[^=].*|\s*)")


@dataclass(frozen=True, slots=True)
class Magic:
    """One use of a magic: its method on the shell, its name, its line and, for a cell magic, the cell's text."""

    method: str
    name: str
    line: str
    cell: str | None = None

    @property
    def shown(self) -> str:
        """The magic as it is written."""
        return f"{'%%' if self.cell is not None else '%'}{self.name}"


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


def automagic(cell: Parsed, walk: Walk) -> Parsed:
    """Return a cell that is one line with a magic's name in front (`pip install x`) as IPython reads it."""
    found = _AUTOMAGIC_LINE.fullmatch(cell.line)
    if found is None or found[1] not in AUTOMAGIC or found[1] in walk.env or found[1] in BUILTINS:
        return cell
    return parse(f"%{cell.line.lstrip()}", cell.number, may_fail=cell.may_fail)


def apply(magic: Magic, node: ast.Call, walk: Walk, evaluate: Callable[[ast.AST, Walk], Value]) -> Value:
    """Note what a magic does and return its result."""
    computed = [arg for arg in node.args if not isinstance(arg, ast.Constant)]
    for argument in computed:
        evaluate(argument, walk)
    if magic.method in ("system", "getoutput"):
        interpolate(magic.line, node, walk)
        walk.world("unknown", node, f"runs !{magic.line}", None)
        return fresh("list", "scalar") if magic.method == "getoutput" else SCALAR
    if computed:
        walk.opaque(node, f"get_ipython().{magic.method}()")
        return Value()
    if magic.method in ("ex", "ev", "run_cell"):
        return _run_text(magic.line, node, walk)
    if magic.name not in TIMERS:
        interpolate(magic.line, node, walk)
    return _apply_named(magic, node, walk)


def _run_text(text: str, node: ast.Call, walk: Walk) -> Value:
    _run_inner(_parsed(text, node, walk), node.lineno - 1, walk)
    return Value()


def _apply_named(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    if magic.name in TIMERS:
        return _run_inside(magic, node, walk)
    if magic.name in _HANDLERS:
        return _HANDLERS[magic.name](magic, node, walk)
    if magic.name in SETTINGS:
        walk.set_state("settings", node, f"uses {magic.shown}")
    elif magic.name in SHELLS:
        return _shell(magic, node, walk)
    elif magic.name in INSPECTIONS:
        return _inspection(magic, node, walk)
    elif magic.name in HISTORY and walk.kept.sources:
        walk.read("In", node)
        if magic.name not in ("history", "hist"):
            walk.opaque(node, magic.shown)
    elif magic.name not in HARMLESS:
        walk.opaque(node, magic.shown)
        walk.world("unknown", node, f"uses {magic.shown}", None)
    return Value()


def _shell(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """A shell's line or cell; `%%bash --out name` binds a name."""
    walk.world("unknown", node, f"uses {magic.shown}", None)
    if magic.name in ("sx", "system", "!") and magic.cell:
        interpolate(magic.cell, node, walk)
    for name in re.findall(r"--(?:out|err|proc)[ =](\w+)", magic.line):
        walk.bind(name, SCALAR)
    return fresh("list", "scalar")


def _inspection(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """`name?` looks a name up."""
    name = re.match(r"\s*([^\W\d]\w*)", magic.line)
    if name is not None:
        walk.look_up(name[1], node)
    return SCALAR


def _directory(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    walk.set_state("directory", node, f"uses {magic.shown}")
    walk.world("read", node, f"uses {magic.shown}", _last_word(magic.line))
    return SCALAR


def _file(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    walk.world("write", node, f"uses {magic.shown}", _last_word(magic.line))
    return SCALAR


def _last_word(line: str) -> str | None:
    words = line.split()
    return words[-1] if words and not set("${") & set(words[-1]) else None


def _environment(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    if "=" in magic.line or len(magic.line.split()) == 2:
        walk.set_state("environment", node, f"uses {magic.shown}")
    return SCALAR


def _store(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """`%store x` writes a variable to IPython's own files, `%store -r x` reads it from there."""
    words = magic.line.split(">")[0].split()
    names = [word for word in words if word.isidentifier()]
    walk.world("unknown", node, "uses %store", None)
    if "-r" in words and not names:
        walk.opaque(node, "%store -r")
    for name in names:
        if "-r" in words:
            walk.bind(name, Value())
        elif not {"-d", "-z"} & set(words):
            walk.read(name, node)
    return SCALAR


def _deletion(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    for name in magic.line.split():
        if name.isidentifier():
            walk.unbind(name, node)
    return SCALAR


def _query(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """`%sql`: `:name` stands for a variable, `name <<` binds the result."""
    walk.set_state("settings", node, f"uses {magic.shown}")
    walk.world("unknown", node, f"uses {magic.shown}", None)
    text = f"{magic.line}\n{magic.cell or ''}"
    for name in re.findall(r"(?<![:\w]):([^\W\d]\w*)", text):
        walk.look_up(name, node)
    for name in re.findall(r"([^\W\d]\w*)\s*<<", magic.line):
        walk.bind(name, fresh())
    return fresh()


def _foreign(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """`%%R -i taken -o given`."""
    for name in _option(magic.line, "i", "input"):
        walk.read(name, node)
    for name in _option(magic.line, "o", "output"):
        walk.bind(name, fresh())
    walk.world("unknown", node, f"uses {magic.shown}", None)
    return fresh()


def _option(line: str, short: str, long: str) -> list[str]:
    found = re.findall(rf"(?:^|\s)(?:-{short}|--{long})[\s=]*([\w,]+)", line)
    return [name for names in found for name in names.split(",") if name.isidentifier()]


_HANDLERS: dict[str, Callable[[Magic, ast.Call, Walk], Value]] = {
    "cd": _directory, "pushd": _directory, "popd": _directory, "bookmark": _directory,
    "writefile": _file, "file": _file,
    "env": _environment, "set_env": _environment,
    "store": _store, "xdel": _deletion, "sql": _query, "R": _foreign, "julia": _foreign,
}  # fmt: skip


def _run_inside(magic: Magic, node: ast.Call, walk: Walk) -> Value:
    """`%time`, `%%timeit`, `%%capture`: the code inside runs here; that of `timeit` in a function of its own."""
    if magic.name == "capture":
        words = [word for word in magic.line.split() if not word.startswith("-")]
        _run_inner(_parsed(magic.cell or "", node, walk), node.lineno, walk)
        for word in words[:1]:
            walk.bind(word, fresh())
        return SCALAR
    for name in _option(magic.line, "f", "function") if magic.name in ("lprun", "mprun") else ():
        walk.read(name, node)
    line = _parsed(_without_options(magic), node, walk)
    cell = _parsed(magic.cell or "", node, walk)
    with (
        walk.scope(Frame(assigned_names([*line.body, *cell.body]), parent=walk.frame))
        if magic.name == "timeit"
        else nullcontext()
    ):
        _run_inner(line, node.lineno - 1, walk)
        _run_inner(cell, node.lineno, walk)
    return Value()


def _without_options(magic: Magic) -> str:
    taking = TIMERS[magic.name] or "-"
    pattern = rf"^\s*(?:(?:-[{taking}]\s*[^\s-]\S*|-[a-zA-Z]+\d*|--[\w-]+(?:=\S+)?)(?:\s+|$))*"
    return re.sub(pattern, "", magic.line, count=1)


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
