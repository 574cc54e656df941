"""Runs in a place that several machines reach, in anything that fsspec opens.

`URL/RUN/` gets `pipeline.json` when the run begins, `packs/STEP.pack` when a step ends, and when the run ends the
executed notebook and, last of all, `record.json`: where that is, the rest is. Steps themselves read the packs of the
run's own folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Self

from nb2ops.errors import UsageError
from nb2ops.model import Json, RunResult, StepState
from nb2ops.runtime.addresses import address_of, opened

PACKS = "packs"


def run_address(url: str, run: str) -> str:
    """Return where a run's files go.

    Example:
        >>> run_address("s3://models/runs/", "20261121T060000-1f2e3d4c")
        's3://models/runs/20261121T060000-1f2e3d4c'
    """
    return f"{address_of(url)}/{run}"


class RunStorage:
    """Brings the files of one run to their place while it goes on; what fails is a warning of the run.

    Args:
        address: the run's own folder there.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._sender = ThreadPoolExecutor(1, "nb2ops-storage")
        self._sent: list[Future[None]] = []

    @classmethod
    def begin(cls, address: str, bundle: Path) -> Self:
        """Return the storage of a run that is to begin, with a note of what it runs.

        Raises:
            UsageError: the place cannot be written.
        """
        _put(bundle / "pipeline.json", f"{address}/pipeline.json")
        return cls(address)

    def heard(self, event: Json) -> None:
        """Send what a step hands over, once it has ended."""
        pack = event["report"].get("pack") if event["event"] == "step-finished" else None
        if pack:
            self._send(Path(pack["path"]), f"{PACKS}/{Path(pack['path']).name}")

    def close(self, result: RunResult) -> RunResult:
        """Send notebook and record, wait until all is there, and return the result with what could not be sent.

        Of a run that was cancelled, hand-over files that are not on their way yet stay here.
        """
        if result.state is StepState.CANCELLED:
            for each in self._sent:
                each.cancel()
        for file in (result.notebook, result.record):
            if file:
                self._send(Path(file), Path(file).name)
        self._sender.shutdown()
        failures = [each.exception() for each in self._sent if not each.cancelled()]
        problems = tuple(f"Run storage: {each}" for each in failures if each)
        return replace(result, warnings=(*result.warnings, *problems))

    def _send(self, file: Path, name: str) -> None:
        self._sent.append(self._sender.submit(_put, file, f"{self._address}/{name}"))


@contextmanager
def pulled(address: str, name: str) -> Iterator[Path]:
    """Yield a copy of a run's file on this machine, which goes afterwards; what was mapped of it stays mapped.

    Args:
        address: the run's own folder.
        name: the file's path in it.

    Raises:
        UsageError: it is not there, or cannot be read.
    """
    with TemporaryDirectory(prefix="nb2ops-") as folder:
        copy = Path(folder) / PurePosixPath(name).name
        with opened(f"{address_of(address)}/{name}") as (system, path):
            if not system.exists(path):
                raise UsageError(f"{address}: there is no {name}. Name the folder of a run that has ended.")
            system.get_file(path, str(copy))
        yield copy


def _put(file: Path, address: str) -> None:
    with opened(address) as (system, path):
        system.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
        system.put_file(str(file), path)
