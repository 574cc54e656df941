"""Functions and classes that one step defines and a later one uses."""

from __future__ import annotations

from .crossing import Case, Step, check, crosses, step, table

CASES = (
    crosses(
        "a global is looked up when the function is called",
        "rate = 2\ndef scaled(x): return x * rate",
        "rate = 10\nassert scaled(3) == 30",
    ),
    crosses(
        "a function counts in a global",
        "count = 0\ndef bump():\n    global count\n    count += 1\nbump()",
        "bump(); bump()\nassert count == 3",
    ),
    crosses(
        "a mutable default keeps what it holds",
        "def seen(x, so_far=[]):\n    so_far.append(x)\n    return list(so_far)\nseen(1)",
        "assert seen(2) == [1, 2]",
    ),
    crosses(
        "keyword defaults, attributes, annotations, docstring and names stay",
        'def f(a, /, b: "int" = 1, *, c=[2]):\n    "Doc."\n    return c\nf.calls = 5\nf.__qualname__ = "other"',
        """
        assert f.__kwdefaults__ == {"c": [2]} and f.calls == 5 and f.__annotations__ == {"b": "int"}
        assert (f.__doc__, f.__name__, f.__qualname__, f.__module__) == ("Doc.", "f", "other", "__main__")
        import inspect
        assert str(inspect.signature(f)) == "(a, /, b: 'int' = 1, *, c=[2])"
        """,
    ),
    crosses(
        "two closures share a variable",
        """
        def pair():
            n = 0
            def up():
                nonlocal n
                n += 1
            def now(): return n
            return up, now
        up, now = pair()
        up()
        """,
        "assert now() == 1\nup()\nassert now() == 2",
    ),
    crosses(
        "a function inside a function calls itself",
        "def make():\n    def fact(n): return 1 if n < 2 else n * fact(n - 1)\n    return fact\nfact = make()",
        "assert fact(5) == 120 and fact.__closure__[0].cell_contents is fact",
    ),
    crosses(
        "a closure whose variable is not bound yet",
        "def make():\n    def f(): return later\n    g = f\n    return g\n    later = 1\nf = make()",
        """
        try: f()
        except NameError: pass
        else: raise AssertionError
        """,
    ),
    crosses(
        "a cached function stays cached and recursive",
        "import functools\n@functools.lru_cache(maxsize=7)\ndef fib(n): return n if n < 2 else fib(n-1) + fib(n-2)",
        "assert fib(80) == 23416728348467685 and fib.cache_parameters()['maxsize'] == 7 and fib.cache_info().hits",
    ),
    crosses(
        "decorators do not run again",
        """
        import functools
        ran = []
        def logged(f):
            ran.append(f.__name__)
            @functools.wraps(f)
            def inner(*a): return f(*a) + 1
            return inner
        @logged
        def one(): return 1
        """,
        "assert one() == 2 and ran == ['one'] and one.__wrapped__() == 1 and one.__name__ == 'one'",
    ),
    crosses(
        "wrappers made by a library keep that library's globals",
        """
        from contextlib import contextmanager
        from functools import singledispatch, partial
        @contextmanager
        def opened(x): yield x
        @singledispatch
        def kind(x): return "other"
        @kind.register
        def _of_int(x: int): return "int"
        add = partial(max, 3)
        """,
        """
        import contextlib
        with opened(4) as found: assert found == 4
        assert opened.__globals__ is vars(contextlib)
        assert (kind(1), kind("a"), add(2)) == ("int", "other", 3)
        kind.register(str)(lambda x: "str")
        assert kind("a") == "str"
        """,
    ),
    crosses(
        "generator functions, coroutine functions and lambdas in containers",
        """
        def upto(n): yield from range(n)
        async def later(): return 7
        table = {"double": lambda x: x * factor, "list": [lambda: table]}
        factor = 2
        """,
        """
        import asyncio
        assert list(upto(3)) == [0, 1, 2] and asyncio.run(later()) == 7
        factor = 5
        assert table["double"](2) == 10 and table["list"][0]() is table
        """,
    ),
    crosses(
        "a function under two names and in a container is one function",
        "def f(): pass\ng = f\nheld = {'f': f}",
        "assert f is g is held['f']",
    ),
    crosses(
        "builtin functions and bound methods of the notebook's objects",
        "items = []\npush = items.append\nclass A:\n    def m(self): return self\na = A()\nm = a.m\nsize = len",
        "push(1)\nassert items == [1] and m() is a and size is len",
    ),
    crosses(
        "class attributes, isinstance, super, property, static and class methods",
        """
        class Base:
            made = 0
            def __init__(self): Base.made += 1
            def who(self): return "base"
        class Child(Base):
            def who(self): return super().who() + "/child"
            @property
            def twice(self): return 2
            @staticmethod
            def s(): return "s"
            @classmethod
            def c(cls): return cls
        child = Child()
        """,
        """
        assert isinstance(child, Child) and isinstance(child, Base) and type(child) is Child
        assert child.who() == "base/child" and child.twice == 2 and Child.s() == "s" and Child.c() is Child
        Child()
        assert Base.made == 2 and Child.made == 2
        """,
    ),
    crosses(
        "slots stay slots, metaclasses and hooks do not run again",
        """
        made = []
        class Meta(type):
            def __init__(cls, name, bases, namespace): made.append(name)
        class Plugin(metaclass=Meta):
            known = []
            def __init_subclass__(cls, **options): Plugin.known.append(cls.__name__)
        class First(Plugin): pass
        class Point:
            __slots__ = ("x",)
        point = Point()
        point.x = 3
        """,
        """
        assert made == ["Plugin", "First"] and Plugin.known == ["First"]
        class Second(Plugin): pass
        assert made[-1] == "Second" and Plugin.known == ["First", "Second"]
        assert point.x == 3
        try: point.y = 1
        except AttributeError: pass
        else: raise AssertionError
        """,
    ),
    crosses(
        "dataclasses can be inherited from",
        """
        from dataclasses import dataclass, field
        @dataclass(order=True)
        class Point:
            x: int
            tags: list = field(default_factory=list)
        point = Point(1)
        """,
        """
        from dataclasses import dataclass, replace, MISSING, fields
        assert replace(point, x=2) == Point(2, []) > point and repr(point) == "Point(x=1, tags=[])"
        assert fields(Point)[0].default is MISSING
        @dataclass
        class Named(Point):
            name: str = "n"
        assert Named(1) == Named(1, [], "n")
        try: Named()
        except TypeError: pass
        else: raise AssertionError
        """,
    ),
    crosses(
        "enumerations keep members and what their __init__ made",
        """
        import enum
        class Colour(enum.Enum):
            RED = 1
            BLUE = 2
            def shout(self): return self.name + "!"
        class Planet(enum.Enum):
            EARTH = (5.9, 6.3)
            def __init__(self, mass, radius): self.mass, self.radius = mass, radius
        class Flag(enum.Flag):
            A = enum.auto()
            B = enum.auto()
        red, both = Colour.RED, Flag.A | Flag.B
        """,
        """
        assert red is Colour.RED is Colour(1) and list(Colour) == [Colour.RED, Colour.BLUE]
        assert red.shout() == "RED!" and Planet.EARTH.mass == 5.9 and both == Flag.A | Flag.B and Flag.A in both
        """,
    ),
    crosses(
        "named tuples",
        """
        from collections import namedtuple
        from typing import NamedTuple
        Pair = namedtuple("Pair", "a b", defaults=[2])
        class Named(NamedTuple):
            n: int
            def twice(self): return self.n * 2
        pair, named = Pair(1), Named(4)
        """,
        "assert pair == (1, 2) and pair._replace(a=5) == Pair(5) and isinstance(pair, Pair) and named.twice() == 8",
    ),
    crosses(
        "abstract classes, protocols, generics and cached properties",
        """
        from abc import ABC, abstractmethod
        from functools import cached_property
        from typing import Generic, TypeVar, Protocol, runtime_checkable
        T = TypeVar("T")
        class Shape(ABC):
            @abstractmethod
            def area(self): ...
        class Square(Shape):
            def area(self): return 4
            @cached_property
            def heavy(self): return object()
        Shape.register(int)
        class Box(Generic[T]):
            pass
        @runtime_checkable
        class Sized(Protocol):
            def area(self): ...
        square = Square()
        first = square.heavy
        """,
        """
        assert square.area() == 4 and square.heavy is first and Square().heavy is not first
        assert isinstance(3, Shape) and isinstance(square, Sized) and Box[int].__origin__ is Box
        try: Shape()
        except TypeError: pass
        else: raise AssertionError
        """,
    ),
    crosses(
        "exceptions of the notebook keep what they carry",
        """
        class Refused(Exception):
            def __init__(self, code, *, why): super().__init__(f"{code}: {why}"); self.code = code
        try:
            try: 1 / 0
            except ZeroDivisionError as cause: raise Refused(3, why="no") from cause
        except Refused as error: caught = error
        """,
        "assert isinstance(caught, Refused) and caught.code == 3 and str(caught) == '3: no'\n"
        "assert isinstance(caught.__cause__, ZeroDivisionError)",
    ),
    crosses(
        "tracebacks and inspect.getsource keep their lines",
        "# a comment\ndef broken(x):\n    # the next line fails\n    return x / 0",
        """
        import inspect, traceback
        assert inspect.getsource(broken) == "def broken(x):\\n    # the next line fails\\n    return x / 0"
        try: broken(1)
        except ZeroDivisionError as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            assert (last.lineno, last.line, last.name) == (4, "return x / 0", "broken")
        """,
    ),
    Case(
        "a class that comes by two ways is one class, and its owner's attributes win",
        (
            Step("class A:\n    n = 0\n    old = 1", ()),
            step("A.n = 5; A.new = 1; del A.old", s0=None),
            step("a = A()", s0=None),
            step("assert isinstance(a, A) and (A.n, A.new, hasattr(A, 'old')) == (5, 1, False)", s1=("A",), s2=("a",)),
            step("assert isinstance(a, A) and (A.n, A.new, hasattr(A, 'old')) == (5, 1, False)", s2=("a",), s1=("A",)),
        ),
    ),
)


@table(CASES)
def test_definitions_cross(case: Case) -> None:
    check(case, CASES)
