"""How a run shall happen: what is said on the command line or by a deployment, and not in the notebook.

`execute` hands the options to the flow through a context variable; a deployment hands them to the worker's flow
process through its environment.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from blake3 import blake3

from nb2ops.errors import UsageError
from nb2ops.orchestration.home import PRIVATE_FOLDER, home, private_folder
from nb2ops.runtime.addresses import address_of, is_address, opened
from nb2ops.runtime.supervision import Preparation, may_reuse

NOTEBOOK_VARIABLE = "NB2OPS_NOTEBOOK"
DIRECTORY_VARIABLE = "NB2OPS_DIRECTORY"
KERNEL_VARIABLE = "NB2OPS_KERNEL"
TIMEOUT_VARIABLE = "NB2OPS_TIMEOUT"
CELL_TIMEOUT_VARIABLE = "NB2OPS_CELL_TIMEOUT"
RUN_STORAGE_VARIABLE = "NB2OPS_RUN_STORAGE"
REPORT_VARIABLE = "NB2OPS_REPORT"
CACHE_VARIABLE = "NB2OPS_CACHE"
CACHE_SIZE_VARIABLE = "NB2OPS_CACHE_SIZE"
ON, OFF = "on", "off"
STORE = ".nb2ops"
RUNS = "runs"
LOG_SECONDS = 0.5  # between two deliveries of log lines to Prefect


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run; None leaves the choice to nb2ops.

    Attributes:
        run: the run's id; None for a new one.
        notebook: the source notebook, for the history and as the place of the run's folder.
        output: folder that gets the executed notebook and the record besides.
        folder: the run's own folder; else a new one under `.nb2ops/runs` beside the notebook, or in the user's data
            folder where that cannot be written.
        directory: working directory of the kernels; else the notebook's folder.
        kernel: name of the kernelspec; else the notebook's.
        timeout: seconds for the whole run.
        cell_timeout: seconds for each cell.
        selection: names of the steps to run; None runs all.
        hash_seed: `PYTHONHASHSEED` of the kernels; else one of the run's own.
        temporary: the kernels' folder for temporary files; else one of the run's own.
        jobs: how many steps run at once; as many as there are processors, two at least, where it is None.
        storage: address of a folder that gets the run's record, executed notebook and hand-over files besides.
        report: whether a report is written into the run's folder when it ends.
        cache: whether earlier results of steps may stand in and new ones are kept: "on" for a folder beside the
            notebook, the folder, or the address of a team's store that stands behind it; None: neither.
        forced: earlier results are not used, though new ones are kept.
        resumed: folder of an earlier run whose completed steps need not run again.
        anew: names of steps that run whatever that run or the cache has of them.
        cause: why there is a run, where Prefect cannot tell: see `nb2ops.orchestration.labels`.
        injected: parameters that the notebook is given also where their value is its own default.
        tags: what the flow run is found by in Prefect besides.
        marker: marks the processes of the runs that share a lane; else the run's id.
    """

    run: str | None = None
    notebook: Path | None = None
    output: Path | None = None
    folder: Path | None = None
    directory: Path | None = None
    kernel: str | None = None
    timeout: float | None = None
    cell_timeout: float | None = None
    selection: tuple[str, ...] | None = None
    hash_seed: str | None = None
    temporary: Path | None = None
    jobs: int | None = None
    storage: str | None = None
    report: bool | None = None
    cache: str | None = None
    forced: bool = False
    resumed: Path | None = None
    anew: tuple[str, ...] = ()
    cause: str | None = None
    injected: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    marker: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> RunOptions:
        """Return the options that a deployment gave to its flow process."""
        return cls(
            notebook=_path(environment.get(NOTEBOOK_VARIABLE)),
            directory=_path(environment.get(DIRECTORY_VARIABLE)),
            kernel=environment.get(KERNEL_VARIABLE),
            timeout=_seconds(environment.get(TIMEOUT_VARIABLE)),
            cell_timeout=_seconds(environment.get(CELL_TIMEOUT_VARIABLE)),
            storage=environment.get(RUN_STORAGE_VARIABLE),
            report=_answer(environment.get(REPORT_VARIABLE)),
            cache=kept_at(environment=environment, usual=OFF),
        )

    @property
    def environment(self) -> dict[str, str]:
        """What `from_environment` reads; the options that belong to a single run are left out."""
        said = {
            NOTEBOOK_VARIABLE: self.notebook,
            DIRECTORY_VARIABLE: self.directory,
            KERNEL_VARIABLE: self.kernel,
            TIMEOUT_VARIABLE: self.timeout,
            CELL_TIMEOUT_VARIABLE: self.cell_timeout,
            RUN_STORAGE_VARIABLE: self.storage,
            REPORT_VARIABLE: self.report,
            CACHE_VARIABLE: self.cache,
        }
        return {name: str(value) for name, value in said.items() if value is not None}

    @property
    def working_directory(self) -> Path:
        """Where the kernels work."""
        return self.directory or self._beside

    def prepared(self, bundle: Path) -> tuple[RunOptions, Preparation]:
        """Return the options of a run that has its id, and what can be prepared for it before Prefect is loaded."""
        run, seed = self.run or new_run_id(), self.hash_seed
        if seed is None and self.cache is not None:
            seed = _lasting_seed(self.notebook or bundle)
        marker = self.marker or run
        preparation = Preparation(
            marker=marker,
            bundle=bundle,
            directory=self.working_directory,
            kernel=self.kernel,
            hash_seed=seed,
            temporary=self.temporary,
            reuses=may_reuse(self.cache, self.resumed, forced=self.forced),
            cache=self.cache_folder,
            source=self.notebook,
        )
        return replace(self, run=run, hash_seed=seed), preparation

    @property
    def cache_folder(self) -> Path | None:
        """Where results of steps are, None where none are used or kept."""
        if self.cache is None:
            return None
        is_usual = self.cache == ON or is_address(self.cache)
        return store(self._beside) / "cache" if is_usual else Path(self.cache).absolute()

    @property
    def cache_team(self) -> str | None:
        """Where results are that others use too, None where there is no such place."""
        return self.cache if self.cache is not None and is_address(self.cache) else None

    def run_folder(self, run: str) -> Path:
        """Return the run's own folder, made."""
        folder = self.folder or store(self._beside) / RUNS / run
        folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        return folder

    @property
    def _beside(self) -> Path:
        return self.notebook.absolute().parent if self.notebook else Path.cwd()


