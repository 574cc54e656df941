"""Links from the panel to what a run left behind."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from nb2ops.pages.markup import text

EXECUTED = "nb2ops:open-executed-notebook"
REPORT = "nb2ops:open-report"
"""Commands of the sidebar; see labextension/src/commands.ts."""
LOOK = "color:var(--jp-content-link-color,#1565c0);text-decoration:underline"
"""Said in each link: JupyterLab takes the look of links away from widgets."""


def from_here(path: Path) -> Path:
    """Return a path as seen from the kernel's folder, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def link(path: Path, said: str, command: str, run: str) -> str:
    """Return a link to a file of a run; the text alone where the file is not below the kernel's folder.

    With the sidebar JupyterLab does the command, since its server shows no files in hidden folders; other front ends
    take the path, which is relative as that of IPython's `FileLink`.

    Args:
        path: the file.
        said: what the link reads.
        command: the sidebar's command that opens it.
        run: Prefect's id of the run.
    """
    seen = from_here(path)
    if seen.is_absolute():
        return f'<span title="{text(path)}">{text(said)}</span>'
    arguments = text(json.dumps({"id": run}))
    return (
        f'<a href="{text(quote(seen.as_posix()))}" title="{text(seen)}" target="_blank" style="{LOOK}" '
        f'data-commandlinker-command="{command}" data-commandlinker-args="{arguments}">{text(said)}</a>'
    )
