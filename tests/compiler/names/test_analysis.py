"""What one cell defines, uses and changes. Names in upper case are defined by an earlier cell."""

from __future__ import annotations

import pytest

from nb2ops.compiler.names.analysis import analyse
from nb2ops.compiler.names.facts import CellFacts
from nb2ops.compiler.syntax import parse

BEFORE = """
import numpy as np, pandas as pd, random, os, heapq
from sklearn.linear_model import LogisticRegression
A = [3, 1, 2]
B = {'k': [1]}
N = 5
X = np.zeros((4, 2))
DF = pd.DataFrame({'a': [1, 2]})
"""


def facts_of(*sources: str) -> CellFacts:
    cells = [parse(source, number) for number, source in enumerate((BEFORE, *sources), 1)]
    return analyse(cells)[len(cells)]


def words(text: str) -> set[str]:
    return set(text.split())


@pytest.mark.parametrize(
    ("source", "uses", "defines", "perhaps"),
    [
        ("x = N", "N", "x", ""),
        ("N += 1", "N", "N", ""),
        ("x: int = N", "N", "x", ""),
        ("x: int", "", "", ""),
        ("x, *y = A", "A", "x y", ""),
        ("x = y = N", "N", "x y", ""),
        ("[x for x in A]", "A", "", ""),
        ("[A for A in A]", "A", "", ""),
        ("[(y := x) for x in A]", "A", "", "y"),
        ("{k: v for k, v in B.items()}", "B", "", ""),
        ("(x := N)", "N", "x", ""),
        ("f = lambda a, b=N: a + b + M", "N", "f", ""),
        ("if N: x = 1", "N", "", "x"),
        ("if N:\n  x = 1\nelse:\n  x = 2", "N", "x", ""),
        ("if N:\n  x = 1\nelse:\n  raise ValueError", "N", "x", ""),
        ("for i in A: x = i", "A", "", "i x"),
        ("for i in range(3): x = i", "", "i x", ""),
        ("for i in [1, 2]: x = i", "", "i x", ""),
        ("for i in range(N): pass\nelse: x = 1", "N", "x", "i"),
        ("while N: x = 1; break", "N", "", "x"),
        ("while True:\n  x = 1\n  break", "", "x", ""),
        ("try:\n  x = 1\nexcept KeyError as e:\n  x = 2", "", "x", ""),
        ("try:\n  x = N\nexcept KeyError:\n  pass", "N", "", "x"),
        ("try:\n  import foo\nexcept ImportError:\n  foo = None", "", "foo", ""),
        ("try:\n  pass\nfinally:\n  x = 1", "", "x", ""),
        ("with open('f') as f: x = f.read()", "", "f x", ""),
        ("import contextlib\nwith contextlib.suppress(Exception): x = N", "N", "contextlib", "x"),
        ("import os.path", "", "os", ""),
        ("import os.path as p", "", "p", ""),
        ("from os import path as p, sep", "", "p sep", ""),
        ("from __future__ import annotations", "", "annotations", ""),
        ("def f(a, b=N): return a + M", "N", "f", ""),
        ("@np.vectorize\ndef f(a): return a", "np", "f", ""),
        ("class C(dict):\n  k = N\n  def m(self): return M", "N", "C", ""),
        ("def f():\n  global g\n  g = N\nf()", "N", "f g", ""),
        ("def outer():\n  n = 1\n  def inner():\n    nonlocal n\n    n += N\n  inner()\nouter()", "N", "outer", ""),
        ("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return even(n - N)\neven(4)", "N", "even odd", ""),
        ("match A:\n  case [x, *rest]: y = x", "A", "", "x rest y"),
        ("x = 1\ndel x", "", "", ""),
        ("x = f'{N!r:>{len(A)}}'", "A N", "x", ""),
        ("x = N if A else B", "A B N", "x", ""),
        ("x = await foo(N)", "foo N", "x", ""),
        ("async for i in A: x = i", "A", "", "i x"),
        ("list = N", "N", "list", ""),
        ("print(len(A))", "A", "", ""),
        ("_x = N; __y = 1", "N", "_x __y", ""),
        ("%time x = N", "N", "x", ""),
        ("%%time\nx = N\ny = x", "N", "x y", ""),
        ("%timeit x = N", "N", "", ""),
        ("%%timeit y = N\nx = y", "N", "", ""),
        ("%%capture out\nx = N", "N", "out x", ""),
        ("files = !ls $N {A[0]}", "A N", "files", ""),
        ("!echo $N", "N", "", ""),
        ("!echo $HOME {unknown}", "", "", ""),
        ("%%bash --out text\nls", "", "text", ""),
        ("A?", "A", "", ""),
        ("len?", "", "", ""),
        ("%matplotlib inline\nx = N", "N", "x", ""),
    ],
)
def test_names(source, uses, defines, perhaps):
    facts = facts_of(source)
    assert (set(facts.uses), facts.defines, facts.maybe_defines) == (words(uses), words(defines), words(perhaps))


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("A.append(1)", "A"),
        ("A += [1]", "A"),
        ("N += 1", ""),
        ("A[0] = 1", "A"),
        ("B['k'][0] = 1", "B"),
        ("del A[0]", "A"),
        ("B.k = 1", "B"),
        ("x = A\nx.append(1)", "A x"),
        ("x = A[:]\nx.append(1)", "A x"),
        ("x = A.copy()", ""),
        ("x = sorted(A)", ""),
        ("len(A); sum(A); max(A)", ""),
        ("A.sort()", "A"),
        ("B.update(k=1)", "B"),
        ("B.setdefault('k', []).append(1)", "B"),
        ("x = [A]\nx[0].append(1)", "A x"),
        ("x = {'a': A}\nfor v in x.values(): v.append(1)", "A v x"),
        ("random.shuffle(A)", "A"),
        ("np.random.shuffle(X)", "X"),
        ("heapq.heapify(A)", "A"),
        ("X[0] = 1", "X"),
        ("x = X[0]\nx[0] = 1", "X x"),
        ("x = X[X > 0]\nx[0] = 1", "x"),
        ("x = X + 1\nx[0] = 1", "x"),
        ("x = X.T.reshape(-1)\nx[0] = 1", "X x"),
        ("np.copyto(X, 1)", "X"),
        ("np.add(X, 1, out=X)", "X"),
        ("X.fill(0)", "X"),
        ("X.mean(); X.sum()", ""),
        ("DF['b'] = 1", "DF"),
        ("DF.loc[0, 'a'] = 1", "DF"),
        ("DF.drop(columns='a')", ""),
        ("DF.drop(columns='a', inplace=True)", "DF"),
        ("DF.drop(columns='a', inplace=False)", ""),
        ("x = DF[DF.a > 1]\nx['b'] = 1", "x"),
        ("x = DF[['a']]\nx['b'] = 1", "x"),
        ("x = DF.groupby('a').sum()\nx['b'] = 1", "x"),
        ("m = LogisticRegression().fit(X, A)", ""),
        ("m = LogisticRegression()\nm.fit(X, A)", "m"),
        ("def f(x): x.append(1)\nf(A)", "A"),
        ("def f(x): return x + [1]\nf(A)", ""),
        ("def f(): A.append(1)\nf()", "A"),
        ("def f(x): g(x)\ndef g(y): y.sort()\nf(A)", "A"),
        ("f = lambda x: x.append(1)\nf(A)", "A"),
        ("list(map(lambda x: x.append(1), [A]))", "A"),
        ("class C:\n  def __init__(self, x): self.x = x\n  def go(self): self.x.append(1)\nc = C(A)\nc.go()", "A c"),
        ("class C:\n  def __add__(self, o): A.append(1)\nC() + C()", "A"),
        ("unknown(A)", "A"),
        ("A.unknown()", "A"),
        ("i = iter(A)\nnext(i)", "A i"),
        ("for x in A: print(x)", ""),
        ("for n, x in zip(A, [X]): x[0] = n", "X x"),
        ("def f():\n  def g(): A.append(1)\n  return g\nf()()", "A"),
        ("def d(f):\n  A.append(f)\n  return f\n@d\ndef g(): pass", "A"),
        ("def f(x, seen=[]): seen.append(x)\nf(1)", "f"),
        ("def f(x, seen=A): seen.append(x)\nf(1)", "A f"),
        ("def make():\n  n = 0\n  def inc():\n    nonlocal n\n    n += 1\n  return inc\ninc = make()\ninc()", "inc"),
        ("def make():\n  kept = []\n  return lambda x: kept.append(x)\nadd = make()\nadd(1)", "add"),
        ("class C:\n  def __call__(self, x): self.n = x\nc = C()\nc(1)", "c"),
        ("import functools\ndef f(x, y): x.append(y)\np = functools.partial(f, A)\np(1)", "A f p"),
        ("add = A.append\nadd(1)", "A add"),
        ("class C:\n  def add(self, x): self.x = x\nc = C()\nadd = c.add\nadd(1)", "add c"),
        ("class C:\n  def see(self, x): self.x = x\nc = C()\nDF.a.apply(c.see)", "c"),
        ("def f(*args): args[0].append(1)\nf(*[A])", "A"),
        ("def f(x=None): x.append(1)\nf(**{'x': A})", "A"),
        ("class C:\n  @staticmethod\n  def add(x): x.append(1)\nC.add(A)", "A"),
        ("class C:\n  def add(self, x): x.append(1)\nC.add(C(), A)", "A"),
        ("class C:\n  n = 0\n  def __init__(self): type(self).n += 1\nc = C()", "C"),
        ("class C:\n  all = []\n  def __init__(self): self.all.append(1)\nc = C()", "C"),
        ("class D(dict):\n  def __setitem__(self, k, v): super().__setitem__(k, v)\nd = D()\nd['k'] = 1", "d"),
        (
            "class T:\n  @property\n  def v(self): pass\n  @v.setter\n  def v(self, x): A.append(x)\nt = T()\nt.v = 1",
            "A t",
        ),
        ("x, *y = A\ny.append(1)", "y"),
        ("x, *y = [A, B]\ny[0].append(1)", "A B x y"),
        ("x, *y = range(3)\ny.append(1)", "y"),
        ("np.add(X, 1, X)", "X"),
        ("np.add.at(X, 0, 1)", "X"),
        ("np.nan_to_num(X, copy=False)", "X"),
        ("np.hsplit(X, 2)[0][0] = 1", "X"),
        ("x = np.rot90(X)\nx[0] = 1", "X x"),
        ("x = X[~N]\nx[0] = 1", "X x"),
        ("x = X[~(X > 0)]\nx[0] = 1", "x"),
        ("DF.sort_values('a', **{'inplace': True})", "DF"),
        ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nDF.plot(ax=ax)", "ax fig"),
        ("import io\nbuf = io.StringIO()\nDF.to_csv(buf)", "buf"),
        ("import io\nlog = io.StringIO()\nprint(1, file=log)", "log"),
        ("from collections import defaultdict\nd = defaultdict(list)\nd['k']", "d"),
        ("it = iter(A)\n{1}.union(it)", "A it"),
        ("class P:\n  def pop(self): pass\nps = [P()]\nps.pop()", "ps"),
        ("arr = np.empty(2, dtype=object)\narr[0] = A\nA.append(1)", "A arr"),
        ("items = B.items()\nB['x'] = 1", "B items"),
        ("rng = np.random.default_rng(0)\nDF.sample(1, random_state=rng)", "rng"),
    ],
)
def test_changes_in_place_are_seen_through_aliases_containers_and_functions(source, changes):
    assert set(facts_of(source).changes) == words(changes)


