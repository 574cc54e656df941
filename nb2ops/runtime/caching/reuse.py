"""Earlier results in one run: which step need not run, and why the others must; keeping what was computed."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nb2ops.inkernel.pack import status_of
from nb2ops.model import Json, Pipeline, Step, StepResult, StepState
from nb2ops.runtime import files, handover
from nb2ops.runtime.caching import conditions, key
from nb2ops.runtime.caching.resuming import FACTS, Earlier, Kept
from nb2ops.runtime.caching.store import Damaged, Entry, Store, noted
from nb2ops.runtime.events import EventLog
from nb2ops.runtime.kernels import KernelSpec
from nb2ops.runtime.provenance import Digests, traced
from nb2ops.wire import decode, encode

SCHEMA = "cache/1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is, as far as keys depend on it.

    Attributes:
        notebook: what notes about its steps are filed under.
        values: parameters that are injected, typed.
        seed: the random hash seed.
    """

    run: str
    notebook: str
    pipeline: Pipeline
    bundle: Path
    folder: Path
    scratch: Path
    directory: Path
    spec: KernelSpec
    seed: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class Found:
    """What was found out about a step before it runs.

    Attributes:
        parts: of its key; None where it has none.
        why: why it must run; empty where it need not.
        kept: what stands in for it.
    """

    parts: key.Parts | None = None
    why: tuple[str, ...] = ()
    kept: Kept | None = None


