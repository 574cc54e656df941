"""Modules of the notebook's own folder: what changed in them at run time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from .crossing import _ROOT

FILES = {
    "helper.py": """
        import enum, functools, json, threading
        from config import rate as imported_rate
        import config
        counter, items, gone, MISSING, lock = 0, [], 1, object(), threading.Lock()
        def inc():
            global counter
            counter += 1
        def collect(item, into=[]):
            into.append(item)
            return list(into)
        def ask(value=MISSING): return "missing" if value is MISSING else value
        def calls(): calls.count += 1
        calls.count = 0
        def closure():
            total = 0
            def add(n):
                nonlocal total
                total += n
                return total
            return add
        add = closure()
        class Thing:
            made = 0
            _registry = {}
            limit: int = 3
            __slots__ = ("name",)
            def __init__(self, name, tags=[]):
                Thing.made += 1
                tags.append(name)
                self.name, self._registry[name] = name, self
            def tagged(self): return Thing.__init__.__defaults__[0]
            class Inner:
                depth = 1
        class Colour(enum.Enum):
            RED = 1
        favourite = None
    """,
    "config.py": "rate, settings, made_at = 1, {}, __import__('time').monotonic_ns()",
    "package/__init__.py": "from . import part\nlevel = 0\ndef up():\n    global level\n    level += 1",
    "package/part.py": "import helper\nhelper.items.append('at import')\nvalue = [1]",
    "sub/extra.py": "seen = []",
}

CASES = {
    "a global that a function of the module counts": ("helper.inc(); helper.inc()", "helper.counter == 2"),
    "an attribute that was set": ("config.rate = 5", "config.rate == 5 and helper.imported_rate == 1"),
    "an attribute that was added": ("config.new = [1]", "config.new == [1]"),
    "an attribute that was deleted": ("del helper.gone", "not hasattr(helper, 'gone')"),
    "a value made when the module was loaded": ("at = config.made_at", "config.made_at == at"),
    "what a variable and a module share": (
        "shared = helper.items; config.settings['x'] = shared",
        "shared is helper.items is config.settings['x']",
    ),
    "a module that changes another when it is loaded": (
        "import package; package.up()",
        "helper.items == ['at import'] and package.level == 1",
    ),
    "a submodule": ("import package.part; package.part.value.append(2)", "sys.modules['package.part'].value == [1, 2]"),
    "a mutable default": ("helper.collect(1)", "helper.collect(2) == [1, 2]"),
    "an attribute of a function": ("helper.calls()", "helper.calls.count == 1"),
    "what a closure of the module counts": ("helper.add(2)", "helper.add(3) == 5"),
    "attributes of a class": (
        "thing = helper.Thing('a')",
        "helper.Thing.made == 1 and helper.Thing._registry['a'] is thing and type(thing) is helper.Thing",
    ),
    "a default of a method": ("helper.Thing('b')", "helper.Thing('c').tagged() == ['b', 'c']"),
    "a class inside of a class": ("helper.Thing.Inner.depth = 4", "helper.Thing.Inner.depth == 4"),
    "a method that the notebook put in": (
        "def shout(self): return self.name + mark\nmark = '!'\nhelper.Thing.shout = shout",
        "helper.Thing('z').shout() == 'z!'",
    ),
    "a function that the notebook put in": (
        "before = helper.ask\nhelper.ask = lambda: ('mine', before())",
        "helper.ask() == ('mine', 'missing')",
    ),
    "a sentinel": ("held = [helper.MISSING]", "held[0] is helper.MISSING and helper.ask(held[0]) == 'missing'"),
    "a member of an enumeration": ("helper.favourite = helper.Colour.RED", "helper.favourite is helper.Colour.RED"),
    "what cannot cross is made anew": ("helper.lock.acquire(); helper.inc()", "not helper.lock.locked()"),
    "a module on a path of the notebook": (
        "sys.path.insert(0, 'sub')\nimport extra; extra.seen.append(1)",
        "sys.modules['extra'].seen == [1]",
    ),
}

STEP = """
import sys
from nb2ops.inkernel import states
from nb2ops.inkernel.handover import write
from nb2ops.inkernel.pack import Pack
WANTED, mode, path, code = ["modules", "path"], *sys.argv[1:]
main = sys.modules["__main__"] = type(sys)("__main__")
if mode == "read":
    with Pack(path, b"key") as pack:
        states.restore_early(pack.states(states.EARLY), WANTED)
        states.restore_modules(pack.states(), WANTED)
        vars(main).update(pack.variables())
hidden = set(vars(main))
exec(compile("import sys, helper, config\\n" + code, "<cell>", "exec"), vars(main))
if mode == "write":
    variables = {name: value for name, value in vars(main).items() if name not in hidden and name != "__builtins__"}
    assert write(path, variables, b"key", states.capture_all(WANTED)[0]).uncrossable == ()
"""


def _step(folder: Path, mode: str, code: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(_ROOT)]), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", STEP, mode, "step.pack", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(dedent(text), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_a_change_crosses(name: str, folder: Path) -> None:
    change, holds = CASES[name]
    _step(folder, "write", change)
    _step(folder, "read", f"assert {holds}")


def test_a_module_that_is_gone_is_left_out(folder: Path) -> None:
    _step(folder, "write", "__import__('package').up(); config.rate = 2")
    (folder / "package" / "__init__.py").unlink()
    (folder / "package" / "part.py").unlink()
    (folder / "package").rmdir()
    _step(folder, "read", "assert config.rate == 2")
