"""What a session keeps beside its variables: caches, tracebacks, handlers, shared attributes, equal objects."""

from __future__ import annotations

from .crossing import Case, check, crosses, step, table

CACHED = "import functools\nran = []\n@functools.lru_cache(maxsize={}, typed={})\n"
CASES = (
    crosses(
        "a cache keeps entries, their order and its counts",
        CACHED.format(2, True)
        + "def f(x, *, y=0): ran.append(x); return [x]\nf(1); f(1.0); kept = f(2, y=3); f(2, y=3)",
        """
        assert f.cache_info() == (1, 3, 2, 2) and f(2, y=3) is kept and f(1.0) == [1.0] and ran == [1, 1.0, 2]
        f(9); f(2, y=3)
        assert ran == [1, 1.0, 2, 9, 2] and f.__wrapped__(5) == [5]
        """,
    ),
    crosses(
        "an unbounded cache, a closed one, a cleared one",
        CACHED.format(None, False) + "def f(*a, **k): return a, k\nf('a'); f((1, 2)); f(1, b=2)\n"
        "@functools.lru_cache(maxsize=0)\ndef none(x): return x\nnone(1)\n"
        "@functools.cache\ndef cleared(x): return x\ncleared(1); cleared.cache_clear()",
        """
        assert f.cache_info().misses == 3 and f((1, 2)) == (((1, 2),), {}) and f(1, b=2) == ((1,), {"b": 2})
        assert f.cache_info()[:2] == (2, 3) and none.cache_info().misses == 1 and cleared.cache_info().misses == 0
        """,
    ),
    crosses(
        "a cache around something that is not a function",
        "import functools, operator\nf = functools.lru_cache(functools.partial(operator.add, 1))\nf(2)",
        "assert 'f' not in globals()",
        f="a cache of results",
    ),
    crosses(
        "a traceback shows the same lines",
        """
        import traceback
        def inner(): raise ValueError("bad")
        def outer():
            try: inner()
            except ValueError as error: raise OSError(2, "none", "file") from error
        try: outer()
        except OSError as error: kept = error
        shown = "".join(traceback.format_exception(kept))
        """,
        """
        assert "".join(traceback.format_exception(kept)) == shown and "in inner" in shown, shown
        assert kept.__traceback__.tb_lineno == 7 and kept.__cause__.__traceback__.tb_next is not None
        """,
    ),
    crosses(
        "attributes that two objects share",
        """
        class Borg:
            state = {}
            def __init__(self): self.__dict__ = self.state
        class Plain:
            def __init__(self): self.x = 1
        one, two, plain, held = Borg(), Borg(), Plain(), Plain()
        view = vars(held)
        """,
        "one.x = 5; view['x'] = 7; plain.y = 2\nassert two.x == 5 and Borg.state is vars(one) and held.x == 7",
    ),
    Case(
        "a handler is one object where two packs bring it",
        (
            step("import logging, io\nh = logging.StreamHandler(io.StringIO()); h.setLevel(30); kept = [h]"),
            step("also = h", s0=("h",)),
            step("assert kept[0] is also and also.level == 30 and also.lock is not None", s0=("kept",), s1=("also",)),
        ),
    ),
    Case(
        "numbers and texts are the same where they were",
        (
            step("x, text, word, other = 10**9, 'two words', 'word', 10**9 + 1"),
            step("y, same, again, apart = x, text, 'word', other - 1", s0=None),
            step(
                "assert x is y and text is same and word is again and x == apart and x is not apart",
                s0=("x", "text", "word"),
                s1=("y", "same", "again", "apart"),
            ),
        ),
    ),
    crosses(
        "an array that looks at a frame's memory",
        "import pandas as pd\nframe = pd.DataFrame({'a': [1.0, 2.0]}); view = frame.to_numpy()\n"
        "tracked = pd.DataFrame({'a': [1.0]}); other = tracked[:]; apart = tracked.to_numpy()",
        "frame.iloc[0, 0] = 9; tracked.iloc[0, 0] = 9\nassert view[0, 0] == 9 and apart[0, 0] == other.iloc[0, 0] == 1",
    ),
    crosses(
        "what was there before the notebook put something else in its place",
        "import json, time\nold, sleep = json.dumps, time.sleep\ndef new(x): return old(x)\n"
        "json.dumps, time.sleep = new, new",
        "import json, time\nassert old is json.dumps and sleep is time.sleep and new([1]) == '[1]'",
    ),
)


@table(CASES)
def test_it_crosses(case: Case) -> None:
    check(case, CASES)
