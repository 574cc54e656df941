"""Why an earlier result of some code may not stand in for running it, as far as the code itself tells.

A cell or module is looked at for what no kernel notices while it runs: clocks, randomness without a seed, the machine,
the state of files that are not opened, code that nobody can read, modules of which nobody has said that they do
nothing of the kind. What opens files, connects or starts processes is seen by the kernel (`inkernel.audit`).

The reading is cautious: a name that might be meant is taken for it. That costs a run of the step, never a wrong hit.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


REVIEWED = _words(
    """numpy pandas scipy sklearn matplotlib mpl_toolkits matplotlib_inline seaborn statsmodels patsy networkx sympy PIL
    skimage imblearn xgboost lightgbm catboost joblib dateutil pytz tzdata yaml jinja2 markupsafe tabulate openpyxl
    xlsxwriter requests plotly altair IPython traitlets packaging typing_extensions attr attrs pydantic cycler
    contourpy pyparsing threadpoolctl formulaic pandera"""
)
"""Installed modules that draw only as they are told to and ask no clock for a result."""

_CLOCK = "asks the clock"
_ENTROPY = "draws numbers that nobody can draw again"
_MACHINE = "asks for the machine or the process"
_FILES = "asks for the state of a file that it does not open"
_UNSEEN = "reads or writes files in a way that nobody sees"
_CODE = "runs code that nobody can read"
_PROCESSES = "works in other processes"
_THREADS = "works in threads that nobody waits for in order"
_TEMPORARY = "works in the run's temporary folder"

_NAMES: Mapping[str, str] = {
    name: why
    for why, names in {
        _CLOCK: "now utcnow today perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns "
        "time_ns thread_time clock_gettime localtime gmtime ctime default_timer",
        _ENTROPY: "urandom getrandom uuid1 uuid4 randbits randbelow token_hex token_bytes token_urlsafe SystemRandom",
        _MACHINE: "getpid getppid gethostname getfqdn uname cpu_count cpu_percent virtual_memory getlogin getuser "
        "get_ident get_native_id getrusage getloadavg sched_getaffinity process_cpu_count",
        _FILES: "exists lexists isfile isdir islink is_file is_dir is_symlink getmtime getsize getctime getatime stat "
        "lstat statvfs access samefile disk_usage",
        _UNSEEN: "read_parquet to_parquet read_feather to_feather read_orc to_orc read_hdf to_hdf HDFStore read_sql "
        "read_sql_query read_sql_table to_sql read_gbq read_clipboard to_clipboard read_spss memmap Memory mmap "
        "load_model save_model DMatrix QuantileDMatrix Dataset Booster Pool",
        _CODE: "import_module __import__ run_module run_path execfile run_cell",
        _PROCESSES: "Parallel ProcessPoolExecutor fork parallel_backend",
        _THREADS: "as_completed FIRST_COMPLETED",
        _TEMPORARY: "gettempdir mkdtemp mkstemp NamedTemporaryFile TemporaryDirectory TemporaryFile "
        "SpooledTemporaryFile",
    }.items()
    for name in names.split()
}
_BUILTINS = {"id": _MACHINE, "input": "waits for somebody", "exec": _CODE, "eval": _CODE, "compile": _CODE}
_MODULES: Mapping[str, tuple[str, frozenset[str]]] = {
    "time": (_CLOCK, frozenset({"sleep", "strptime", "mktime", "struct_time"})),
    "timeit": (_CLOCK, frozenset()),
    "uuid": (_ENTROPY, frozenset({"UUID", "uuid3", "uuid5", "NAMESPACE_DNS", "NAMESPACE_URL"})),
    "secrets": (_ENTROPY, frozenset()),
    "platform": (_MACHINE, frozenset()),
    "getpass": (_MACHINE, frozenset()),
    "resource": (_MACHINE, frozenset()),
    "pwd": (_MACHINE, frozenset()),
    "gc": (_MACHINE, frozenset({"collect", "enable", "disable"})),
    "tracemalloc": (_MACHINE, frozenset()),
    "ctypes": (_UNSEEN, frozenset()),
    "mmap": (_UNSEEN, frozenset()),
    "curses": (_UNSEEN, frozenset()),
    "multiprocessing": (_PROCESSES, frozenset()),
    "threading": (_THREADS, frozenset({"Lock", "RLock", "local"})),
    "asyncio": (_THREADS, frozenset({"sleep", "run"})),
    "tempfile": (_TEMPORARY, frozenset()),
    "importlib": (_CODE, frozenset({"metadata", "resources"})),
    "runpy": (_CODE, frozenset()),
    "signal": (_MACHINE, frozenset()),
}
"""Module -> what its names do, those excepted."""
_MAKERS = _words("default_rng RandomState Random SeedSequence PCG64 PCG64DXSM MT19937 Philox SFC64 seed manual_seed")
"""What makes or seeds a generator: without a seed it takes one of the system's."""
_MOMENTS = frozenset({"now", "today"})
"""Texts that pandas and numpy read as a time."""
_SYSTEM = ("/proc", "/sys/", "/dev/", "/etc/")
"""Where the system tells of itself: what is read there is not looked at again."""
_ENVIRONMENT = frozenset({"environ", "environb", "getenv", "expandvars", "expanduser"})
_MAGIC_CLOCK = frozenset({"time", "timeit", "prun", "lprun", "memit", "mprun"})
_MAGIC_WRITERS = frozenset({"writefile", "file"})
_HARMLESS_MAGICS = _words(
    "matplotlib config precision pprint xmode colors html HTML latex markdown svg SVG javascript js "
    "bash sh system sx ls cat cp mv rm mkdir"
)
"""Magics that do nothing that the kernel does not see."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason at a line.

    Attributes:
        line: 1-based, in the cell or file.
        why: continues "cell 4 ...".
        within: it is inside of a function, lambda or class: it counts for whoever has that.
    """

    line: int
    why: str
    within: bool = False


