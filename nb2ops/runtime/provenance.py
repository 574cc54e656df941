"""What a run read, wrote and imported: digests of files and versions of distributions, found out beside the run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blake3 import blake3

from nb2ops.model import Json
from nb2ops.runtime.distributions import versions
from nb2ops.runtime.events import EventLog


class Provenance:
    """Looks, in a thread of its own, at what the steps reported; each finding is an event `step-traced`.

    Args:
        events: gets the findings.
    """

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nb2ops-provenance")

    def trace(self, step: str, report: Json) -> None:
        """Look at what a step read, wrote and imported; returns at once."""
        if report:
            self._thread.submit(self._trace, step, report)

    def close(self, *, wait: bool) -> None:
        """Finish what was begun, with `wait` also what is waiting."""
        self._thread.shutdown(cancel_futures=not wait)

    def _trace(self, step: str, report: Json) -> None:
        digests = {(file["resolved"], file["mode"]): file_digest(file) for file in report["files"]}
        files = [{"resolved": path, "mode": mode, "digest": digest} for (path, mode), digest in digests.items()]
        self._events.emit("step-traced", step=step, files=files, distributions=versions(report["packages"]))


def file_digest(file: Json) -> str | None:
    """Return the digest of a file's content, None where it is no longer the file that the cell had open.

    Args:
        file: `resolved`, and the `size` in bytes and `mtime` in seconds that it had.
    """
    try:
        path = Path(file["resolved"])
        status = path.stat()
        if not path.is_file() or (status.st_size, status.st_mtime) != (file["size"], file["mtime"]):
            return None
        return blake3().update_mmap(path).hexdigest()
    except OSError:
        return None