@pytest.mark.parametrize(
    ("source", "states", "world"),
    [
        ("np.random.seed(0)", "random", []),
        ("random.random()", "", []),
        ("np.random.seed(0)\nnp.random.rand(3)", "random", []),
        ("pd.set_option('display.precision', 2)", "settings", []),
        ("np.set_printoptions(precision=2)", "settings", []),
        ("import warnings\nwarnings.filterwarnings('ignore')", "settings", []),
        ("import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 80", "settings", []),
        ("import matplotlib.pyplot as plt\nplt.rcParams.update({})", "settings", []),
        ("import matplotlib.pyplot as plt\nplt.plot(A)\nplt.show()", "", []),
        ("%matplotlib inline", "settings", []),
        ("os.environ['K'] = 'v'", "environment", []),
        ("%env K=v", "environment", []),
        ("os.chdir('/')", "directory", [("read", "/")]),
        ("%cd data", "directory", [("read", "data")]),
        ("import sys\nsys.path.append('lib')", "path", []),
        ("pd.read_csv('a.csv')", "", [("read", "a.csv")]),
        ("pd.read_csv(N)", "", [("read", "?")]),
        ("DF.to_csv('a.csv')", "", [("write", "a.csv")]),
        ("DF.to_csv()", "", []),
        ("open('a.txt', 'w').write('x')", "", [("write", "a.txt")]),
        ("open('a.txt').read()", "", [("read", "a.txt")]),
        ("%%writefile a.py\nx = 1", "", [("write", "a.py")]),
        ("!ls", "", [("unknown", None)]),
        ("import requests\nrequests.get('u')", "", [("unknown", None)]),
        ("import someweb\nsomeweb.get('u')", "import:someweb", [("read", "someweb.py"), ("unknown", None)]),
        (
            "import mystyle\nmystyle.set_theme()",
            "random settings import:mystyle",
            [("read", "mystyle.py"), ("unknown", None)],
        ),
        ("import requests\nrequests.Session()", "", []),
        ("import requests\ns = requests.Session()\ns.get('u').json()", "", [("unknown", None)]),
        ("import decimal\ndecimal.getcontext().prec = 5", "settings", []),
        ("mode = str(N)\nopen('a.txt', mode)", "", [("write", "a.txt")]),
        ("from pathlib import Path\nPath('a').open('w')", "", [("write", "a")]),
        ("from pathlib import Path\nD = Path('a')\npd.read_csv(D / 'b' / 'c.csv')", "", [("read", "a/b/c.csv")]),
        ("from pathlib import Path\nPath('a').joinpath('b').write_text('x')", "", [("write", "a/b")]),
        ("from pathlib import Path\nDF.to_csv(Path('a') / f'{N}.csv')", "", [("unknown", None)]),
        ("d = 'a/'\nDF.to_csv(d + 'b.csv')", "", [("write", "a/b.csv")]),
        ("d = 'a'\nDF.to_csv(f'{d}/b.csv')", "", [("write", "a/b.csv")]),
        ("d = 'a'\nDF.to_csv(os.path.join(d, str('b.csv')))", "", [("write", "a/b.csv")]),
        ("d = 'a' if N else 'b'\nDF.to_csv(d)", "", [("unknown", None)]),
        ("d = 'a'\nfor i in A:\n  d += 'x'\n  pd.read_csv(d)", "", [("read", "ax"), ("read", "?")]),
        ("def f(p): pd.read_csv(p); f(p + 'x')\nf('a')", "", [("read", "?")]),
        ("def f(p): return pd.read_csv(p)\nf('a.csv')", "", [("read", "a.csv")]),
        ("q = 'a > @N'\nDF.query(q)", "", []),
        ("import sqlite3\nc = sqlite3.connect('a.db')\nc.execute('x')", "", [("unknown", None)] * 2),
        (
            "from PIL import Image\nImage.open('a.png').rotate(90).save('b.png')",
            "",
            [("read", "a.png"), ("write", "b.png")],
        ),
        ("os.environ.get('HOME')", "", []),
        ("def save(): DF.to_csv('b.csv')\nsave()", "", [("write", "b.csv")]),
    ],
)
def test_states_and_the_outside_world(source, states, world):
    facts = facts_of(source)
    assert set(facts.states) == words(states)
    assert [(effect.mode, effect.path) for effect in facts.world] == world


