"""What a cell leaves in libraries, caches, loggers and IPython's history, and which later cells need it."""

from __future__ import annotations

import pytest

from nb2ops.compiler.dependencies import Resolver
from nb2ops.compiler.names.analysis import analyse
from nb2ops.compiler.names.facts import CellFacts
from nb2ops.compiler.syntax import parse


def facts_of(*sources: str) -> dict[int, CellFacts]:
    return analyse([parse(source, number) for number, source in enumerate(sources, 1)])


def wanted(*sources: str) -> set[str]:
    facts = facts_of(*sources)
    return {name for name, _ in Resolver(facts).wanted(len(facts))}


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("import pandas as pd\npd.DataFrame.shout = len", "library:pandas.DataFrame.shout"),
        ("import pandas as pd\nsetattr(pd.DataFrame, 'shout', len)", "library:pandas.DataFrame.shout"),
        ("import pandas as pd\nfor name in 'ab': setattr(pd.Series, name, len)", "library:pandas.Series.*"),
        ("import json\ndel json.dumps", "library:json.dumps"),
        ("import matplotlib.style\nmatplotlib.style.library['a'] = {}", "library:matplotlib.style.library['a']"),
        ("import matplotlib.units as u\nu.registry[int] = 1", "library:matplotlib.units.registry[*]"),
        ("import nltk\nnltk.data.path.append('here')", "library:nltk.data.path"),
        ("from tqdm import tqdm\ntqdm.pandas()", "library:pandas.DataFrame.*"),
        (
            "import pandas as pd\n@pd.api.extensions.register_series_accessor('a')\nclass A: pass",
            "library:pandas.Series.*",
        ),
        ("import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 5", "settings"),
    ],
)
def test_a_change_of_a_library_is_a_state_of_its_own(source, state):
    assert state in facts_of(source)[1].states
    assert f"~{state}" in wanted(source, "x = 1")


def test_what_a_patch_reads_is_carried_along():
    patch = ("k = 1\ndef f(self): return k", "import pandas as pd\npd.DataFrame.f = f")
    assert "k" in wanted(*patch, "df = pd.DataFrame()")


@pytest.mark.parametrize(
    "cached",
    [
        "@functools.cache\ndef f(x): return x",
        "@functools.lru_cache(maxsize=3)\ndef f(x): return x",
        "def g(x): return x\nf = functools.cache(g)",
    ],
)
def test_calling_a_function_that_keeps_its_results_changes_it(cached):
    assert "f" in facts_of(f"import functools\n{cached}", "f(1)")[2].changes


@pytest.mark.parametrize(
    ("handler", "changes"),
    [("logging.StreamHandler()", False), ("logging.FileHandler('a.log')", True), ("logging.StreamHandler(b)", True)],
)
def test_messages_change_what_their_handlers_keep(handler, changes):
    setup = f"import io, logging\nb = io.StringIO()\nlog = logging.getLogger('a')\nh = {handler}\nlog.addHandler(h)"
    found = facts_of(setup, "log.info('x')")[2]
    assert ("h" in found.changes) == changes
    assert bool(found.world) == changes


@pytest.mark.parametrize(
    "source",
    ["def f(x: 'Unit'): pass", "def f(x: list['Unit']): pass", "class f:\n    unit: 'Unit | None' = None"],
)
def test_names_in_texts_of_annotations_are_needed_where_the_function_is(source):
    assert "Unit" in wanted(f"class Unit: pass\n{source}", "print(f)")


def test_postponed_annotations_are_not_evaluated():
    assert "Later" not in facts_of("from __future__ import annotations", "def f(x: Later): pass\ny: Later = 1")[2].uses


@pytest.mark.parametrize("call", ["pickle.load(open('a'))", "pickle.dumps(1)"])
def test_pickle_finds_classes_by_their_names(call):
    assert {"C", "f"} <= wanted("import pickle\nclass C: pass\ndef f(): pass\nx = C()", call)


@pytest.mark.parametrize(
    ("reader", "name"), [("_", "_"), ("_1", "_1"), ("Out[1]", "Out"), ("In[1]", "In"), ("_i", "In"), ("%hist", "In")]
)
def test_history_is_a_variable_where_somebody_reads_it(reader, name):
    assert name in facts_of("x = 1\nx", reader)[1].maybe_defines
    assert name in wanted("x = 1\nx", reader)


def test_history_is_nothing_where_nobody_reads_it():
    assert facts_of("x = 1\nx", "for _ in [1]: print(_)")[1].maybe_defines == set()
