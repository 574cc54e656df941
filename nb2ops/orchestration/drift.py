"""Whether a notebook is still what was deployed. Nothing of it runs; what was read once is remembered."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nb2ops.errors import InvalidNotebook
from nb2ops.model import Json
from nb2ops.orchestration.labels import environment_of, notebook_of
from nb2ops.orchestration.ownership import read_origin


def is_changed(deployment: Json) -> bool | None:
    """Return whether the notebook of a deployment, as Prefect lists it, has changed since; None where it is not here.

    Outputs and execution counts do not matter.
    """
    notebook, origin = notebook_of(deployment), read_origin(environment_of(deployment))
    if notebook is None or origin is None:
        return None
    try:
        status = Path(notebook).stat()
        return _digest(notebook, status.st_mtime_ns, status.st_size) != origin.source
    except (OSError, InvalidNotebook):
        return None


@lru_cache(maxsize=1_000)
def _digest(notebook: str, _modified: int, _size: int) -> str:
    from nb2ops.compiler.compilation import source_digest
    from nb2ops.compiler.reading import read_notebook

    return source_digest(read_notebook(Path(notebook))[0])
