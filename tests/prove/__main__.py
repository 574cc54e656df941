"""`python -m tests.prove`: tries programs, notebooks and generated programs, and reports.

Prints what differs as it is found, the share of generated programs that use each construct and, last, JSON. Ends with
code 1 where something differs that `known.txt` does not name.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from tests.prove.faults import FAULTS
from tests.prove.notebooks import NOTEBOOKS, read_notebook
from tests.prove.pool import Pool
from tests.prove.programs import FOLDER, Program, known_differences, read_programs
from tests.prove.search import Counterexample, Tried, used_constructs
from tests.prove.templates import TEMPLATES

ROUND = 60
"""Seconds that a worker generates before it reports."""

LEAST_SHARE = 0.02
"""Of programs that must use each construct."""

SAMPLE = 5000
"""Programs by which that share is told from chance; those that there was no time to run are generated only."""

COLUMNS = 3


def main(arguments: argparse.Namespace) -> int:
    """Try what was asked for, print what was found, and return the exit code."""
    end = monotonic() + 60 * arguments.minutes
    with Pool(arguments.workers) as pool:
        if arguments.faults is not None:
            seconds = try_faults(pool, arguments.faults or list(FAULTS), 60 * arguments.minutes)
            print(json.dumps({"seconds": seconds}))
            return int(None in seconds.values())
        report: dict[str, Any] = {}
        if not arguments.only_generated and not arguments.cached:
            report |= try_programs(pool, read(arguments.paths), arguments.every, arguments.orders)
        if not arguments.paths:
            report["generated"] = generate(pool, arguments.seed, end, arguments.programs, cached=arguments.cached)
    print(json.dumps(report))
    return int(bool(report.get("unknown") or report.get("generated", {}).get("different")))


def read(paths: list[Path]) -> list[Program]:
    """Return the programs and notebooks of these files, of all files where none are given."""
    found = paths or [*sorted(FOLDER.glob("*.txt")), *sorted(NOTEBOOKS.glob("*.md"))]
    return [each for path in found for each in ([read_notebook(path)] if path.suffix == ".md" else read_programs(path))]


def try_programs(pool: Pool, programs: list[Program], every: list[int], orders: int) -> dict[str, Any]:
    """Try programs in several partitions, each in so many orders; notebooks also by their headings."""
    known = known_differences()
    equal, different = 0, {}
    for program, found in pool.differences(programs, every, orders):
        if found:
            different[program.name] = str(found[0])
            print(f"{program.name}{' (known)' * (program.name in known)}: {found[0]}", flush=True)
        else:
            equal += 1
    print(f"{equal} of {len(programs)} programs and notebooks equal", flush=True)
    return {"equal": equal, "different": different, "unknown": sorted(different.keys() - known)}


def generate(pool: Pool, seed: int, end: float, programs: int, *, cached: bool) -> dict[str, Any]:
    """Generate programs until the time is over, and return what came of it.

    With `cached`, each is edited several times and run after each edit, with a cache and without.
    """
    print(f"generating programs, seed {seed}", flush=True)
    tried, counterexamples = Tried(), []
    for one, found in pool.search(seed, end, programs, ROUND, cached=cached):
        tried += one
        if found is not None:
            counterexamples.append(found)
            print(f"\n{shown(found)}\n", flush=True)
    made = max(min(SAMPLE, programs), tried.programs)
    uses = tried.constructs + used_constructs(seed, made - tried.programs)
    shares = {each.name: uses[each.name] / made for each in TEMPLATES}
    print_shares(shares)
    print(f"shares of {made} generated programs, of which {tried.programs} ran")
    print(f"{tried.programs} generated programs, {len(counterexamples)} differ, {tried.failing} end with an exception")
    if cached:
        print(f"{tried.hits} of {tried.steps} steps did not run: an earlier result stood in")
    return {
        "seed": seed,
        "programs": tried.programs,
        "steps": tried.steps,
        "hits": tried.hits,
        "failing": tried.failing,
        "least share": min(shares.values()),
        "different": [str(each.difference) for each in counterexamples],
    }


def print_shares(shares: dict[str, float]) -> None:
    """Print the share of programs that use each construct, and mark those that too few use."""
    cells = [f"{share:5.1%} {name}{'' if share >= LEAST_SHARE else ' (!)'}" for name, share in sorted(shares.items())]
    for start in range(0, len(cells), COLUMNS):
        print("".join(f"{cell:<46}" for cell in cells[start : start + COLUMNS]).rstrip())


def shown(found: Counterexample) -> str:
    """A counterexample as it would stand in a file of programs."""
    return f"{found.example.text}\n# {found.difference}"


def try_faults(pool: Pool, names: list[str], longest: float) -> dict[str, float | None]:
    """Search with each fault seeded, and return the seconds to the first counterexample, None where there was none."""
    seconds: dict[str, float | None] = {}
    for name in names:
        tried, found = pool.search_faulty(name, longest)
        seconds[name] = round(tried.seconds, 1) if found else None
        print(f"{f'{tried.seconds:6.1f} s' if found else 'not found'}  {tried.programs:4} programs  {name}", flush=True)
    return seconds


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    found.add_argument("paths", nargs="*", type=Path, help="programs (.txt) and notebooks (.md); all, then generated")
    found.add_argument("--minutes", type=float, help="for everything together (10), or for each fault (5)")
    found.add_argument("--only-generated", action="store_true", help="no programs and notebooks")
    found.add_argument("--cached", action="store_true", help="generated ones alone: edited, and run with a cache")
    found.add_argument("--programs", type=int, default=10**9, help="generated at most")
    found.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"), help="of generated programs")
    found.add_argument("--every", type=_counts, default=[1, 2, 3], help="cells that make a step: 1,2,3")
    orders = "of a pipeline's steps: latest first, with 2 also as in the notebook"
    found.add_argument("--orders", type=int, choices=[1, 2], default=2, help=orders)
    found.add_argument("--workers", type=int, default=2, help="processes that try programs")
    found.add_argument("--faults", nargs="*", choices=list(FAULTS), help="search with these faults seeded; all")
    return found


def _counts(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # so that a seed gives the same programs and results again
        command = [sys.executable, "-m", "tests.prove", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})
    given = parser().parse_args()
    given.minutes = given.minutes or (10 if given.faults is None else 5)
    sys.exit(main(given))
