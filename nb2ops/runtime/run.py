"""A run inside the supervisor: which steps may start, how it is stopped, what remains of it."""

from __future__ import annotations

import asyncio
import getpass
import platform
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nb2ops
from nb2ops.errors import UsageError
from nb2ops.inkernel.masking import Mask
from nb2ops.model import Failure, Joined, Json, Parameter, Pipeline, RunResult, Step, StepResult, StepState
from nb2ops.parameter_types import typed
from nb2ops.runtime import files, processes, record, stitching
from nb2ops.runtime.caching.resuming import Earlier
from nb2ops.runtime.caching.reuse import Place, Reuse
from nb2ops.runtime.caching.store import LIMIT, Store
from nb2ops.runtime.caching.team import Team
from nb2ops.runtime.conversation import dismiss
from nb2ops.runtime.events import EventLog, OnEvent
from nb2ops.runtime.ground import Ground
from nb2ops.runtime.handover import pack_key
from nb2ops.runtime.kernels import KernelSpec
from nb2ops.runtime.provenance import Provenance
from nb2ops.runtime.sharing import Arrival, Separated, SharedKernel, Sharing
from nb2ops.runtime.steps import Setting, StepRun, prompt_number
from nb2ops.runtime.supervision import RunPlan
from nb2ops.wire import encode

LEAVING = 5.0
"""Seconds that kernels have to leave by themselves after their last cell."""
_NEVER_AGAIN = {StepState.REJECTED, StepState.CANCELLED}


