"""Worker processes, one per core: each has its own folder and forks the children that run programs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from tests.prove.cached import CachedSearch
from tests.prove.children import LIBRARIES, end_with_parent, names_libraries, prepare
from tests.prove.executor import Bench, Difference
from tests.prove.faults import CACHING, FAULTS
from tests.prove.partitions import as_tagged, by_heading, every
from tests.prove.programs import Program
from tests.prove.search import Counterexample, Example, Search, Tried, processor_time

SHRINKING = 60
"""Seconds for making a counterexample small."""

STRIDE, UNLIMITED = 10**4, 10**9
MEMORY = Path("/dev/shm")
"""A folder without a disk, where there is one."""


class Pool:
    """Workers that try programs.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._folder = Path(tempfile.mkdtemp(prefix="prove-", dir=MEMORY if MEMORY.is_dir() else None))
        self._executor = self._make(workers)

    def _make(
        self, workers: int, fault: str | None = None, libraries: Sequence[str] = LIBRARIES
    ) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, get_context("spawn"), _start, (self._folder, fault, libraries))

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)
        shutil.rmtree(self._folder)

    def differences(
        self, programs: list[Program], counts: list[int], orders: int
    ) -> Iterator[tuple[Program, list[Difference]]]:
        """Yield programs, those without libraries first, and where pipelines of them differ from the linear run."""
        light = [program for program in programs if not names_libraries(program.code)]
        heavy = [program for program in programs if names_libraries(program.code)]
        with self._make(self._workers, libraries=()) as without:
            yield from zip(light, without.map(_differences, light, repeat(counts), repeat(orders)), strict=True)
        yield from zip(heavy, self._executor.map(_differences, heavy, repeat(counts), repeat(orders)), strict=True)

    def search(
        self, seed: int, end: float, programs: int, seconds: float, *, cached: bool = False
    ) -> Iterator[tuple[Tried, Counterexample | None]]:
        """Yield what the workers tried, some seconds each time, until the end, and the counterexamples.

        Args:
            seed: of the first programs.
            end: on the clock `monotonic`.
            programs: how many at most.
            seconds: after which a worker reports.
            cached: programs are edited and run again and again with a cache.
        """
        pending: dict[Future[tuple[Tried, Counterexample | None]], int] = {}
        share = -(-programs // self._workers)
        while True:
            while len(pending) < self._workers and monotonic() < end - 1 and programs > 0:
                count = min(programs, share)
                left = min(seconds, end - monotonic())
                task = self._executor.submit(_search, seed, left, count, SHRINKING, cached=cached)
                pending[task] = count
                seed, programs = seed + STRIDE, programs - count
            if not pending:
                return
            for task in wait(pending, return_when=FIRST_COMPLETED).done:
                tried, found = task.result()
                programs += pending.pop(task) - tried.programs
                yield tried, found

    def search_faulty(self, name: str, seconds: float) -> tuple[Tried, Counterexample | None]:
        """Return what was tried with a fault seeded, and a program that differs because of it and for nothing else.

        Seconds are the processor's: a busy machine makes no fault harder to find.
        """
        tried, seed = Tried(), 0
        with self._make(1, name) as faulty:
            while tried.seconds < seconds:
                left = seconds - tried.seconds
                one, found = faulty.submit(
                    _search, seed, left, UNLIMITED, 0, processor_time, cached=name in CACHING
                ).result()
                tried += one
                if found is not None and not self._executor.submit(_differs, found.example, name in CACHING).result():
                    return tried, found
                seed += STRIDE
        return tried, None


class _Worker:
    """What one worker process has."""

    bench: Bench


def _start(folder: Path, fault: str | None, libraries: Sequence[str]) -> None:
    end_with_parent()
    place = folder / str(os.getpid()) / "place"
    prepare(place, libraries)
    if fault is not None:
        FAULTS[fault].seed()
    _Worker.bench = Bench(place)


def _differences(program: Program, counts: list[int] | None, orders: int) -> list[Difference]:
    """Try a program; as its own tags say where it has steps, or no counts are given."""
    if counts is None or program.has_steps():
        return _Worker.bench.differences(program, as_tagged, orders=orders)
    partitions = [every(count) for count in counts] + [by_heading] * bool(program.headings)
    return _Worker.bench.differences(program, *partitions, orders=orders)


def _search(
    seed: int,
    seconds: float,
    programs: int,
    shrink: float,
    clock: Callable[[], float] = monotonic,
    *,
    cached: bool = False,
) -> tuple[Tried, Counterexample | None]:
    search = _kind(cached)(_Worker.bench, seconds, programs, shrink, clock)
    found = search.run(seed)
    return search.tried, found


def _differs(example: Example, cached: bool) -> bool:
    """Try an example again."""
    return _kind(cached)(_Worker.bench, 0).difference(example) is not None


def _kind(cached: bool) -> type[Search]:
    return CachedSearch if cached else Search
