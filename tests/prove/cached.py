"""Runs versions of a program one after the other, with the cache that runs have, and without one.

Keys, conditions, store, digests and what kernels report are the real ones (`nb2ops.runtime.caching`,
`nb2ops.inkernel.session`); in place of kernels there are forked children. A cached run must show in each cell, and
leave in the folder, what a run from nothing does.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from hypothesis import strategies as st

from nb2ops.compiler.bundle import build_bundle, write_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import InvalidNotebook
from nb2ops.model import Pipeline, Step, StepResult, StepState
from nb2ops.runtime.caching.reuse import Place, Reuse
from nb2ops.runtime.caching.store import Store
from nb2ops.runtime.events import EventLog
from nb2ops.runtime.handover import report
from nb2ops.runtime.kernels import KernelSpec
from nb2ops.runtime.provenance import file_digests
from nb2ops.runtime.sharing import SharedKernel
from tests.notebooks import write_notebook
from tests.prove.children import Died, Shown
from tests.prove.editing import Edited, Version, edited
from tests.prove.executor import KEY, Bench, Difference, Run, different
from tests.prove.programs import Program
from tests.prove.search import Search

SPEC = KernelSpec("python3", "python", (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"))
Folder = dict[str, bytes | None]
"""Path -> content of what lies in a folder; None for a folder."""


@dataclass
class CachedRun(Run):
    """A run in which earlier results stand in.

    Attributes:
        reuse: knows them.
        may_fail: cells, by index, after whose exceptions the notebook goes on.
        hits: how many steps did not run.
    """

    reuse: Reuse | None = None
    may_fail: frozenset[int] = frozenset()
    hits: int = 0

    def execute(self, step: Step) -> dict[int, Shown]:
        """Take an earlier result for a step, else run it and keep what came of it."""
        assert self.reuse is not None
        if self.reuse.stand_in(step, 1, self.counts(step)) is None:
            return super().execute(step)
        self.hits += 1
        self.settle(step)
        return self._read(step)

    def perform(self, step: Step, shared: SharedKernel) -> dict[int, Shown]:
        """Run a step, and keep its result."""
        assert self.reuse is not None
        shown = super().perform(step, shared)
        self._write(step, shown)
        told = json.loads(report(self.folder, step.name).read_text())
        beside = os.getcwd()
        told["modules"] = {name: path for name, path in told["modules"].items() if path.startswith(beside)}
        failed = any(each.error and number not in self.may_fail for number, each in shown.items())
        state = StepState.FAILED if failed else StepState.COMPLETED
        result = StepResult(step.name, state, joined=tuple(shared.steps[:-1]))
        self.reuse.keep(step, result, told, file_digests(told), {})
        return shown

    def _notebook(self, step: Step) -> Path:
        return self.folder / "steps" / f"{step.name}.ipynb"

    def _write(self, step: Step, shown: dict[int, Shown]) -> None:
        self._notebook(step).parent.mkdir(exist_ok=True)
        self._notebook(step).write_text(json.dumps({str(number): asdict(each) for number, each in shown.items()}))

    def _read(self, step: Step) -> dict[int, Shown]:
        found = json.loads(self._notebook(step).read_text())
        return {int(number): Shown(**each) for number, each in found.items()}


@dataclass
class CachedBench:
    """Tries versions, beside a bench of whose folder the children's parent is in.

    Attributes:
        steps, hits: of all runs with a cache: how many steps there were, and how many did not run.
    """

    bench: Bench
    steps: int = 0
    hits: int = 0
    _runs: int = 0

    def difference(self, each: Edited) -> Difference | None:
        """Return where a version with a cache first gives something else than without."""
        store = Store(self._fresh("cache"), KEY * 2)
        self._put({})
        for number, version in enumerate(each.versions, 1):
            self._edit(version)
            found = self._try(version, store)
            if found is not None:
                return Difference(f"version {number} ({version.edit}), {found.where}", found.linear, found.pipeline)
        return None

    def _try(self, version: Version, store: Store) -> Difference | None:
        """Run one version; the folder is then as the run with the cache has left it."""
        pipeline = self._build(version.program)
        if pipeline is None:
            return None
        before = self._folder()
        wanted = self.bench.linear(version.program), self._folder()
        self._put(before)
        cached = self._cached(version.program, pipeline, store)
        if self._compare(version.program, wanted, cached) is None:
            return None
        left = self._folder()
        self._put(before)
        plain = self._plain(version.program, pipeline)
        found = self._compare(version.program, plain, cached)
        self._put(left)
        return found

    def _compare(
        self, program: Program, wanted: tuple[dict[int, Shown], Folder], cached: tuple[dict[int, Shown], Folder]
    ) -> Difference | None:
        for number in different(program, wanted[0], cached[0]):
            return Difference(f"cell {number + 1}", str(wanted[0][number]), str(cached[0].get(number)))
        complete = not any(each.error and not program.may_fail(number) for number, each in wanted[0].items())
        for path in sorted(wanted[1].keys() | cached[1].keys()) if complete else ():
            one, other = wanted[1].get(path, b"(nothing)"), cached[1].get(path, b"(nothing)")
            if one != other:
                return Difference(f"file {path}", str(one), str(other))
        return None

    def _cached(self, program: Program, pipeline: Pipeline, store: Store) -> tuple[dict[int, Shown], Folder]:
        folder = self.bench.make_folder()
        self._runs += 1
        place = Place(
            run=f"run{self._runs}",
            notebook="nb.ipynb",
            pipeline=pipeline,
            bundle=self._bundle,
            folder=folder,
            scratch=self._fresh("scratch"),
            directory=self.bench.folder,
            spec=SPEC,
            seed=os.environ.get("PYTHONHASHSEED", ""),
            values=program.values,
        )
        events = EventLog(folder, lambda event: None)
        reuse = Reuse(place, events, store)
        run = CachedRun(
            pipeline,
            folder,
            self.bench.kernel(program),
            program.values,
            {"digests": reuse.wants_digests, "generators": reuse.generators},
            reuse=reuse,
            may_fail=frozenset(number for number in range(len(program.cells)) if program.may_fail(number)),
        )
        shown = self._go(program, run)
        events.close()
        self.steps += len(run.done)
        self.hits += run.hits
        return shown, self._folder()

    def _plain(self, program: Program, pipeline: Pipeline) -> tuple[dict[int, Shown], Folder]:
        run = Run(pipeline, self.bench.make_folder(), self.bench.kernel(program), program.values)
        return self._go(program, run), self._folder()

    def _go(self, program: Program, run: Run) -> dict[int, Shown]:
        try:
            return self.bench.run_pipeline(program, run, last_first=False)
        except Died as error:
            return {-1: Shown("", str(error).strip().splitlines()[-1])}

    @property
    def _bundle(self) -> Path:
        return self.bench.folder.parent / "bundle"

    def _build(self, program: Program) -> Pipeline | None:
        """Build a program, None where it is refused; the notebook itself does not stay beside its files."""
        cells = [(" ".join(tags), source) for tags, source in zip(program.tags, program.cells, strict=True)]
        path = write_notebook(self.bench.folder / "nb.ipynb", *cells)
        try:
            bundle = build_bundle(compile_notebook(path), self.bench.folder)
        except InvalidNotebook:
            return None
        finally:
            path.unlink()
        write_bundle(bundle, self._fresh("bundle"))
        return bundle.pipeline

    def _fresh(self, name: str) -> Path:
        folder = self.bench.folder.parent / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _edit(self, version: Version) -> None:
        for name, text in version.files.items():
            path = self.bench.folder / name
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text, encoding="utf-8")

    def _folder(self) -> Folder:
        """What lies in the notebook's folder now."""
        return dict(_walk(self.bench.folder, self.bench.folder))

    def _put(self, wanted: Folder) -> None:
        """Bring the folder back to what it was; what is the same is not touched."""
        present = self._folder()
        for path in sorted(present, reverse=True):
            if path not in wanted:
                place = self.bench.folder / path
                place.rmdir() if present[path] is None else place.unlink()
        for path in sorted(wanted):
            content, place = wanted[path], self.bench.folder / path
            if content is None:
                place.mkdir(exist_ok=True)
            elif present.get(path) != content:
                place.write_bytes(content)


def _walk(folder: Path, root: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(folder.iterdir()):
        name = str(path.relative_to(root))
        if path.is_dir():
            yield name, None
            yield from _walk(path, root)
        else:
            yield name, path.read_bytes()


class CachedSearch(Search):
    """Generates programs with edits and tries them."""

    def examples(self) -> st.SearchStrategy[Edited]:
        """Programs that are edited."""
        return edited()

    def difference(self, each: Edited) -> Difference | None:
        """Return where a version with a cache first gives something else than without."""
        tries, found = CachedBench(self.bench), None
        with suppress(Died):  # top to bottom: nothing that a cache has to do with
            found = tries.difference(each)
        self.note(each.constructs, steps=tries.steps, hits=tries.hits)
        return found