def test_an_object_as_a_key_must_stay_the_same_object():
    cells = [parse(source, number) for number, source in enumerate(("class N: pass\na = N()", "d = {a: 1}", "d[a]"), 1)]
    assert analyse(cells)[2].touches >= {"a", "d"}


def test_draws_matter_once_somebody_has_seeded():
    assert set(facts_of("np.random.seed(0)", "np.random.rand(3)").states) == {"random"}
    assert set(facts_of("np.random.seed(0)", "DF.sample(3)").states) == {"random"}
    assert set(facts_of("np.random.seed(0)", "DF.sample(3, random_state=1)").states) == set()
    assert set(facts_of("np.random.rand(3)").states) == set()


@pytest.mark.parametrize(
    "source",
    [
        "exec(A)",
        "exec('x = 1', B)",
        "eval(A)",
        "globals()[A] = 1",
        "g = globals()",
        "from somewhere import *",
        "%run other.py",
        "%pylab",
        "%load_magic x",
    ],
)
def test_what_nobody_can_know_is_reported(source):
    assert facts_of(source).opaque


def test_a_query_or_formula_reads_the_variables_that_it_names():
    assert set(facts_of("DF.query('a > @N')").uses) == {"DF", "N"}
    assert "N" in facts_of("import statsmodels.formula.api as smf\nsmf.ols('a ~ I(a * N)', DF)").uses