def kept_at(wanted: bool | None = None, environment: Mapping[str, str] = os.environ, usual: str = ON) -> str | None:
    """Return where a run keeps the results of its steps, as `RunOptions.cache`; None where nowhere.

    Args:
        wanted: whether it shall keep them; None leaves that to the environment.
        environment: `NB2OPS_CACHE` is "on", "off", a folder, or the address of a team's store.
        usual: what it is where it is not set.

    Raises:
        UsageError: nothing can open such an address.
    """
    said = environment.get(CACHE_VARIABLE) or usual
    if wanted is False or (wanted is None and said == OFF):
        return None
    if is_address(said):
        with opened(said):
            return address_of(said)
    return ON if said == OFF else said


def cache_limit(environment: Mapping[str, str] = os.environ) -> int | None:
    """Return how many bytes a cache may take, None where nobody says.

    Raises:
        UsageError: `NB2OPS_CACHE_SIZE` is no size.
    """
    from nb2ops.compiler.tags import size as size_of

    said = environment.get(CACHE_SIZE_VARIABLE)
    size = size_of(said) if said else None
    if said and not size:
        raise UsageError(f"{CACHE_SIZE_VARIABLE}={said}: is no size. Write it like 500M or 20G.")
    return size


def _lasting_seed(notebook: Path) -> str:
    """Return the hash seed of all runs of a notebook that share results: what depends on it is then the same."""
    return str(int.from_bytes(blake3(notebook.name.encode()).digest(4), "big"))


def new_run_id() -> str:
    """Return a name for a run: unique, and sorted by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def store(place: Path) -> Path:
    """Return the folder of nb2ops at `place`, or the user's own where it cannot be written.

    Where it was missing it is made for its owner alone, as what notebooks print may be confidential; git ignores it.
    """
    folder = place / STORE
    try:
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError:
        return private_folder(home() / "notebooks")
    return folder


def own_folder(text: str | None) -> Path | None:
    """Return a run's folder where it is one of nb2ops: what Prefect says is no reason to read any other place."""
    path = Path(text) if text else None
    if path is None or path.parent.name != RUNS or path.is_symlink() or not path.is_dir():
        return None
    place = path.parent.parent
    return path if place.name == STORE or place == home() / "notebooks" else None


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _answer(text: str | None) -> bool | None:
    return text == str(True) if text else None


def _seconds(text: str | None) -> float | None:
    return float(text) if text else None
