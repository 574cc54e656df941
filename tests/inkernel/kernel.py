"""Plays one kernel after the other: for each case a fresh `__main__`, what it loads, its code, what it hands over.

    python kernel.py WORK.json

Reads a list of {"load": [[pack, names], ...], "name": file name of the code, "code": text, "save": pack} and writes
to WORK.json.out, for each, {"error": text or None, "uncrossable": {name: why}}.
"""

from __future__ import annotations

import json
import linecache
import sys
import traceback
import types
from dataclasses import asdict
from typing import Any

from nb2ops.inkernel.handover import write
from nb2ops.inkernel.pack import Pack

KEY = b"a key of the tests"


def run(work: dict[str, Any]) -> dict[str, Any]:
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    namespace = vars(main)
    try:
        for path, names in work["load"]:
            with Pack(path, KEY) as pack:
                namespace.update(pack.variables(names))
        hidden = {"__builtins__", *vars(types.ModuleType("")), "__annotations__"}
        linecache.cache[work["name"]] = (0, None, work["code"].splitlines(keepends=True), work["name"])
        exec(compile(work["code"], work["name"], "exec", dont_inherit=True), namespace)
        variables = {name: value for name, value in namespace.items() if name not in hidden}
        written = write(work["save"], variables, KEY)
    except BaseException:
        return {"error": traceback.format_exc(), "uncrossable": {}, "entries": {}}
    uncrossable = {each.name: each.why for each in written.uncrossable}
    return {"error": None, "uncrossable": uncrossable, "entries": {each.name: asdict(each) for each in written.entries}}


if __name__ == "__main__":
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        works = json.load(file)
    results = [run(work) for work in works]
    with open(path + ".out", "w", encoding="utf-8") as file:
        json.dump(results, file)
