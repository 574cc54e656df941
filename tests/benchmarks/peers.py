"""`python -m tests.benchmarks.peers PYTHON`: names of the cells of `tests.compiler.names.cases`, ours and others'.

PYTHON is the interpreter of an environment with `kubeflow-kale`, `marimo`, `soorgeon`, `ipyflow-core`. A cell is right
where a tool names what the interpreter bound and what it looked up from earlier cells, as far as the cell's own text
says it: what only a function of an earlier cell reads is asked of nobody. Prints a table in Markdown.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nb2ops.compiler.names.analysis import analyse
from nb2ops.compiler.names.listing import list_names
from nb2ops.compiler.syntax import parse
from tests.compiler.names.cases import CASES, CONSTRUCTS, PREAMBLE, Case

Answer = Sequence[Sequence[str]] | None
"""Names defined and names used; None where a tool ended with an exception."""


def interpreter(sources: list[str]) -> list[dict]:
    """Return what running the cells shows."""
    command = [sys.executable, "-m", "tests.compiler.names.observation"]
    request = json.dumps({"preamble": PREAMBLE, "cells": sources})
    done = subprocess.run(command, input=request, capture_output=True, text=True, check=True)
    seen: list[dict] = json.loads(done.stdout)
    return seen


def others(python: str, sources: list[str]) -> dict[str, list[Answer]]:
    """Return what the tools of another environment say."""
    command = [python, str(Path(__file__).with_name("peer_names.py"))]
    done = subprocess.run(command, input=json.dumps(sources), capture_output=True, text=True, check=True)
    answers: dict[str, list[Answer]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def ours(source: str) -> Answer:
    """Return what nb2ops says."""
    names = list_names(analyse([parse(PREAMBLE, 1), parse(source, 2)]).values())[1]
    return None if names.opaque else (names.defines, names.uses)


def is_right(answer: Answer, case: Case, seen: dict, tool: str) -> bool:
    """Whether a tool is right about a cell; of an opaque one, whether it says so (only nb2ops can)."""
    if answer is None or case.opaque:
        return case.opaque and tool == "nb2ops" and answer is None
    words = {*re.findall(r"\w+", case.source)}
    found_defined, found_used = (set(names) for names in answer)
    defined = {*seen["defines"], *case.defines.split()}
    used = {*seen["uses"], *case.uses.split()}
    if tool == "kale":  # any name of a step may be handed on
        return defined & words <= found_defined and used & words == found_used & words
    may_define = {*case.defines.split()}
    return defined - may_define <= found_defined <= defined and used & words == found_used & words


def main(python: str) -> None:
    """Print the table."""
    sources = [case.source for case in CASES]
    answers = {"nb2ops": [ours(source) for source in sources], **others(python, sources)}
    seen = interpreter(sources)
    print(f"| construct | cells | {' | '.join(answers)} |\n|---|---|{'---|' * len(answers)}")
    at, totals = 0, dict.fromkeys(answers, 0)
    for construct, cases in CONSTRUCTS.items():
        right = {
            tool: sum(
                is_right(*each, tool)
                for each in zip(found[at : at + len(cases)], cases, seen[at : at + len(cases)], strict=True)
            )
            for tool, found in answers.items()
        }
        at += len(cases)
        totals = {tool: totals[tool] + right[tool] for tool in answers}
        print(f"| {construct} | {len(cases)} | {' | '.join(map(str, right.values()))} |")
    print(f"| all | {len(CASES)} | {' | '.join(map(str, totals.values()))} |")


if __name__ == "__main__":
    main(sys.argv[1])
