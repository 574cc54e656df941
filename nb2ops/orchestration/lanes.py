"""Lanes: runs of one notebook, one after another in one supervisor process.

What a run needs before its first cell, a supervisor with papermill and a fork server with the notebook's imports, costs
two to four CPU-seconds. Runs that follow each other in a lane pay it once. Each of their kernels is a new process all
the same, and the working copy, the folders and the record of a run are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nb2ops.orchestration.options import new_run_id
from nb2ops.runtime.supervision import Preparation, Supervisor


class Lane:
    """Runs one after another.

    Attributes:
        marker: marks the processes of all of them.

    Example:
        lane = Lane()
        for values in ({"depth": 3}, {"depth": 4}):
            execute(bundle, values, replace(options, marker=lane.marker), on_event, lane=lane)
        lane.close()
    """

    def __init__(self) -> None:
        self.marker = new_run_id()
        self._supervisor: Supervisor | None = None

    def supervisor(self, preparation: Preparation) -> Supervisor:
        """Return the supervisor of the next run: the last one's, where that run completed, else a new one."""
        if self._supervisor is None or not self._supervisor.is_ready:
            self._supervisor = Supervisor.start(preparation, lasting=True)
        return self._supervisor

    def close(self) -> None:
        """End the supervisor."""
        if self._supervisor:
            self._supervisor.close()


class Lanes:
    """As many lanes as there are runs at once."""

    def __init__(self) -> None:
        self._all: list[Lane] = []
        self._free: list[Lane] = []

    @contextmanager
    def one(self) -> Iterator[Lane]:
        """Have a lane that no other run uses."""
        try:
            lane = self._free.pop()
        except IndexError:
            lane = Lane()
            self._all.append(lane)
        yield lane
        self._free.append(lane)

    def close(self) -> None:
        """End all supervisors."""
        for lane in self._all:
            lane.close()
