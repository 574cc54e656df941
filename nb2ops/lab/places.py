"""Paths of the contents manager: to files inside its folder, and back. Nothing else can be named by a client."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from jupyter_server.utils import ensure_async

from nb2ops.errors import NotFound, UsageError
from nb2ops.lab.faults import InvalidRequest

if TYPE_CHECKING:
    from jupyter_server.services.contents.manager import ContentsManager

COLLABORATION = "RTC:"
"""The drive of notebooks that several people edit; its files are the contents manager's."""


class Places:
    """The folder of a contents manager.

    Args:
        contents: the server's own.
    """

    def __init__(self, contents: ContentsManager) -> None:
        self._contents = contents

    @property
    def root(self) -> Path:
        """The folder.

        Raises:
            UsageError: the server keeps notebooks elsewhere than in files.
        """
        root = getattr(self._contents, "root_dir", "")
        if not root:
            raise UsageError("This Jupyter server does not keep its notebooks in files, which nb2ops needs.")
        return Path(root).absolute()

    async def notebook(self, path: str) -> Path:
        """Return the notebook that a path of the contents manager names.

        Raises:
            InvalidRequest: the path leads out of the folder, or to no notebook.
            NotFound: there is none, or it is hidden and the server shows no hidden files.
        """
        found = await self.inside(path, "path")
        if found.suffix != ".ipynb":
            raise _refused("path", f"{path}: is not a notebook (.ipynb).")
        if not found.is_file():
            raise _missing("path", path)
        return found

    async def inside(self, path: str, field: str) -> Path:
        """Return where a path of the contents manager leads to, whether or not something is there.

        Args:
            path: relative, with `/`; collaboration's drive may stand before it.
            field: the part of the request, for the error.

        Raises:
            InvalidRequest: it leads out of the folder.
            NotFound: it is hidden and the server shows no hidden files.
        """
        relative = PurePosixPath(path.removeprefix(COLLABORATION))
        if relative.is_absolute() or ".." in relative.parts or not relative.parts or "\0" in path:
            raise _refused(field, f"{path!r}: a path below Jupyter's folder is needed.")
        found = self.root / relative
        real, root = (Path(os.path.realpath(each)) for each in (found, self.root))
        if not real.is_relative_to(root):
            raise _refused(field, f"{path}: leads out of Jupyter's folder.")
        for each in (relative, PurePosixPath(real.relative_to(root))):
            if not self._contents.allow_hidden and await self._is_hidden(each):
                raise _missing(field, path)
        return found

    async def _is_hidden(self, relative: PurePosixPath) -> bool:
        if any(part.startswith(".") for part in relative.parts):
            return True
        return bool(await ensure_async(self._contents.is_hidden(str(relative))))  # type: ignore[no-untyped-call]

    def path_of(self, file: str | None) -> str | None:
        """Return the path by which the contents manager knows a file, None where it lies elsewhere."""
        if not file or not Path(file).is_absolute():
            return None
        for root in (self.root, Path(os.path.realpath(self.root))):
            if Path(file).is_relative_to(root):
                return Path(file).relative_to(root).as_posix()
        return None


def _refused(field: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, fields={field: message})


def _missing(field: str, path: str) -> NotFound:
    message = f"{path}: there is no such file."
    return NotFound(message, fields={field: message})