def test_an_object_needs_its_class_as_it_is_now():
    facts = facts_of("class C:\n  rate = 2\n  def go(self): return self.rate\nc = C()", "c.go()")
    assert "C" in facts.maybe_uses


def test_an_import_with_an_effect_is_carried_to_every_later_cell():
    cells = ["from sklearn.experimental import enable_iterative_imputer", "import hvplot.pandas as hv, numpy, os"]
    found = analyse([parse(source, number) for number, source in enumerate(cells, 1)])
    assert set(found[1].states) == {"import:sklearn.experimental.enable_iterative_imputer"}
    assert set(found[2].states) == {"import:hvplot.pandas"}


def test_identity_matters_where_it_is_asked_for():
    for asked in ("a is b", "id(a) == id(b)", "np.shares_memory(a, b)"):
        cells = [parse(source, number) for number, source in enumerate((BEFORE, "a = [1]", "b = a", asked), 1)]
        assert analyse(cells)[3].touches == {"a", "b"}, asked


def test_a_module_beside_the_notebook_may_change_anything():
    cells = [parse("import helper", 1), parse("helper.go()", 2)]
    facts = analyse(cells, local_modules=frozenset({"helper"}))
    assert set(facts[2].states) == {"random", "settings", "environment", "directory", "path", "modules"}
    cells = [parse("import config", 1), parse("config.rate = 5", 2)]
    assert set(analyse(cells, local_modules=frozenset({"config"}))[2].states) == {"modules"}


