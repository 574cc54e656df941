"""Displays that a later cell rewrites: `handle.update(...)`, `update_display(...)`, `display(..., display_id="x")`.

Within a step papermill rewrites them. A step notes in its notebook which displays it shows and which it rewrites;
`rewrite` does so in the steps before it when the executed notebook is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nb2ops.model import Json

NOTES = "nb2ops_displays"
"""Where an executed step notebook keeps the notes, in its metadata."""

_KINDS = {"display_data", "execute_result", "update_display_data"}


class Displays:
    """What one step shows and rewrites, as the kernel's messages come."""

    def __init__(self) -> None:
        self._shown: list[tuple[str, Any]] = []
        self._rewritten: dict[str, Json] = {}

    def note(self, message: Json, output: Any) -> None:
        """Take a message of the kernel, and the output that was made of it, None where none was."""
        content = message["content"]
        name = (content.get("transient") or {}).get("display_id")
        if not name or message["msg_type"] not in _KINDS:
            return
        self._rewritten[name] = {"data": content["data"], "metadata": content["metadata"]}
        if output is not None:
            self._shown.append((name, output))

    def notes(self, cells: Iterable[Any]) -> Json:
        """Return what is to be kept of a step, as JSON.

        Args:
            cells: of the executed step notebook.
        """
        places = {
            id(output): [cell.id, place]
            for cell in cells
            if cell.cell_type == "code"
            for place, output in enumerate(cell.outputs)
        }
        shown = [[name, *places[id(output)]] for name, output in self._shown if id(output) in places]
        return {"shown": shown, "rewritten": self._rewritten} if self._rewritten else {}


def rewrite(steps: Iterable[Json]) -> None:
    """Rewrite, in executed step notebooks in notebook order, what later ones showed anew."""
    shown: dict[str, list[Json]] = {}
    for step in steps:
        notes = step["metadata"].pop(NOTES, {"shown": [], "rewritten": {}})
        for name, content in notes["rewritten"].items():
            for output in shown.get(name, ()):
                output.update(content)
        outputs = {cell["id"]: cell.get("outputs", []) for cell in step["cells"]}
        for name, cell, place in notes["shown"]:
            shown.setdefault(name, []).append(outputs[cell][place])