class Reuse:
    """Looks for earlier results of one run's steps, and keeps new ones.

    Args:
        place: the run.
        events: gets what is found, and tells what cells did.
        store: where results are; None: nothing is looked for or kept, keys are recorded all the same.
        looks: whether earlier results are used.
        anew: names of steps that run whatever there is of them.
        earlier: a run that this one resumes.
    """

    def __init__(
        self,
        place: Place,
        events: EventLog,
        store: Store | None,
        *,
        looks: bool = True,
        anew: Collection[str] = (),
        earlier: Earlier | None = None,
    ) -> None:
        self._place, self._events, self._store, self._looks = place, events, store, looks
        self._anew, self._earlier = anew, earlier
        self._began = time.time()
        self._found: dict[str, Found] = {}

    @property
    def wants_digests(self) -> bool:
        """Whether content digests are worth their time."""
        return self._store is not None

    @cached_property
    def generators(self) -> tuple[str, ...]:
        """The global random generators that the notebook's code may use."""
        folder = self._place.bundle
        texts = [path.read_text("utf-8") for path in (*folder.glob("steps/*.ipynb"), *folder.rglob("modules/**/*.py"))]
        return ("numpy", "random") if any(map(_RANDOM.search, texts)) else ("numpy",)

    def stand_in(self, step: Step, attempt: int, counts: Sequence[int]) -> StepResult | None:
        """Put an earlier result in a step's place and return it, None where the step must run.

        Args:
            step: a step that would start now: those before it have ended.
            attempt: which try it is; only the first looks.
            counts: the prompt numbers of its cells.
        """
        found = self._found[step.name] = self._look(step, counts)
        kept = found.kept
        if kept is None or attempt > 1:
            return None
        self._settle(step, kept.report)
        result = replace(kept.result, seconds=0.0, cached=kept.run)
        self._events.emit("step-started", step=step.name, attempt=attempt)
        self._events.emit("step-reused", step=step.name, run=kept.run, key=found.parts, cells=kept.cells)
        self._events.emit("step-finished", step=step.name, result=encode(result), report=kept.report)
        self._events.emit("step-traced", step=step.name, **kept.traced)
        return result

    def _settle(self, step: Step, report: Json) -> None:
        """Write a report as if the step had left it here; of the state that nobody has seeded nothing is taken over."""
        pack = handover.pack(self._place.folder, step.name)
        with pack.open("rb") as file:
            status = status_of(file.fileno())
        report |= {"pack": {**report["pack"], "path": str(pack), "status": status}, "reused": True}
        files.write_json(handover.report(self._place.folder, step.name), report, files.PRIVATE)

    def _look(self, step: Step, counts: Sequence[int]) -> Found:
        place = self._place
        if not place.spec.is_python:
            return Found(why=("its kernel is not one of Python",))
        try:
            parts = key.parts(
                place.pipeline,
                step,
                place.folder,
                sources=key.read_sources(place.bundle / "steps" / f"{step.name}.ipynb"),
                values=place.values if step == place.pipeline.parameters_step else {},
                spec=place.spec,
                directory=place.directory,
                seed=place.seed,
                counts=counts,
            )
        except (OSError, ValueError, KeyError, TypeError):  # a step before it left no report
            return Found(why=("a step before it left nothing to compare",))
        if step.name in self._anew:
            return Found(parts, (_TOLD,))
        resumed = self._resume(self._earlier, step, parts) if self._earlier else None
        if resumed and resumed.kept:
            return resumed
        doubts = self._doubts(step) or (resumed.why if resumed and not self._store else ())
        if doubts or self._store is None:
            return Found(parts, doubts or ("no results are kept",))
        if not self._looks:
            return Found(parts, (_TOLD,))
        return self._search(self._store, step, parts)

    def _resume(self, earlier: Earlier, step: Step, parts: key.Parts) -> Found:
        """Look at what the run that is resumed has left of a step."""
        obstacle = earlier.obstacle(step)
        if obstacle is None:
            changed = key.differences(earlier.keys(step) or {}, parts)
            if not changed:
                try:
                    return Found(parts, kept=earlier.take(step, self._place.folder))
                except (OSError, ValueError) as error:
                    changed = [f"what it left ({error})"]
            obstacle = "; ".join(f"{each} has changed" for each in changed)
        return Found(parts, (obstacle,))

    def _doubts(self, step: Step) -> tuple[str, ...]:
        """Why no earlier result of the step may be used, whatever its key."""
        if handover.secrets_of(self._place.pipeline, step, self._place.folder):
            return ("it knows a secret",)
        return lasting_doubts(self._place.pipeline, step)

    def _search(self, store: Store, step: Step, parts: key.Parts) -> Found:
        why: list[str] = []
        for entry in store.find(key.digest(parts)):
            if entry.body.get("schema") != SCHEMA:
                continue
            problem = conditions.changed(entry.body["conditions"])
            if problem is None:
                try:
                    return Found(parts, kept=self._take(store, entry, step))
                except (Damaged, OSError) as error:
                    problem = f"what was kept is damaged: {error}"
            why.append(problem)
        return Found(parts, tuple(dict.fromkeys(why)) or self._compare(store, step, parts))

    def _compare(self, store: Store, step: Step, parts: key.Parts) -> tuple[str, ...]:
        """What has changed since the step ran last."""
        last = last_note(store.folder, self._place.notebook, step)
        if last is None:
            return ("it has not run here before",)
        changed = tuple(f"{each} has changed" for each in key.differences(last["parts"], parts))
        return changed or tuple(last["why"]) or ("its result is no longer kept",)

    def _take(self, store: Store, entry: Entry, step: Step) -> Kept:
        """Put the files of an entry where the step would have left its own."""
        folder, body = self._place.folder, entry.body
        store.fetch(entry, "pack", handover.pack(folder, step.name), linked=True)
        for name in entry.files:
            if name.startswith("outputs/"):
                store.fetch(entry, name, folder / name)
        store.fetch(entry, "notebook", folder / "steps" / f"{step.name}.ipynb")
        result = decode(StepResult, body["result"])
        return Kept(body["run"], result, body["report"], body["cells"], body["traced"])

    def keep(
        self, step: Step, result: StepResult, report: Json, digests: Digests, distributions: dict[str, str]
    ) -> None:
        """Record a step's key and keep its result, if that may stand in for it later. Takes its time.

        Args:
            step: a step that has ended.
            result: how.
            report: what its kernel reported.
            digests: of the files that it had open.
            distributions: name -> version of what it imported.
        """
        found = self._found.get(step.name) or Found()
        why: tuple[str, ...] = ()
        if self._store is not None and result.state is StepState.COMPLETED and found.parts is not None:
            why = self._reasons_not_to(step, result, report)
            if not why:
                about = {"result": encode(result), "report": report, "traced": traced(digests, distributions)}
                why = self._put(self._store, step, found.parts, about, digests)
            with suppress(OSError):
                self._store.note(_topic(self._place.notebook, step), {"parts": dict(found.parts), "why": why})
        self._events.emit("step-keyed", step=step.name, key=found.parts, why=found.why, not_kept=why)

    def _reasons_not_to(self, step: Step, result: StepResult, report: Json) -> tuple[str, ...]:
        doubts = self._doubts(step)
        if doubts:
            return doubts
        if result.joined:
            return ("it ran in the kernel of another step",)
        if not report or report["pack"] is None:
            return ("its kernel reported nothing",)
        staying = [f'"{each["name"]}" {each["why"]}' for each in report["uncrossable"]]
        cells = {cell.id: cell.cell for cell in step.cells}
        effects = [
            f"cell {cells.get(each['cell_id'])}: {_EFFECTS.get(each['kind'], each['kind'])} {each['what']}"
            for each in report["effects"]
        ]
        once = [f"cell {cells.get(each['cell_id'])} {each['what']}, and cannot do so again" for each in report["once"]]
        secrets = ["it hands over a secret"] if report["secrets"] else []
        threads = ["threads went on after its last cell"] if report["threads"] else []
        scratch = str(self._place.scratch)
        temporary = [
            f"{_TEMPORARY} ({Path(path).name})"
            for path in [*(each["resolved"] for each in report["files"]), *(each["path"] for each in report["places"])]
            if path.startswith(scratch)
        ]
        return (*staying, *effects, *once, *secrets, *threads, *temporary, *conditions.module_doubts(report))

    def _put(self, store: Store, step: Step, parts: key.Parts, about: Json, digests: Digests) -> tuple[str, ...]:
        """Keep a result; return why that was not possible."""
        place = self._place
        notebook = place.folder / "steps" / f"{step.name}.ipynb"
        texts = {f"outputs/{path.name}": path for path in self._texts(step)}
        try:
            if str(place.scratch) in _without_code_names(notebook, place.scratch):
                return (_TEMPORARY,)
            known = conditions.conditions(about["report"], digests, place.directory, self._began)
            facts = {"cells": self._facts(step.name), "conditions": known}
            body = {"schema": SCHEMA, "run": place.run, "step": step.name, "parts": dict(parts), **about, **facts}
            named = {"pack": handover.pack(place.folder, step.name), "notebook": notebook, **texts}
            store.put(key.digest(parts), body, named, linked=("pack",))
        except conditions.Unrepeatable as error:
            return (str(error),)
        except OSError as error:
            return (f"it could not be kept: {error}",)
        return ()

    def _facts(self, step: str) -> list[Json]:
        """The events of a step's cells in its last try."""
        found: list[Json] = []
        for event in list(self._events.entries):
            if event.get("step") == step:
                found = [] if event["event"] == "step-started" else found
                found += [event] if event["event"] in FACTS else []
        return found

    def _texts(self, step: Step) -> list[Path]:
        names = [self._place.folder / "outputs" / f"cell-{cell.cell}.txt" for cell in step.cells]
        return [path for path in names if path.exists()]

    def close(self) -> list[str]:
        """Keep the store within its limit, and return what could not be done."""
        if self._store is None:
            return []
        self._store.prune()
        return [f"The team's cache could not be used: {self._store.trouble}"] if self._store.trouble else []