def test_free_variables_of_a_function_are_used_where_it_is_called_or_handed_on():
    assert set(facts_of("rate = 2\ndef f(x): return x * rate", "f(1)").uses) == {"f", "rate"}
    assert "rate" in facts_of("rate = 2\ndef f(x): return x * rate", "g = [f]").maybe_uses
    assert "rate" in facts_of("rate = 2\ndef f(x): return x * rate\ndef g(): return f(1)", "h = g").maybe_uses


def test_late_binding_uses_the_version_at_the_time_of_the_call():
    facts = facts_of("def f(): return helper()", "def helper(): return N", "f()")
    assert set(facts.uses) == {"f", "helper", "N"}


def test_linking_two_names_matters_when_one_is_changed_later():
    cells = [parse(source, number) for number, source in enumerate(("a = [1]", "b = a", "b.append(2)", "c = a"), 1)]
    facts = analyse(cells)
    assert facts[2].touches == {"a", "b"}
    assert set(facts[3].changes) == {"a", "b"}
    assert facts[4].touches == set()


def test_what_the_author_says_is_kept_does_not_change():
    cells = [parse("A = [1]", 1), parse("mystery(A)", 2)]
    assert set(analyse(cells)[2].changes) == {"A"}
    assert set(analyse(cells, {2: frozenset({"A"})})[2].changes) == set()


