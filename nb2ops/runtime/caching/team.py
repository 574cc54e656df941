"""A team's store of results, in anything that fsspec opens, behind the store on this machine.

It has the same layout, without notes and never cleared by nb2ops. Nothing in it is trusted more than what lies on this
machine: entries and files are proved by their keyed digests after they were brought.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from nb2ops.errors import UsageError
from nb2ops.runtime.addresses import address_of, opened


class Team:
    """Brings and sends files. What fails is no error: from then on nothing is brought or sent.

    Args:
        place: a folder's address.

    Attributes:
        trouble: what failed; None where nothing did.
    """

    def __init__(self, place: str) -> None:
        self.trouble: str | None = None
        self._address = address_of(place)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder; none where it is not there."""
        if self.trouble:
            return []
        try:
            with opened(f"{self._address}/{folder}") as (system, path):
                found = system.ls(path, detail=False, refresh=True) if system.exists(path) else []
                return [PurePosixPath(each).name for each in found]
        except UsageError as error:
            self.trouble = str(error)
        return []

    def bring(self, path: str, target: Path) -> None:
        """Copy a file to this machine.

        Raises:
            FileNotFoundError: it is not there, or cannot be had.
        """
        if self.trouble:
            raise FileNotFoundError(self.trouble)
        try:
            with opened(f"{self._address}/{path}") as (system, source):
                if not system.exists(source):
                    raise FileNotFoundError(f"{self._address}/{path} is gone")
                system.get_file(source, str(target))
        except UsageError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise error.__cause__ from None
            self.trouble = str(error)
            raise FileNotFoundError(self.trouble) from error

    def send(self, source: Path, path: str) -> None:
        """Copy a file there, unless one of its size is there already."""
        if self.trouble:
            return
        try:
            with opened(f"{self._address}/{path}") as (system, target):
                if system.exists(target) and system.size(target) == source.stat().st_size:
                    return
                system.makedirs(str(PurePosixPath(target).parent), exist_ok=True)
                system.put_file(str(source), target)
        except UsageError as error:
            self.trouble = str(error)
