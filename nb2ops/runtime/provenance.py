"""What a run read, wrote and imported: digests of files and versions of distributions, found out beside the run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blake3 import blake3

from nb2ops.model import Json
from nb2ops.runtime.distributions import versions
from nb2ops.runtime.events import EventLog

Digests = dict[tuple[str, str], str | None]
"""(resolved path, "read" or "write") -> digest of a file; None where it is no longer what the cell had open."""
Then = Callable[[Digests, dict[str, str]], None]


def _nothing(_digests: Digests, _distributions: dict[str, str]) -> None:
    """There is nothing to do with what was found."""


class Provenance:
    """Looks, in a thread of its own, at what the steps reported; each finding is an event `step-traced`.

    Args:
        events: gets the findings.
    """

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nb2ops-provenance")

    def trace(self, step: str, report: Json, then: Then = _nothing) -> None:
        """Look at what a step read, wrote and imported; returns at once.

        Args:
            step: its name.
            report: what its kernel reported, empty where it reported nothing.
            then: given what was found, in the same thread.
        """
        self._thread.submit(self._trace, step, report, then)

    def close(self, *, wait: bool) -> None:
        """Finish what was begun, with `wait` also what is waiting."""
        self._thread.shutdown(cancel_futures=not wait)

    def _trace(self, step: str, report: Json, then: Then) -> None:
        digests = file_digests(report)
        distributions = versions(report.get("packages", {}))
        if report:
            self._events.emit("step-traced", step=step, **traced(digests, distributions))
        then(digests, distributions)


def traced(digests: Digests, distributions: dict[str, str]) -> Json:
    """Return what was found out as the event says it."""
    files = [{"resolved": path, "mode": mode, "digest": digest} for (path, mode), digest in digests.items()]
    return {"files": files, "distributions": distributions}


def file_digests(report: Json) -> Digests:
    """Return the digests of the files that the cells of a step had open.

    Of a file that several cells read there is a digest only if it was the same for all of them; of one that several
    wrote, it is that of the last.

    Args:
        report: what the step's kernel reported.
    """
    found: Digests = {}
    for file in report.get("files", ()):
        place, digest = (file["resolved"], file["mode"]), file_digest(file)
        was_another = place[1] == "read" and place in found and found[place] is None
        found[place] = None if was_another else digest
    return found


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
        return content_digest(path)
    except OSError:
        return None


def content_digest(path: Path | str) -> str | None:
    """Return the digest of a file as it is now, None where there is none that can be read."""
    try:
        return blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest()
    except OSError:
        return None