class Run:
    """One run.

    Args:
        plan: what to run.
        ground: what it stands on; `close` clears it, or leaves it to the next run.
        on_event: gets every event.

    Attributes:
        mask: hides the run's secrets.
        leaves_ground: whether it has ended and left its ground to the next run.

    Raises:
        UsageError: a folder or a parameter is not usable; nothing was written.
    """

    def __init__(self, plan: RunPlan, ground: Ground, on_event: OnEvent) -> None:
        self.plan, self.ground = plan, ground
        self.pipeline = ground.pipeline
        self.leaves_ground = False
        values = given_values(self.pipeline, plan)
        _check_folders(plan, self.pipeline.notebook)
        jobs = plan.jobs or processes.usual_jobs()
        self.mask = Mask(plan.secrets.values())
        self._events = EventLog(plan.folder, on_event, self.mask)
        self._provenance = Provenance(self._events)
        self._values = values
        self._reuse = _reuse(plan, ground, values, self._events)
        self._setting = Setting(
            pipeline=self.pipeline,
            bundle=plan.bundle,
            folder=plan.folder,
            scratch=ground.scratch,
            spec=ground.spec,
            values=values,
            key=pack_key(plan.signing_key),
            cell_timeout=plan.cell_timeout,
            events=self._events,
            provenance=self._provenance,
            take_kernel=ground.supply.take,
            enter=self._enter,
            leave=self._leave,
            reasons=self._reasons,
            reuse=self._reuse,
            secrets=plan.secrets,
            mask=self.mask,
        )
        self._sharing = Sharing(self.pipeline, plan.selection)
        self._free = threading.BoundedSemaphore(jobs)
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._running: list[StepRun] = []
        self._results: dict[str, StepResult] = {}
        self._attempts: dict[str, int] = {}
        self._exited = False
        self._verdict: Failure | None = None
        self._events.emit("run-started", **describe(plan, self.pipeline, ground.spec, ground.seed))
        ground.supply.expect(plan.selection, jobs)
        self._timer = self._limit(plan.timeout)

    def run_step(self, name: str) -> StepResult:
        """Run a step and return how it ended; one that may not start any more is NOT_RUN.

        As many steps run at once as `RunPlan.jobs` says; others wait for their turn. Those that run in one kernel wait
        for each other.
        """
        step = self.pipeline.step(name)
        with self._idle:
            self._idle.wait_for(lambda: not self._may_start(step) or not self._sharing.must_wait(step))
        with self._free:
            return self._run_step(step)

    def _run_step(self, step: Step) -> StepResult:
        with self._lock:
            if not self._may_start(step):
                return self._results.get(step.name) or StepResult(step.name, StepState.NOT_RUN)
            attempt = self._attempts[step.name] = self._attempts.get(step.name, 0) + 1
            self._results.pop(step.name, None)  # an earlier try's, which is no verdict any more
        counts = [prompt_number(self.pipeline, self._values, cell.cell) for cell in step.cells]
        earlier = self._reuse.stand_in(step, attempt, counts)
        self.ground.supply.expect_no_more(step)
        return self._note(earlier) if earlier else self._execute(step)

    def _execute(self, step: Step) -> StepResult:
        with self._lock:
            if not self._may_start(step):
                return StepResult(step.name, StepState.NOT_RUN)
            step_run = self._make_step_run(step)
            self._running.append(step_run)
        try:
            return self._note(step_run.execute(), exited=step_run.exited)
        finally:
            with self._lock:
                self._running.remove(step_run)
                self._idle.notify_all()

    def _make_step_run(self, step: Step) -> StepRun:
        attempt = self._attempts[step.name]
        try:
            return StepRun(self._setting, step, attempt, self._sharing.assign(step))
        except Separated as problem:
            step_run = StepRun(self._setting, step, attempt, SharedKernel())
            step_run.stop(Failure(StepState.FAILED, str(problem), step.name, step.cells[0].cell))
            return step_run

    def _enter(self, step: Step) -> Arrival:
        with self._lock:
            return self._sharing.enter(step)

    def _leave(self, step: Step, staying: Mapping[str, str]) -> bool:
        with self._lock:
            self._sharing.note(step, staying)
            return not self._is_over() and self._sharing.keep_after(step)

    def _reasons(self, step: Step) -> Joined:
        with self._lock:
            return self._sharing.reasons(step)

    def stop(self, failure: Failure) -> None:
        """End every process of the run within 5 seconds; the first reason to stop is the run's."""
        with self._lock:
            self._verdict = self._verdict or failure
            for step_run in self._running:
                step_run.stop(failure)
            self._idle.notify_all()
        kernels = self.ground.kernels
        self.ground.supply.stop()
        processes.interrupt(kernel.pid for kernel in kernels.live())
        processes.wait_until(lambda: not kernels.live(), processes.INTERRUPT_GRACE)
        self.ground.end()

    def close(self, *, stays: bool = False) -> RunResult:
        """Wait for what runs, end what is left, write notebook and record, and return the result.

        Args:
            stays: whether the ground is left to the next run, where this one completes.
        """
        with self._idle:
            self._idle.wait_for(lambda: not self._running)
        if self._timer:
            self._timer.cancel()
        self._dismiss_kept()
        stays = stays and self._failure() is None
        self._end_kernels(stays=stays)
        self._provenance.close(wait=self._verdict is None)
        unused = self._reuse.close()
        notebook, warnings = self._write_notebook()
        warnings += unused
        if self._events.problem:
            warnings.append(f"Not all events could be written: {self._events.problem}")
        failure = self._failure()
        state = failure.kind if failure else StepState.COMPLETED
        self._events.emit(
            "run-finished",
            state=state,
            failure=encode(failure) if failure else None,
            notebook=str(notebook) if notebook else None,
            warnings=warnings,
        )
        self._events.close()
        if not stays:
            self.ground.clear()
        self.leaves_ground = stays
        return self._write_record()

    def _end_kernels(self, *, stays: bool) -> None:
        supply, kernels = self.ground.supply, self.ground.kernels
        (supply.rest if stays else supply.stop)()
        processes.wait_until(lambda: not kernels.live(), LEAVING)
        (self.ground.rest if stays else self.ground.end)()
        processes.wait_until(lambda: not kernels.live(), LEAVING)  # their ends are events

    def _dismiss_kept(self) -> None:
        """Let kernels go that were kept for steps that did not run."""
        for shared in self._sharing.kept():
            if shared.kernel and not shared.kernel.ended.is_set():
                asyncio.run(dismiss(shared.kernel, LEAVING))

    def _note(self, result: StepResult, *, exited: bool = False) -> StepResult:
        with self._idle:
            self._results.pop(result.step, None)  # so that the order is that of the ends
            self._results[result.step] = result
            self._exited |= exited
            if result.state is StepState.COMPLETED or self._is_final(result):
                self._sharing.settle(self.pipeline.step(result.step))
            self._idle.notify_all()
        return result

    def _may_start(self, step: Step) -> bool:
        selected = self.plan.selection is None or step.name in self.plan.selection
        return selected and not self._is_over()

    def _is_over(self) -> bool:
        return bool(self._verdict or self._exited or any(self._is_final(each) for each in self._results.values()))

    def _is_final(self, result: StepResult) -> bool:
        """Whether a step failed and is not tried again."""
        if result.failure is None:
            return False
        tries = 1 + (self.pipeline.step(result.step).modifiers.retries or 0) * result.repeatable
        return result.state in _NEVER_AGAIN or self._attempts[result.step] >= tries

    def _failure(self) -> Failure | None:
        """The reason to stop, at the place where it was felt; else the first failure."""
        found = [each.failure for each in self._results.values() if each.failure]
        if self._verdict is None:
            return next(iter(found), None)
        felt = (each for each in found if each.kind is self._verdict.kind and each.cell)
        return next(felt, self._verdict)

    def _limit(self, seconds: float | None) -> threading.Timer | None:
        if not seconds:
            return None
        failure = Failure(StepState.TIMED_OUT, f"the run took longer than {seconds:g} s")
        timer = threading.Timer(seconds, lambda: self.stop(failure))
        timer.daemon = True
        timer.start()
        return timer

    def _write_notebook(self) -> tuple[Path | None, list[str]]:
        """Write the executed notebook and return its path, with what could not be done."""
        try:
            notebook = stitching.write_stitched(self.plan.bundle, self.pipeline, self.plan.folder)
        except OSError as error:
            return None, [f"The executed notebook could not be written: {error}"]
        if self.plan.output is None:
            return notebook, []
        return _copy(notebook, self.plan.output)

    def _write_record(self) -> RunResult:
        folded = record.fold(self._events.entries)
        path = self.plan.folder / record.RECORD
        try:
            record.write(folded, path)
        except OSError as error:
            result = record.result_of(folded, None)
            return replace(result, warnings=(*result.warnings, f"The record could not be written: {error}"))
        if self.plan.output:
            path, _ = _copy(path, self.plan.output)
        return record.result_of(folded, path)


