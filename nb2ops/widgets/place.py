"""Which notebook a cell stands in, as far as front ends tell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nb2ops.errors import UsageError

VS_CODE = "__vsc_ipynb_file__"
"""The variable in which VS Code tells it."""
JUPYTER = "JPY_SESSION_NAME"
"""The environment variable in which Jupyter's server tells it."""


def own_notebook() -> Path:
    """Return the notebook whose kernel this is.

    Raises:
        UsageError: the front end does not tell it.
    """
    told = getattr(sys.modules["__main__"], VS_CODE, None) or os.environ.get(JUPYTER)
    for path in (Path(told), Path.cwd() / Path(told).name) if told else ():
        if path.suffix == ".ipynb" and path.is_file():
            return path
    raise UsageError('This front end does not tell which notebook this is. Write its path: nb2ops.ui("sales.ipynb")')