def test_a_cell_that_may_fail_binds_nothing_for_certain():
    facts = analyse([parse("x = 1\ny = 1 / 0", 1, may_fail=True)])[1]
    assert (facts.defines, facts.maybe_defines) == (set(), {"x", "y"})


def test_lines_are_those_of_the_cell_also_below_a_cell_magic():
    assert facts_of("\n\nx = missing").uses["missing"].line == 3
    assert facts_of("%%time\nx = 1\ny = missing").uses["missing"].line == 3


def test_calls_that_go_too_deep_are_reported():
    chain = "\n".join(f"def g{i}(x): g{i + 1}(x); g{i + 1}(x)" for i in range(40))
    assert "too deeply" in facts_of(f"{chain}\ng0(A)").opaque[0].how


def test_a_recursion_ends_and_may_change_its_arguments():
    assert set(facts_of("def f(n): return [f(n), f(n), f(n)]\nf(A)").changes) == {"A"}


STAYING = [
    ("x = open('p')", "x is an open file"),
    ("from pathlib import Path\nx = Path('p').open()", "x is an open file"),
    ("x = (n for n in A)", "x is a generator"),
    ("def f():\n    yield 1\nx = f()", "x is a generator"),
    ("x = enumerate(n for n in A)", "x is a generator"),
    ("x = [open(p) for p in 'ab']; y = {'k': x}; z, w = open('p'), 1", "x y z is an open file"),
    ("import sqlite3\nx = sqlite3.connect('p')", "x is a connection to a database"),
    ("import threading as t\nx = t.Thread(target=print); y = t.Lock()", "x is a thread of its kernel; y is a lock"),
    ("import tempfile\nx = tempfile.TemporaryDirectory()", "x is a folder that goes with its kernel"),
    ("import csv\nx = csv.reader(A)", "x is a reader of an open file"),
    ("if N:\n    x = open('p')\nelse:\n    x = None", "x is an open file"),
    ("x = list(n for n in A); y = sum(n for n in A); z = open('p').read(); w = iter(A)", ""),
    ("with open('p') as x:\n    y = x.readlines()", ""),
    ("x = open('p')\nx = 1", ""),
]


@pytest.mark.parametrize(("source", "expected"), STAYING)
def test_what_cannot_leave_its_kernel(source, expected):
    found: dict[str, list[str]] = {}
    for name, why in sorted(facts_of(source).staying.items()):
        found.setdefault(why, []).append(name)
    assert "; ".join(f"{' '.join(names)} {why}" for why, names in found.items()) == expected


LATER = [
    ("x = open('p', 'w')", "x.write('a')", ["write p"]),
    ("x = open('p')", "x.read()", ["read p"]),
    ("x = open('p', 'w')", "print(1, file=x)", ["write p"]),
    ("with open('p', 'w') as x:\n    x.write('a')", "x", []),
    ("x = open('p'); rows = list(x); n = len(rows)", "n + 1", []),
]


@pytest.mark.parametrize(("first", "second", "expected"), LATER)
def test_a_file_that_stays_open_is_read_and_written_later(first, second, expected):
    assert [f"{each.mode} {each.path}" for each in facts_of(first, second).world] == expected