def _copy(path: Path, output: Path) -> tuple[Path, list[str]]:
    try:
        files.copy(path, output / path.name)
    except OSError as error:
        return path, [f"{path.name} could not be copied to {output}: {error}"]
    return output / path.name, []


def _check_folders(plan: RunPlan, notebook: str) -> None:
    if not plan.directory.is_dir():
        raise UsageError(f"Working directory {plan.directory}: there is no such folder.")
    for folder in (plan.output, plan.folder):
        if folder:
            _keep_sources(plan, folder / notebook)
            _make_writable(folder)


def _keep_sources(plan: RunPlan, executed: Path) -> None:
    sources = (plan.source, plan.bundle / executed.name)
    if executed.resolve() in {source.resolve() for source in sources if source}:
        raise UsageError(
            f"Folder {executed.parent}: the executed notebook would overwrite {executed.name} itself. "
            "Choose another folder."
        )


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(f"Folder {folder}: cannot be written to ({error.strerror}).") from error


def _reuse(plan: RunPlan, ground: Ground, values: Mapping[str, Any], events: EventLog) -> Reuse:
    place = Place(
        run=plan.run,
        notebook=str(plan.source or ground.pipeline.notebook),
        pipeline=ground.pipeline,
        bundle=plan.bundle,
        folder=plan.folder,
        scratch=ground.scratch,
        directory=plan.directory,
        spec=ground.spec,
        seed=ground.seed,
        values=values,
    )
    store = None
    if plan.cache is not None and plan.signing_key is not None:
        team = Team(plan.cache_team) if plan.cache_team else None
        store = Store(plan.cache, pack_key(plan.signing_key), plan.cache_limit or LIMIT, team)
    earlier = Earlier(plan.resumed) if plan.resumed else None
    return Reuse(place, events, store, looks=not plan.forced, anew=plan.anew, earlier=earlier)


def given_values(pipeline: Pipeline, plan: RunPlan) -> Mapping[str, Any]:
    """Return the parameters to inject, typed: given ones, secrets excepted.

    Raises:
        UsageError: a value does not fit its parameter.
    """
    return {
        parameter.name: typed(parameter, plan.parameters[parameter.name])
        for parameter in pipeline.parameters
        if plan.origins.get(parameter.name) == "given" and not parameter.secret
    }


def describe(plan: RunPlan, pipeline: Pipeline, spec: KernelSpec, hash_seed: str) -> Json:
    """Return the first event of a run: everything that the record says before a cell has run."""
    return {
        "nb2ops": nb2ops.__version__,
        "run": {
            "id": plan.run,
            "name": pipeline.name,
            "flow_run": plan.flow_run,
            "attempt": plan.attempt,
            "cause": plan.cause,
            "parent": plan.resumed.name if plan.resumed else None,
            "deployment": plan.deployment,
            "bundle": {"path": str(plan.bundle), "notebook": pipeline.notebook, "source": pipeline.digest},
            "user": _user(),
            "host": platform.node(),
        },
        "environment": {
            "interpreter": spec.interpreter,
            "kernelspec": spec.name,
            "language": spec.language,
            "language_version": None,
            "platform": platform.platform(),
            "hash_seed": hash_seed,
            "directory": str(plan.directory),
            "distributions": None,
        },
        "parameters": [_parameter(each, plan) for each in pipeline.parameters],
        "steps": [
            {
                "name": step.name,
                "cells": [{"cell": cell.cell, "index": cell.index, "id": cell.id} for cell in step.cells],
            }
            for step in pipeline.steps
        ],
    }


def _parameter(parameter: Parameter, plan: RunPlan) -> Json:
    value = plan.parameters.get(parameter.name, parameter.value)
    return {
        "name": parameter.name,
        "type": parameter.type,
        "value": None if parameter.secret else value,
        "secret": parameter.secret,
        "origin": plan.origins.get(parameter.name, "default"),
    }


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return None
