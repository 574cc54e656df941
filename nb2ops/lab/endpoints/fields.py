"""The fields that several requests have, and what runs look like on the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from nb2ops.lab.places import Places
from nb2ops.lab.requests import Nothing
from nb2ops.model import Json, Run
from nb2ops.wire import encode

Word = Annotated[str, StringConstraints(min_length=1, max_length=300)]
PathText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Values = Annotated[dict[Word, Any], Field(max_length=500)]
Texts = Annotated[tuple[Word, ...], Field(max_length=500)]
Seconds = Annotated[float, Field(gt=0, lt=10_000_000)]


class NotebookQuery(Nothing):
    """A notebook by its path in the contents manager."""

    path: PathText


def run_json(run: Run, places: Places) -> Json:
    """Return a run with the contents manager's path of its notebook."""
    return {**encode(run), "path": places.path_of(run.notebook)}