def test_a_generator_expression_goes_on_with_what_its_names_are_then():
    facts = facts_of("k = 2; g = (n * k for n in A)", "k = 3", "next(g)")
    assert {"g", "k"} <= facts.uses.keys() | facts.maybe_uses.keys()
    assert "g" in facts_of("g = (n for n in A)", "A.append(1)").changes
    assert "A" not in facts_of("rows = list(n for n in A)", "rows.append(1)").changes


WRAPPERS = [
    "def counted(inner):\n  def outer(x):\n    outer.n += 1\n    return inner(x)\n  outer.n = 0\n  return outer",
    "names = []\ndef register(function, registry=names):\n  registry.append(function)\n  return function",
    "@counted\n@register\n@counted\ndef triple(x): return 3 * x",
    "print(list(map(triple, names)))",
]


def test_wrappers_of_wrappers_end_in_time_and_keep_the_order():
    facts = analyse([parse(cell, number) for number, cell in enumerate(WRAPPERS, 1)])
    assert "triple" in facts[4].changes


TIMED = """
import functools
def timed(inner):
  @functools.wraps(inner)
  def outer(*args, **kwargs):
    CALLS.append(inner.__name__)
    return inner(*args, **kwargs)
  return outer
def twice(inner):
  def outer(x):
    return inner(inner(x))
  return outer
CALLS = []
@timed
@twice
def half(x): return x / 2
@timed
def fill(rows, x): rows.append(x)
@timed
def count(rows): return len(rows)
"""


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("half(N)", "CALLS"),
        ("fill(A, 4)", "A CALLS"),
        ("n = count(A) + count(B)", "CALLS"),
        ("n = half(count(A))", "CALLS"),
        ("print(CALLS[-1:])", ""),
        ("sorted(CALLS, key=half)", "CALLS"),
        ("f = fill\nf(A, 1)", "A CALLS"),
        ("f = fill if N else half\nf(A, 1)", "A CALLS"),
        ("fill.__code__ = (lambda *args: B.clear()).__code__\nfill(A, 1)", "A B CALLS fill"),
    ],
)
def test_decorated_functions_do_what_the_wrapper_and_the_function_do(source, changes):
    facts = facts_of(TIMED, source)
    assert words(changes) == facts.changes.keys() - {"timed", "twice"}
    assert facts.opaque == []


METHODS = """
CALLS = []
def marked(method):
  def outer(self, *args):
    CALLS.append(1)
    return method(self, *args)
  return outer if N else method
class Box:
  def __init__(self): self.rows = []
  @marked
  def add(self, x): self.rows.append(x)
  @property
  @marked
  def size(self): return len(self.rows)
box = Box()
"""


@pytest.mark.parametrize(("source", "changes"), [("box.add(1)", "box CALLS"), ("box.size", "CALLS")])
def test_decorated_methods_do_what_the_wrapper_and_the_method_do(source, changes):
    found = facts_of(METHODS, source).changes.keys()
    assert (words(changes) <= found, found & {"A", "B"}) == (True, set())


DECORATED = [f"@twice\ndef f{number}(x): return x + {number}\nprint(list(map(f{number}, A)))" for number in range(6)]


def test_many_functions_of_one_decorator_are_walked_once_each():
    facts = facts_of(TIMED, "\n".join([*DECORATED, *(f"f{number}(N)" for number in range(6))]))
    assert (facts.opaque, facts.changes.keys() & {"A", "B"}) == ([], set())


NESTED = "def f{0}(x):\n  for y in [x]:\n    with open('f') as h:\n      if y:\n        return [f{1}(z) for z in [y]]"


def test_calls_in_blocks_in_calls_end_in_time():
    functions = ["def f0(x): return x", *(NESTED.format(number, number - 1) for number in range(1, 60))]
    (touch,) = facts_of("\n".join(functions), "f59(N)").opaque[:1]
    assert "calls nested too deeply" in touch.how