_RANDOM = re.compile(r"(?<![.\w])random\b")
_TEMPORARY = "it works in the run's temporary folder"
_TOLD = "it was told to run"
_EFFECTS = {
    "network": "network",
    "subprocess": "runs",
    "database": "database",
    "random": "draws from",
    "file": "changes",
    "search": "looks for",
}


def lasting_doubts(pipeline: Pipeline, step: Step) -> tuple[str, ...]:
    """Why no earlier result of a step may ever be used, as the notebook tells."""
    if not step.modifiers.cache:
        return ("the tag cache:off",)
    if any(step.name in group.steps for group in pipeline.joined):
        return ("it runs in one kernel with other steps",)
    return step.doubts


def last_note(cache: Path, notebook: str, step: Step) -> Json | None:
    """Return the note on a step's last run, None where there is none that can be read.

    Args:
        cache: the store's folder.
        notebook: what notes about its steps are filed under.
        step: the step.
    """
    found = noted(cache, _topic(notebook, step)) or {}
    return found if isinstance(found.get("parts"), dict) and isinstance(found.get("why"), list) else None


def _topic(notebook: str, step: Step) -> str:
    return f"{notebook}\0{step.name}"


def _without_code_names(notebook: Path, scratch: Path) -> str:
    """Return an executed notebook without the names under which IPython files the code of cells, as warnings show."""
    return notebook.read_text(encoding="utf-8").replace(f"{scratch}/tmp/ipykernel_", "")
