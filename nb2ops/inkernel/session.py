"""One step in a kernel: what the runtime calls, and with `shell` the only module that knows IPython."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from dataclasses import replace as replace_fields
from importlib import import_module
from json import dump
from json import load as load_json
from os import getpid, replace
from os import open as open_descriptor
from os.path import abspath, dirname, join
from typing import Any

from . import audit, confidential, contents, gates, handlers, metrics, modules, states, threads
from .definitions import drop
from .draws import Draws, seeded
from .grafting import graft
from .handover import STATE, Uncrossable, Written, missed, write
from .history import History, is_history
from .imports import imported_packages
from .pack import Pack
from .places import open_file

_INLINE = "matplotlib_inline.backend_inline"
_RANDOM = "random"
_MODULE_NAME = re.compile(r"__(name|doc|package|loader|spec|file|builtins?|annotations|annotate|session)__")

_ASIDE: dict[str, Any] = {}
"""Variables that were read for later steps of this kernel, together with what they share objects with."""


class Session:
    """What one step loads, observes and hands over.

    Args:
        job: see the contract in `begin`.
        shell: the running IPython shell.
    """

    def __init__(self, job: Mapping[str, Any], shell: Any) -> None:
        self._job = job
        self._shell = shell
        self._history = History(shell)
        self._key = bytes.fromhex(job["key"])
        self._secrets = job.get("secrets")
        self._metrics: list[dict[str, Any]] = []
        self._gates: list[dict[str, Any]] = []
        self._watch: _GateWatch | None = None
        self._attribution = threads.Attribution((sys.stdout, sys.stderr, shell.display_pub))
        self._draws = Draws()
        self._digests: dict[str, str] = {}
        self.seen = audit.Observations(tuple(join(folder, "") for folder in self._own_folders()))

    def _own_folders(self) -> set[str]:
        paths = [self._job["report"], self._job["saves"]["path"], *(load["path"] for load in self._job["loads"])]
        cell = self._shell.compile.get_code_name("", "", 0)  # a file that only linecache knows
        return {dirname(abspath(path)) for path in [*paths, cell]}

    def begin(self) -> None:
        """Load variables and states, and set the prompt number."""
        _finish_preloading()
        namespace, again = self._shell.user_ns, self._job["again"]
        if not again:
            handlers.name_own()
            _keep_all_output(self._shell)
        if self._secrets:
            confidential.receive(self._secrets["pipe"])
        taken = [name for name in self._job["takes"] if name in _ASIDE]
        for name in (*self._job["drops"], *taken):
            drop(name, namespace)
        with ExitStack() as stack:
            packs = [
                (load, stack.enter_context(Pack(load["path"], self._key, load["left"]))) for load in self._job["loads"]
            ]
            for load, pack in packs:
                states.restore_early(pack.states(states.EARLY), load["state"], again=again)
            for load, pack in packs:
                states.restore_modules(pack.states(), load["state"])
                namespace.update(self._put_aside(self._history.take(_arriving(pack, load, namespace))))
                self._cells.update(pack.notes["cells"])
            _prepare_figures(any(pack.notes["inline"] for _, pack in packs))
            for load, pack in packs:
                states.restore_late(_lasting(pack, load), load["state"], again=again)
            known = [name for load, pack in packs if _RANDOM in load["state"] for name in pack.notes["seeded"]]
        namespace.update({name: _ASIDE.pop(name) for name in taken})
        self._draws.begin(known, self._job["generators"])
        self._count(self._job["execution_count"])
        audit.observe(self.seen)
        self._shell.events.register("pre_run_cell", self._note_cell)

    def _put_aside(self, arriving: dict[str, Any]) -> dict[str, Any]:
        """Keep for later steps what this one must not see, and would lose if it gave something else that name."""
        _ASIDE.update({name: arriving.pop(name) for name in self._job["aside"] if name in arriving})
        return arriving

    def _note_cell(self, _: Any) -> None:
        self._attribution.note()

    def _open(self, load: Mapping[str, Any]) -> Pack:
        return Pack(load["path"], self._key, load["left"])

    @property
    def _cells(self) -> dict[str, int]:
        """The prompt number of each cell by the file name of its code, from which tracebacks take "Cell In[3]"."""
        found: dict[str, int] = getattr(self._shell.compile, "_filename_map", {})
        return found

    def _count(self, number: int) -> None:
        """Give the next cell this prompt number; `In` gets empty entries for the cells that ran elsewhere."""
        self._shell.execution_count = number
        inputs = self._shell.history_manager.input_hist_parsed
        inputs.extend([""] * (number - len(inputs)))

    def before_cell(self, cell_id: str, count: int | None) -> None:
        """A cell is about to run."""
        self._attribution.restore()
        if count is not None:
            self._count(count)
        if cell_id in self._job["gates"]:
            self._watch = _GateWatch(self._shell, cell_id)
        self._draws.before()
        self.seen.cell_id = cell_id

    def after_cell(self, cell_id: str) -> None:
        """A cell has run, or failed."""
        self._attribution.restore()
        self._bind_secrets(cell_id)
        self.seen.settle()
        for source in self._draws.after(self._job["seeds"].get(cell_id, ()), self._shell.user_ns):
            self.seen.effect("random", source)
        self.seen.cell_id = None
        if self._watch is not None:
            self._watch.end()
            self._watch = None
        self._gates += [record.report() for record in gates.take_records()]
        names = self._job["metrics"].get(cell_id, ())
        self._metrics += metrics.read_metrics(names, self._shell.user_ns, cell_id)

    def _bind_secrets(self, cell_id: str) -> None:
        """Give the parameters that are secrets their values, as soon as the cell that declares them has run."""
        secrets = self._secrets
        if secrets and cell_id == secrets["cell"]:
            self._shell.user_ns.update({name: confidential.value_of(name) for name in secrets["names"]})

    def finish(self, save: bool) -> None:
        """Write the pack, if `save`, and the report."""
        self._attribution.restore()
        self._shell.events.unregister("pre_run_cell", self._note_cell)
        if self.seen.cell_id is not None:
            self.after_cell(self.seen.cell_id)
        written = self._save() if save else None
        _write_json(self._job["report"], confidential.mask().data(self._report(written)))

    def wait(self) -> None:
        """Wait for threads that the cells have started.

        Raises:
            TimeoutError: they go on for too long.
        """
        self._attribution.restore()
        threads.wait()

    def _save(self) -> Written:
        saves = self._job["saves"]
        captured, losses = states.capture_all(saves["state"])
        namespace = self._shell.user_ns
        own = user_names(namespace, self._shell.user_ns_hidden) if saves["everything"] else saves["names"]
        variables = {name: namespace[name] for name in own if name in namespace}
        variables.update(self._history.given(saves["names"]))
        notes = {"cells": self._cells, "inline": _INLINE in sys.modules, "seeded": sorted(self._draws.known)}
        if self._job["digests"] and not confidential.is_told():
            taken = {f"{STATE}{name}": state for name, state in captured.items()}
            if _RANDOM in captured:
                taken[STATE + _RANDOM] = seeded(captured[_RANDOM], self._draws.known)
            self._digests = contents.digests({**taken, **variables}, self._cells)
        written = write(saves["path"], variables, self._key, captured, notes)
        lost = tuple(missed(state, loss) for state, loss in losses)
        return replace_fields(written, uncrossable=(*written.uncrossable, *lost))

    def _report(self, written: Written | None) -> dict[str, Any]:
        entries = written.entries if written else ()
        uncrossable: tuple[Uncrossable, ...] = written.uncrossable if written else ()
        return {
            "variables": [
                {
                    "name": each.name,
                    "type": each.type,
                    "bytes": each.bytes,
                    "digest": self._digest(each.name, each.same),
                }
                for each in entries
                if each.kind == "variable"
            ],
            "states": {each.name: self._digest(STATE + each.name) for each in entries if each.kind == "state"},
            "pack": {"path": written.path, "status": written.status, "digest": written.digest} if written else None,
            "uncrossable": [asdict(each) for each in uncrossable],
            "secrets": list(written.secrets) if written else [],
            "metrics": self._metrics,
            "gates": self._gates,
            "files": self.seen.files,
            "effects": self.seen.effects,
            "places": self.seen.places,
            "once": self.seen.once,
            "packages": imported_packages(),
            "modules": modules.files(),
            "threads": [thread.name for thread in threads.busy()],
        }

    def _digest(self, name: str, same: str | None = None) -> str | None:
        """The content digest of a value, with what else in the run it is one object with."""
        digest = self._digests.get(name)
        return digest and (digest if same is None else f"{digest}={same}")


def _lasting(pack: Pack, load: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a pack's states; one of an earlier run brings no randomness that was not seeded, as each run has new."""
    found = pack.states()
    if load["reused"] and _RANDOM in found:
        return {**found, _RANDOM: seeded(found[_RANDOM], pack.notes["seeded"])}
    return found


