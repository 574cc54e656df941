"""A notebook may put its own functions in the place of the standard library's: the hand-over does not notice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from .crossing import _ROOT

PATCHED = """
import builtins, json, os, sys
from IPython.core.interactiveshell import InteractiveShell
sys.modules["__main__"] = type(sys)("__main__")
shell = InteractiveShell.instance(user_module=sys.modules["__main__"])
from nb2ops.inkernel import after_cell, before_cell, begin, finish
def refuse(*_, **__): raise RuntimeError("patched")
begin(sys.argv[1])
before_cell("a", 1)
shell.run_cell("x, text = {1.5, float('nan')}, 'a'\\ndef f(): return x\\nassert text == 'a'")
import ast, decimal, gc, hashlib, hmac, importlib, io, linecache, logging, math, mmap, operator, pickle, random
import threading, warnings
os_exit, patched = os._exit, "open dump dumps load loads Pickler Unpickler replace unlink fstat getpid getcwd mmap"
patched += " sha256 blake2b compare_digest import_module parse unparse copysign isnan isfinite is_ Random"
patched += " getstate getcontext getLogger isenabled getlines catch_warnings simplefilter Thread get_referents"
modules = (ast, builtins, decimal, gc, hashlib, hmac, importlib, io, json, linecache, logging, math, mmap, operator)
for module in (*modules, os, pickle, random, threading, warnings):
    for name in patched.split():
        if hasattr(module, name):
            setattr(module, name, refuse)
after_cell("a")
finish()
os_exit(0)
"""


def test_a_notebook_may_put_anything_in_the_place_of_the_standard_library(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    job = {
        "key": "5e" * 16,
        "execution_count": 1,
        "again": False,
        "drops": [],
        "aside": [],
        "takes": [],
        "loads": [],
        "seeds": {},
        "digests": True,
        "generators": ["numpy", "random"],
        "gates": ["a"],
        "metrics": {"a": ["text"]},
        "report": str(report),
        "saves": {
            "path": str(tmp_path / "step.pack"),
            "names": ["x", "f", "text"],
            "everything": False,
            "state": ["random", "settings", "environment", "directory", "path", "modules"],
        },
    }
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, "-c", PATCHED, str(tmp_path / "job.json")]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    assert {each["name"] for each in found["variables"]} == {"x", "f", "text"}
    assert (len(found["gates"]), found["uncrossable"]) == (1, [])
