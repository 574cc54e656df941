"""A panel of plain ipywidgets inside a notebook: form, run, progress, history, for front ends without the sidebar.

It asks and shows from threads of its own: the kernel that shows it stays free.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from nb2ops.errors import UsageError

if TYPE_CHECKING:
    from nb2ops.widgets.panel import Panel


def ui(notebook: str | PathLike[str] | None = None) -> Panel:
    """Return a panel for a notebook: put it at the end of a cell. It works on the file as it was saved.

    Args:
        notebook: its path; without it the notebook that the cell stands in, where the front end tells it.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: the notebook is not known, or ipywidgets is not installed.

    Examples:
        >>> panel = nb2ops.ui("sales.ipynb")
        >>> panel.fields["rows"].value
        4
    """
    from nb2ops.widgets.place import own_notebook

    try:
        from nb2ops.widgets.panel import Panel
    except ModuleNotFoundError as error:
        raise UsageError(f"The panel needs {error.name}. Type: pip install ipywidgets") from error
    return Panel(own_notebook() if notebook is None else notebook)