@dataclass(slots=True)
class Imports:
    """What names stand for, as the import statements of a notebook or module say.

    Attributes:
        names: name -> dotted name.
    """

    names: dict[str, str] = field(default_factory=dict)

    def learn(self, body: Iterable[ast.AST]) -> None:
        """Take in every import statement, wherever it stands."""
        for node in (inner for each in body for inner in ast.walk(each)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self.names[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def resolve(self, node: ast.AST) -> str | None:
        """Return the dotted name that an expression stands for, None where it is no such thing.

        Example:
            >>> imports = Imports({"np": "numpy"})
            >>> imports.resolve(ast.parse("np.random.seed", mode="eval").body)
            'numpy.random.seed'
        """
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.resolve(node.value)
            return owner and f"{owner}.{node.attr}"
        return None


def find_doubts(
    body: Iterable[ast.AST],
    imports: Imports,
    local: Collection[str] = (),
    trusted: Collection[str] = (),
    parse: Callable[[str], Sequence[ast.AST]] | None = None,
) -> tuple[Doubt, ...]:
    """Return the doubts about code, in order.

    Args:
        body: its statements; IPython's magics are calls of `get_ipython()`.
        imports: of the whole notebook or module.
        local: modules beside the notebook, which are looked at themselves.
        trusted: installed modules that somebody vouches for.
        parse: reads the cell below a `%%capture`; where there is none, such a cell cannot be read.
    """
    known = frozenset({*REVIEWED, *sys.stdlib_module_names, *local, *trusted})
    found = [doubt for each in body for doubt in _Reader(imports, known, parse).read(each)]
    return tuple(sorted(dict.fromkeys(found), key=lambda doubt: doubt.line))


@dataclass(frozen=True, slots=True)
class _Reader:
    imports: Imports
    known: frozenset[str]
    parse: Callable[[str], Sequence[ast.AST]] | None

    def read(self, node: ast.AST, *, within: bool = False) -> Iterator[Doubt]:
        if _sets_environment(node):
            return
        inside = within or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef)
        for why in self._about(node):
            yield Doubt(getattr(node, "lineno", 1), why, inside)
        for child in ast.iter_child_nodes(node):
            yield from self.read(child, within=inside)

    def _about(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import(names=names):
                yield from self._unknown(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from self._unknown([module])
                yield from self._imported(module, [alias.name for alias in names])
            case ast.Call(func=function):
                yield from self._called(node, function)
            case ast.Attribute(attr=name):
                yield from self._mentioned(node, name)
            case ast.Name(id=name, ctx=ast.Load()):
                yield from self._named(node, name)
            case ast.Constant(value=str(text)) if text.lower() in _MOMENTS or "asctime" in text:
                yield f'{_CLOCK} ("{text[:20]}")'
            case ast.Constant(value=str(text)) if text.startswith(_SYSTEM):
                yield f'{_MACHINE} ("{text[:20]}")'

    def _unknown(self, modules: Iterable[str]) -> Iterator[str]:
        for module in modules:
            if module.partition(".")[0] not in self.known:
                yield f"uses {module.partition('.')[0]}, of which nb2ops does not know what it depends on"

    def _imported(self, module: str, names: list[str]) -> Iterator[str]:
        why, harmless = _MODULES.get(module, ("", frozenset()))
        for name in names:
            if why and name not in harmless:
                yield f"{why} ({module}.{name})"

    def _called(self, node: ast.Call, function: ast.AST) -> Iterator[str]:
        name = getattr(function, "attr", None) or getattr(function, "id", None)
        if name in _MAKERS and not _is_given(node, plainly=name == "Random"):
            yield f"{_ENTROPY} ({name} without a seed that the code shows)"
        if name == "id" and isinstance(function, ast.Name) and "id" not in self.imports.names:
            yield f"{_MACHINE} (id)"
        if name in ("run_line_magic", "run_cell_magic"):
            yield from self._magic([each.value if isinstance(each, ast.Constant) else None for each in node.args])
        if name == "strftime" and self.imports.resolve(function) == "time.strftime":
            yield f"{_CLOCK} (strftime)"

    def _magic(self, arguments: list[object]) -> Iterator[str]:
        name, *rest = [str(each) for each in arguments] or [""]
        if name in _MAGIC_CLOCK:
            yield f"{_CLOCK} (%{name})"
        elif name in _MAGIC_WRITERS:
            yield f"{_FILES} (%%{name} says whether it was there)"
        elif name == "capture" and self.parse is not None and len(rest) > 1:
            for each in self.parse(rest[1]):
                yield from (doubt.why for doubt in self.read(each))
        elif name not in _HARMLESS_MAGICS:
            yield f"{_CODE} (%{name})"

    def _mentioned(self, node: ast.Attribute, name: str) -> Iterator[str]:
        dotted = self.imports.resolve(node) or ""
        module = dotted.rpartition(".")[0]
        if module in _MODULES and name not in _MODULES[module][1]:
            yield f"{_MODULES[module][0]} ({dotted})"
        elif name in _NAMES and not dotted.startswith(("numpy.random.", "re.")):
            yield f"{_NAMES[name]} ({name})"
        if name in _ENVIRONMENT:
            yield f"asks for the environment ({name})"

    def _named(self, node: ast.Name, name: str) -> Iterator[str]:
        dotted = self.imports.resolve(node)
        if name in _BUILTINS and name not in ("id",) and dotted is None:
            yield f"{_BUILTINS[name]} ({name})"
        if dotted is None:
            return
        module, _, last = dotted.rpartition(".")
        if module in _MODULES and last not in _MODULES[module][1]:
            yield f"{_MODULES[module][0]} ({dotted})"
        elif last in _NAMES and module:
            yield f"{_NAMES[last]} ({dotted})"
        if last in _ENVIRONMENT:
            yield f"asks for the environment ({last})"


def _sets_environment(node: ast.AST) -> bool:
    """Whether a node is `os.environ["X"]` on the left of an assignment of a constant."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="environ"))], value=ast.Constant()):
            return True
    return False


def _is_given(node: ast.Call, *, plainly: bool = False) -> bool:
    """Whether a call is given something as its seed: not the constant None, and with `plainly` a constant."""
    given = [*node.args, *(each.value for each in node.keywords)]
    if plainly and not all(isinstance(each, ast.Constant) for each in given):
        return False
    return bool(given) and not any(isinstance(each, ast.Constant) and each.value is None for each in given[:1])


_SEEDS = {"random.seed": "random", "numpy.random.seed": "numpy"}


def seeded_first(body: Iterable[ast.stmt], imports: Imports) -> tuple[str, ...]:
    """Return the generators that a cell seeds before it does anything that may draw.

    Each is "random" or "numpy", or "random=NAME" where the seed is the value of a variable, which may be None.

    Example:
        >>> cell = ast.parse("import numpy as np; np.random.seed(1); x = np.random.rand()").body
        >>> imports = Imports()
        >>> imports.learn(cell)
        >>> seeded_first(cell, imports)
        ('numpy',)
    """
    found = []
    for statement in body:
        name = _seeding(statement, imports)
        if name is not None:
            found.append(name)
        elif not _does_nothing(statement):
            break
    return tuple(dict.fromkeys(found))


def _seeding(statement: ast.stmt, imports: Imports) -> str | None:
    match statement:
        case ast.Expr(value=ast.Call(func=function) as call) if _is_given(call):
            generator = _SEEDS.get(imports.resolve(function) or "")
            match call.args:
                case [ast.Constant()]:
                    return generator
                case [ast.Name(id=name)]:
                    return generator and f"{generator}={name}"
    return None


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether a statement only imports, defines or names constants."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.FunctionDef(decorator_list=[], args=ast.arguments(defaults=[], kw_defaults=[])):
            return True
        case ast.Assign(targets=targets, value=value):
            return isinstance(value, ast.Constant | ast.Name) and all(isinstance(each, ast.Name) for each in targets)
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=name), *_])):
            return name in ("matplotlib", "config", "load_ext", "precision")
    return False
