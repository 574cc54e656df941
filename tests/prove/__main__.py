"""`python -m tests.prove [FILE ...]`: tries every program in several partitions and orders, and reports.

Prints one line per program that differs and, last, JSON: {"equal": [names], "different": {name: what}}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

from nb2ops.errors import InvalidNotebook
from tests.prove.executor import Died, Difference, build, run_linear, run_pipeline
from tests.prove.programs import FOLDER, Program, read_programs

LIBRARIES = ("numpy", "pandas", "matplotlib.pyplot", "sklearn.linear_model", "sklearn.ensemble", "scipy.stats")


def differences(program: Program, every: int, folder: Path) -> list[Difference]:
    """Return where a program's pipeline gives something else than the linear run."""
    linear = run_linear(program, folder)
    try:
        pipeline = build(program, every, folder)
    except InvalidNotebook as error:
        return [Difference("build", "runs", str(error))]
    found = []
    for last_first in (True, False):
        order = "latest step first" if last_first else "notebook order"
        try:
            piped = run_pipeline(program, pipeline, folder, last_first=last_first)
        except Died as error:
            found.append(Difference(order, "runs", str(error).strip().splitlines()[-1]))
            continue
        for number, shown in enumerate(linear):
            if piped.get(number) != shown:
                found.append(Difference(f"{order}, cell {number + 1}", str(shown), str(piped.get(number))))
    return found


def main(arguments: list[str]) -> None:
    """Try programs and print what was found."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(
            sys.executable, [sys.executable, "-m", "tests.prove", *arguments], {**os.environ, "PYTHONHASHSEED": "0"}
        )
    os.environ["MPLBACKEND"] = "Agg"
    for library in LIBRARIES:
        importlib.import_module(library)
    partitions = [int(each) for each in os.environ.get("PROVE_EVERY", "1,2,3").split(",")]
    equal, different = [], {}
    for path in [Path(each) for each in arguments] or sorted(FOLDER.glob("*.txt")):
        for program in read_programs(path):
            with tempfile.TemporaryDirectory() as folder:
                found = [each for every in partitions for each in differences(program, every, Path(folder))]
            if found:
                first = found[0]
                different[program.name] = f"{first.where}: {first.linear} -> {first.pipeline}"
                print(f"{program.name}: {different[program.name]}", flush=True)
            else:
                equal.append(program.name)
    print(f"{len(equal)} of {len(equal) + len(different)} programs equal")
    print(json.dumps({"equal": equal, "different": different}))


main(sys.argv[1:])
