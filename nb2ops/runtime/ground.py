"""What a run stands on before its plan is known: the pipeline, a scratch folder, one environment, kernels."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nb2ops.model import Pipeline
from nb2ops.runtime import processes
from nb2ops.runtime.kernels import Kernels, KernelSpec, find_kernel, hash_seed, kernel_environment
from nb2ops.runtime.supervision import Preparation
from nb2ops.runtime.supply import Perform, Supply
from nb2ops.wire import read_pipeline

_SOCKET_ROOM = 60
"""Characters that the path of a scratch folder may have: socket paths end at about 100."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a run stands on, or several runs of one bundle, one after another.

    Attributes:
        preparation: what it was laid for.
        scratch: a private folder for sockets and temporary files.
        seed: the random hash seed that all kernels share.
        kernels: the kernels of the run.
        supply: gives each step its kernel.
    """

    preparation: Preparation
    pipeline: Pipeline
    spec: KernelSpec
    scratch: Path
    seed: str
    kernels: Kernels
    supply: Supply

    @classmethod
    def lay(cls, preparation: Preparation, perform: Perform) -> Self:
        """Find the kernel and start what forks kernels. Call it from the main thread.

        Raises:
            UsageError: the bundle or the kernel is not usable.
        """
        pipeline = read_pipeline(preparation.bundle)
        spec = find_kernel(preparation.kernel or pipeline.kernel, pipeline.language)
        scratch, seed = make_scratch(), preparation.hash_seed or hash_seed()
        temporary = preparation.temporary or scratch / "tmp"
        modules = modules_of(preparation.bundle, preparation.directory)
        kernels = Kernels(scratch, kernel_environment(os.environ, preparation.marker, temporary, seed, modules))
        likely = () if preparation.reuses else None
        supply = Supply(pipeline, spec, kernels, preparation.directory, scratch, perform, likely)
        if preparation.cache is not None and preparation.reuses:
            supply.foresee(_likely(preparation, preparation.cache, pipeline, spec, seed))
        return cls(preparation, pipeline, spec, scratch, seed, kernels, supply)

    def end(self) -> None:
        """End every process within a few seconds; what kernels are given to clean up, the fork server waits for."""
        self.supply.stop()
        self._end_kernels()
        self.supply.close()
        processes.end(processes.descendants)

    def _end_kernels(self) -> None:
        processes.end(lambda: [each for each in processes.descendants() if each.pid not in self.supply.servers])

    def rest(self) -> None:
        """End every process but the fork servers, which serve the next run, and leave it an empty scratch folder."""
        self.supply.rest()
        self._end_kernels()
        for each in self.scratch.iterdir():
            if each.is_dir():
                shutil.rmtree(each, ignore_errors=True)
            elif each not in self.supply.logs:
                each.unlink()
        (self.scratch / "tmp").mkdir(exist_ok=True)

    def clear(self) -> None:
        """Remove the scratch folder."""
        shutil.rmtree(self.scratch, ignore_errors=True)


def _likely(preparation: Preparation, cache: Path, pipeline: Pipeline, spec: KernelSpec, seed: str) -> Collection[str]:
    """The steps that will run, as far as can be told. The fork server is on its way meanwhile."""
    from nb2ops.runtime.caching.foreseeing import foresee

    notebook = str(preparation.source or pipeline.notebook)
    return foresee(pipeline, preparation.bundle, notebook, cache, spec, preparation.directory, seed)


def make_scratch() -> Path:
    """Make a private folder whose path is short enough for sockets."""
    short = len(tempfile.gettempdir()) < _SOCKET_ROOM
    scratch = Path(tempfile.mkdtemp(prefix="nb2ops-", dir=None if short else "/tmp"))
    (scratch / "tmp").mkdir()
    return scratch


def modules_of(bundle: Path, directory: Path) -> Path | None:
    """Return the bundle's folder of local modules, None where the working directory holds the very same ones."""
    folder = bundle / "modules"
    files = [path for path in folder.rglob("*") if path.is_file()]
    there = [directory / path.relative_to(folder) for path in files]
    same = all(
        here.is_file() and here.read_bytes() == path.read_bytes() for path, here in zip(files, there, strict=True)
    )
    return None if same else folder
