"""A notebook while its author works on it: problems with their places, roles of cells, tags that are proposed."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nb2ops.compiler.bundle import build_bundle, write_bundle
from nb2ops.compiler.compilation import Compilation, compile_notebook
from nb2ops.compiler.proposals import Proposal, propose_tags
from nb2ops.compiler.tagging import add_tags
from nb2ops.compiler.tags import read_tags
from nb2ops.errors import InvalidNotebook, UsageError
from nb2ops.model import Json, Notebook, Parameter, Pipeline, Problem, Role
from nb2ops.parameter_types import field_of
from nb2ops.runtime import files
from nb2ops.wire import encode

EVERY = 5
"""Cells per step that are proposed where headings make no steps."""


@dataclass(frozen=True, slots=True)
class Built:
    """What `build` wrote.

    Attributes:
        version: the bundle's digest.
        steps: how many steps it has.
        files: relative paths.
        problems: what was found in the notebook, as `placed` says it.
    """

    version: str
    steps: int
    files: tuple[str, ...]
    problems: tuple[Json, ...]


def view(path: Path) -> Json:
    """Return a notebook as an author sees it: pipeline, problems, roles of cells, tags for one without steps.

    Example:
        >>> sorted(view(Path("churn.ipynb")))
        ['cells', 'pipeline', 'problems', 'proposal']
    """
    try:
        compilation = compile_notebook(path)
    except InvalidNotebook as error:
        return {"pipeline": None, "problems": _all_placed(error.problems, None), "cells": [], "proposal": None}
    return {
        "pipeline": pipeline_json(compilation.pipeline),
        "problems": _all_placed(compilation.problems, compilation.notebook),
        "cells": _roles(compilation),
        "proposal": _suggestion(compilation),
    }


def propose(path: Path, every: int | None) -> tuple[Proposal, Json]:
    """Return proposed tags for a notebook without steps, as a value and as JSON.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: it cannot be cut in this way.
    """
    compilation = compile_notebook(path)
    found = propose_tags(compilation, every)
    return found, _proposal_json(found, every, compilation.notebook)


def tagged_text(path: Path, proposal: Proposal) -> bytes:
    """Return the notebook's file with the proposed tags; nothing else in it changes."""
    text = path.read_bytes().decode("utf-8")
    return add_tags(text, {cell.index: cell.tags for cell in proposal.cells}).encode("utf-8")


def write_tags(path: Path, target: Path, content: bytes) -> None:
    """Write a tagged notebook with the permissions of the notebook that it was made from."""
    files.write_bytes(target.resolve(), content, stat.S_IMODE(path.stat().st_mode))


def build(path: Path, folder: Path) -> Built:
    """Write a notebook's bundle into a folder.

    Raises:
        InvalidNotebook: the notebook has errors.
        Conflict: something else is in the way.
    """
    compilation = compile_notebook(path)
    bundle = build_bundle(compilation, path.parent)
    write_bundle(bundle, folder)
    problems = tuple(_all_placed(compilation.problems, compilation.notebook))
    return Built(bundle.digest, len(bundle.pipeline.steps), tuple(sorted(bundle.files)), problems)


def pipeline_json(pipeline: Pipeline) -> Json:
    """Return a pipeline as JSON whose parameters say which field of a form fits them."""
    return {**encode(pipeline), "parameters": parameters_json(pipeline.parameters)}


def parameters_json(parameters: Iterable[Parameter]) -> list[Json]:
    """Return parameters as JSON, each with the field of a form that fits it."""
    return [{**encode(each), **encode(field_of(each.type))} for each in parameters]


def placed(problem: Problem, notebook: Notebook | None) -> Json:
    """Return a problem as JSON with all names of its cell: number, index and id."""
    cell = next((each for each in notebook.code if each.number == problem.cell), None) if notebook else None
    known: Json = encode(problem)
    del known["notebook"]
    return {**known, "index": cell.index if cell else None, "id": cell.id if cell else None}


def _all_placed(problems: Iterable[Problem], notebook: Notebook | None) -> list[Json]:
    return [placed(each, notebook) for each in problems]


def _roles(compilation: Compilation) -> list[Json]:
    steps: Mapping[int, str] = {cell.cell: each.name for each in compilation.pipeline.steps for cell in each.cells}
    return [
        {
            "cell": each.cell.number,
            "index": each.cell.index,
            "id": each.cell.id,
            "role": each.role.value,
            "step": steps.get(each.cell.number or 0),
            "tags": list(each.cell.tags),
        }
        for each in read_tags(compilation.notebook)[0]
    ]


def _suggestion(compilation: Compilation) -> Json | None:
    """Return tags for a notebook that has no steps and no errors: by headings, else by number."""
    if compilation.errors or any(each.role is Role.STEP for each in read_tags(compilation.notebook)[0]):
        return None
    for every in (None, EVERY):
        try:
            return _proposal_json(propose_tags(compilation, every), every, compilation.notebook)
        except UsageError:
            continue
    return None


def _proposal_json(proposal: Proposal, every: int | None, notebook: Notebook) -> Json:
    return {
        "every": every,
        "cells": [encode(each) for each in proposal.cells],
        "pipeline": pipeline_json(proposal.pipeline),
        "problems": _all_placed(proposal.problems, notebook),
        "written": False,
    }
