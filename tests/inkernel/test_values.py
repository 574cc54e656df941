"""Plain values: who is whom, in what order, and what cannot cross."""

from __future__ import annotations

from .crossing import Case, Step, check, crosses, step, table

CASES = (
    crosses(
        "what two variables share is one object",
        "inner = [1]\na = {'x': inner}\nb = (inner, a)\ncycle = []\ncycle.append(cycle)",
        "inner.append(2)\nassert a['x'] is b[0] is inner and b[1] is a and cycle[0] is cycle",
    ),
    crosses(
        "exact types and instances",
        """
        import datetime, decimal, fractions, pathlib, collections, array, re, uuid
        values = [
            1 + 2j, 10**40, b"b", bytearray(b"c"), decimal.Decimal("1.10"), fractions.Fraction(1, 3), range(3),
            slice(1), datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), pathlib.Path("a/b"),
            array.array("i", [1]),
            collections.Counter("aab"), collections.OrderedDict(a=1), collections.deque([1], 3), re.compile("a+", re.I),
            uuid.UUID(int=5), NotImplemented, ..., True, None, type(None), int,
        ]
        shown = [(repr(each), type(each).__name__) for each in values]
        lists = collections.defaultdict(list)
        """,
        """
        assert [(repr(each), type(each).__name__) for each in values] == shown and values[16] is NotImplemented
        lists["new"].append(1)
        """,
    ),
    crosses(
        "NaN is the same NaN",
        """
        import math
        import numpy as np
        own = float("nan")
        held = [np.nan, math.nan, own, {own: "own"}, -own]
        """,
        """
        assert np.nan in held[:1] and math.nan in held[1:2] and own is held[2] and held[3][own] == "own"
        assert own is not np.nan and math.copysign(1, held[4]) == -1 and held[4] is not own
        """,
    ),
    crosses(
        "NaN is the same NaN in arrays of objects and in pandas' strings",
        """
        import numpy as np, pandas as pd
        own = float("nan")
        array = np.array([[np.nan, own], ["x", None]], dtype=object)
        frame = pd.DataFrame({"mixed": [np.nan, own, 1], "text": ["a", None, "b"]}, dtype=object)
        frame = frame.astype({"text": "str"})
        """,
        """
        assert array[0, 0] is np.nan and array[0, 1] is own and array[1].tolist() == ["x", None]
        assert frame.mixed.array[0] is np.nan and frame.mixed.array[1] is own
        assert frame.text.dtype.na_value is np.nan and frame.text.isna().tolist() == [False, True, False]
        """,
    ),
    crosses(
        "sets are walked in the same order",
        """
        import random, string
        draw = random.Random(7)
        def words(n): return ["".join(draw.choices(string.ascii_letters, k=draw.randint(1, 9))) for _ in range(n)]
        sets = [set(words(n)) for n in range(60)]
        sets += [set(words(40)) | set(words(n)) for n in range(30)]
        sets += [set(each) for each in sets]
        sets += [frozenset(words(n)) for n in range(30)] + [frozenset(each) for each in sets]
        sets += [set(words(700)), {1, "a", (2, "b"), frozenset({"c", "d"})}, {-1, -2, 10**20, 3.5}]
        walks = [list(each) for each in sets]
        one = two = {"shared"}
        """,
        """
        wrong = [len(each) for each, walk in zip(sets, walks) if list(each) != walk]
        assert not wrong, wrong
        one.add("more")
        assert two is one and {type(each) for each in sets} == {set, frozenset}
        """,
    ),
    crosses(
        "a set in a cycle",
        "class Node:\n    def __init__(self): self.others = {self}\nnode = Node()",
        "assert node.others == {node}",
    ),
    crosses(
        "single objects of libraries are theirs",
        """
        import dataclasses, os, random, sys, logging, datetime
        from random import shuffle, random as draw
        missing, environment, out = dataclasses.MISSING, os.environ, sys.stdout
        log, utc = logging.getLogger("a"), datetime.UTC
        default = {"set": missing}
        """,
        """
        import dataclasses, os, random, sys, logging, datetime
        assert missing is default["set"] is dataclasses.MISSING and environment is os.environ and out is sys.stdout
        assert log is logging.getLogger("a") and utc is datetime.UTC and shuffle.__self__ is random._inst
        random.seed(3); first = draw(); random.seed(3)
        assert draw() == first
        """,
    ),
    crosses(
        "modules cross by name, with the submodules that were loaded",
        "import math as m, xml.etree.ElementTree, concurrent.futures, types\n"
        "made = types.ModuleType('made')\nmade.x = [1]",
        """
        import sys
        assert m is sys.modules["math"] and "xml.etree" not in sys.modules
        assert xml.etree.ElementTree.fromstring("<a/>").tag == "a"
        assert concurrent.futures.Future and made.x == [1]
        try: xml.nothing
        except AttributeError as error: assert str(error) == "module 'xml' has no attribute 'nothing'"
        else: raise AssertionError
        """,
    ),
    crosses(
        "views of dictionaries stay views",
        "d = {'a': 1}\nkeys, values, items = d.keys(), d.values(), d.items()\n"
        "import types\nproxy = types.MappingProxyType(d)",
        "d['b'] = 2\nassert list(keys) == ['a', 'b'] and list(values) == [1, 2]\n"
        "assert ('b', 2) in items and proxy['b'] == 2",
    ),
    crosses(
        "iterators go on where they were",
        "i = iter([1, 2, 3])\nnext(i)\nz = zip([1, 2], 'ab')\nnext(z)\ne = enumerate('xyz', 5)",
        "assert list(i) == [2, 3] and list(z) == [(2, 'b')] and next(e) == (5, 'x')",
    ),
    crosses(
        "memory and weak references",
        "import weakref\ndata = bytearray(b'abc')\nview = memoryview(data)\n"
        "class A: pass\na = A()\nto_a = weakref.ref(a)",
        "data[0] = 0x7a\nassert bytes(view) == b'zbc' and to_a() is a",
    ),
    crosses(
        "a closed file says what it was",
        """
        import tempfile
        with tempfile.TemporaryDirectory() as place:
            lines, ends = place + "/lines.txt", place + "/ends.txt"
            with open(lines, "w", encoding="utf-16") as written: print("a", file=written)
            with open(lines, encoding="utf-16") as read: read.read()
            with open(ends, "wb") as raw: raw.write(b"a\\r\\nb\\nc\\r")
            with open(ends) as mixed: mixed.read()
            with open(ends, "rb") as binary: pass
            with open(ends, "rb+") as both: pass
            with open(ends, "rb", buffering=0) as bare: pass
            with open(ends, "a", newline="", errors="replace") as added: added.note = [1]
        def told(file):
            names = ("name", "mode", "encoding", "errors", "newlines", "line_buffering", "note")
            return [repr(file), type(file), file.closed, *(getattr(file, name, None) for name in names)]
        files = [written, read, raw, mixed, binary, both, bare, added]
        before = [told(file) for file in files]
        """,
        """
        assert [told(file) for file in files] == before
        assert files[1] is read and read.newlines == "\\n" and set(mixed.newlines) == {"\\r", "\\n", "\\r\\n"}
        try: binary.read()
        except ValueError as error: assert "closed file" in str(error)
        else: raise AssertionError
        """,
    ),
    crosses(
        "what cannot cross is named with the reason, the rest crosses",
        """
        import io, socket, sqlite3, tempfile, threading, subprocess, sys, weakref, asyncio
        fine = {"x": 1}
        opened, binary = open(sys.executable), open(sys.executable, "rb")
        generator = (x for x in [1])
        async def work(): pass
        coroutine = work()
        database = sqlite3.connect(":memory:")
        lock, thread = threading.Lock(), threading.Thread(target=print)
        folder = tempfile.TemporaryDirectory()
        with open(folder.name + "/made anew", "x") as closed: pass
        holder = [fine, {"deep": generator}]
        connection = socket.socket()
        part = memoryview(b"abc")[1:]
        gone = weakref.ref(type("T", (), {})())
        class Rude:
            def __reduce__(self): raise KeyError("mine")
        rude = Rude()
        deep = None
        for _ in range(100_000): deep = [deep]
        loop = asyncio.new_event_loop()
        alsofine = [fine]
        coroutine.close()
        """,
        "assert alsofine[0] is fine == {'x': 1}\nassert 'generator' not in globals() and Rude and work",
        opened="is an open file",
        closed="is a closed file",
        binary="is an open file",
        generator="generator",
        coroutine="coroutine",
        database="sqlite3.Connection",
        lock="lock",
        thread="lock",
        folder="finalizer",
        holder="generator",
        connection="socket",
        part="a view of a part",
        gone="an object that is gone",
        rude="mine",
        deep="nested too deeply",
        loop="",
    ),
    Case(
        "later loads win, and names that a pack lacks are left out",
        (
            Step("x, y = 1, 1", ()),
            Step("x = 2", ()),
            step("assert (x, y) == (2, 1) and 'z' not in globals()", s0=("x", "y", "z"), s1=("x",)),
            step("assert (x, y) == (1, 1)", s1=None, s0=None),
        ),
    ),
)


@table(CASES)
def test_values_cross(case: Case) -> None:
    check(case, CASES)