def _arriving(pack: Pack, load: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that a step takes from a pack, those left out that its kernel has already."""
    names, held = load["names"], load["held"]
    found = pack.variables(names, beside=held if names else (), but=load["but"])
    arriving = {name: value for name, value in found.items() if name not in held}
    if not (names and held):
        return arriving
    return graft(arriving, {name: found[name] for name in held if name in found}, here)


def _keep_all_output(shell: Any) -> None:
    """Have the kernel's socket keep what is printed until it is read: ZeroMQ drops what is more than 1,000 messages."""
    thread = getattr(getattr(shell, "kernel", None), "iopub_thread", None)
    if thread is not None:
        thread.schedule(lambda: setattr(thread.socket, "sndhwm", 0))


def _finish_preloading() -> None:
    """Let the imports that a forked kernel was born with have all their effects (see `forkserver`)."""
    preloaded = sys.modules.pop("_nb2ops_preloaded", None)
    if preloaded is not None:
        preloaded.apply()


def _prepare_figures(shown_inline: bool) -> None:
    """Have IPython show figures that arrived as pictures, as it does where the backend was loaded."""
    if shown_inline and "matplotlib.figure" in sys.modules:
        import_module(_INLINE)


class _GateWatch:
    """Has the next cell's asserts recorded."""

    def __init__(self, shell: Any, cell_id: str) -> None:
        self._shell, self._cell_id = shell, cell_id
        self._transformer: gates.GateTransformer | None = None
        shell.events.register("pre_run_cell", self._start)

    def _start(self, info: Any) -> None:
        if self._transformer is None:
            self._transformer = gates.GateTransformer(self._cell_id, info.raw_cell)
            self._shell.ast_transformers.append(self._transformer)

    def end(self) -> None:
        """Leave the shell as it was."""
        self._shell.events.unregister("pre_run_cell", self._start)
        if self._transformer in self._shell.ast_transformers:
            self._shell.ast_transformers.remove(self._transformer)


def user_names(namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> list[str]:
    """Return the names that the notebook's code bound, without those of IPython."""
    absent = object()
    return [
        name
        for name, value in namespace.items()
        if not (is_history(name) or _MODULE_NAME.fullmatch(name)) and hidden.get(name, absent) is not value
    ]


def _write_json(path: str, content: Mapping[str, Any]) -> None:
    temporary = f"{path}.{getpid()}.tmp"
    with open_file(
        temporary, "w", encoding="utf-8", opener=lambda name, flags: open_descriptor(name, flags, 0o600)
    ) as file:
        dump(content, file)
    replace(temporary, path)


class _Current:
    session: Session


def begin(job_path: str) -> None:
    """Begin a step in this kernel.

    Args:
        job_path: a JSON file with `key`, `execution_count`, `again` (steps have run here before), `drops`,
            `loads`, `saves`, `gates`, `metrics`, `report`, `secrets` (null, or `pipe`, `names`, and the `cell` that
            declares them), `seeds` (cell -> generators that it seeds before anything else), `digests` (whether
            content digests of what is handed over are wanted), `generators` (those that the notebook's code may
            use).

    Raises:
        PackError: a pack is damaged, or a variable cannot be rebuilt here.
        Parted: variables that share an object were not read together.
    """
    with open_file(job_path, encoding="utf-8") as file:
        job = load_json(file)
    _Current.session = Session(job, sys.modules["IPython"].get_ipython())
    _Current.session.begin()


def before_cell(cell_id: str, count: int | None = None) -> None:
    """A cell is about to run; `count` is the prompt number that it shall get."""
    _Current.session.before_cell(cell_id, count)


def after_cell(cell_id: str) -> None:
    """A cell has run, or failed."""
    _Current.session.after_cell(cell_id)


def finish(save: bool = True) -> None:
    """End the step: write the report, and with `save` the pack."""
    _Current.session.finish(save)


def wait() -> None:
    """Wait for threads that the step's cells have started, after `finish`."""
    _Current.session.wait()
