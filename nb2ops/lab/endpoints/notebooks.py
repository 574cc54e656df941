"""Notebooks: their pipelines, tags for those that have none, bundles."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field
from tornado.web import HTTPError

from nb2ops.lab.endpoints.fields import NotebookQuery, PathText
from nb2ops.lab.requests import Answer, Request


class TagsRequest(NotebookQuery):
    """What `POST tags` takes."""

    every: Annotated[int, Field(ge=1, le=10_000)] | None = None
    write: bool = False


class BuildRequest(NotebookQuery):
    """What `POST build` takes."""

    folder: PathText | None = None


async def pipeline(request: Request) -> Answer:
    """Return a notebook as its author sees it: pipeline, problems, roles of cells, tags for one without steps.

    Raises:
        NotFound, InvalidRequest: the path names no notebook.
    """
    path = request.asked(NotebookQuery).path
    notebook = await request.access.places.notebook(path)
    found = await request.access.notebooks.do("look", path=str(notebook))
    return Answer(b'{"path": ' + json.dumps(path).encode() + b", " + found[1:])


async def tags(request: Request) -> Answer:
    """Return proposed tags; they are written only where the request says so and the client may write.

    Raises:
        NotFound, InvalidRequest: the path names no notebook.
        Answered: the notebook has errors, or cannot be cut in this way.
    """
    said = request.said(TagsRequest)
    if said.write and not await request.may("write"):
        raise HTTPError(403, "Writing tags needs the permission to write.")
    notebook = await request.access.places.notebook(said.path)
    return Answer(await request.access.notebooks.do("tag", path=str(notebook), every=said.every, write=said.write))


async def build(request: Request) -> Answer:
    """Write a notebook's bundle and say what was written.

    Raises:
        NotFound, InvalidRequest: a path leads nowhere or out of Jupyter's folder.
        Answered: the notebook has errors, or something else is in the way.
    """
    said = request.said(BuildRequest)
    places = request.access.places
    notebook = await places.notebook(said.path)
    default = f"{said.path.removesuffix('.ipynb')}_pipeline"
    folder = await places.inside(said.folder or default, "folder")
    found = await request.access.notebooks.do("build", path=str(notebook), folder=str(folder))
    return Answer(b'{"folder": ' + json.dumps(places.path_of(str(folder))).encode() + b", " + found[1:])
