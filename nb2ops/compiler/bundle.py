"""A pipeline as files: what `build` writes, and writing it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from blake3 import blake3

from nb2ops import __version__
from nb2ops.compiler.compilation import PYTHON, Compilation
from nb2ops.compiler.flowfile import flow_text, function_name
from nb2ops.compiler.folder import MANIFEST, bundle_digest, manifest_bytes, read_manifest, write_file, write_new
from nb2ops.compiler.localmodules import local_modules
from nb2ops.compiler.settings import read_project
from nb2ops.compiler.syntax import parse
from nb2ops.errors import Conflict, UsageError
from nb2ops.model import Bundle, Cell, Json, Notebook, Pipeline, Step
from nb2ops.wire import pipeline_json

_LEFT_BY_RUNNING = frozenset({"execution", "papermill", "ExecuteTime", "widgets", "signature", "language_info"})


def build_bundle(compilation: Compilation, folder: Path) -> Bundle:
    """Return the files that a notebook builds to.

    Args:
        compilation: the notebook, without errors.
        folder: the notebook's folder, where its modules and `pyproject.toml` are looked for.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: `[tool.nb2ops] include` names files that are not there.
    """
    pipeline, notebook = compilation.checked(), compilation.notebook
    files = {
        "flow.py": flow_text(pipeline).encode(),
        "pipeline.json": _json_bytes(pipeline_json(pipeline, __version__)),
        "prefect.yaml": _prefect_yaml(pipeline).encode(),
        pipeline.notebook: _notebook_bytes(notebook, notebook.cells),
        **{f"steps/{step.name}.ipynb": _step_bytes(notebook, step) for step in pipeline.steps},
        **{f"modules/{path}": content for path, content in _modules(compilation, folder).items()},
        **{f"files/{path}": content for path, content in _included(folder).items()},
    }
    digest = bundle_digest(files)
    files[MANIFEST] = manifest_bytes(files, digest)
    return Bundle(pipeline, files, digest)


def _json_bytes(data: Any, indent: int = 2) -> bytes:
    return (json.dumps(data, indent=indent, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def _lasting(metadata: Mapping[str, Any]) -> Json:
    """Metadata without what running a notebook leaves behind."""
    return {key: value for key, value in metadata.items() if key not in _LEFT_BY_RUNNING}


def _notebook_bytes(notebook: Notebook, cells: Iterable[Cell]) -> bytes:
    metadata = {**_lasting(notebook.metadata), "language_info": {"name": notebook.language}}
    data = {"cells": [_cell_json(cell) for cell in cells], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")


def _cell_json(cell: Cell) -> Json:
    outputs: Json = {"execution_count": None, "outputs": []} if cell.kind == "code" else {}
    source = cell.source.splitlines(keepends=True)
    return {"cell_type": cell.kind, "id": cell.id, "metadata": _lasting(cell.metadata), "source": source, **outputs}


def _step_bytes(notebook: Notebook, step: Step) -> bytes:
    wanted = {cell.index for cell in step.cells}
    return _notebook_bytes(notebook, (cell for cell in notebook.cells if cell.index in wanted))


def _prefect_yaml(pipeline: Pipeline) -> str:
    name = json.dumps(pipeline.name, ensure_ascii=False)
    return (
        "# For `prefect deploy`, run in this folder; `nb2ops deploy` needs no such file.\n"
        f"name: {name}\n"
        "deployments:\n"
        f"  - name: {name}\n"
        f"    entrypoint: flow.py:{function_name(pipeline)}\n"
        "    work_pool:\n"
        "      name: nb2ops\n"
    )


def _modules(compilation: Compilation, folder: Path) -> dict[str, bytes]:
    if compilation.notebook.language != PYTHON:
        return {}
    runs = {cell.cell for step in compilation.pipeline.steps for cell in step.cells}
    cells = [parse(cell.source, cell.number or 0) for cell in compilation.notebook.code if cell.number in runs]
    return local_modules(cells, folder)


def _included(folder: Path) -> dict[str, bytes]:
    """Return the files that `[tool.nb2ops] include` of the next pyproject.toml names."""
    project = read_project(folder)
    return _matching(project.file, project.strings("include")) if project.file else {}


def _matching(project: Path, patterns: Iterable[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    parent = project.parent
    for pattern in patterns:
        if pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
            raise UsageError(f'{project}: include = "{pattern}" leaves the project\'s folder.')
        paths = sorted(path for path in parent.glob(pattern) if path.is_file())
        if not paths:
            raise UsageError(f'{project}: include = "{pattern}" matches no file.')
        found |= {path.relative_to(parent).as_posix(): path.read_bytes() for path in paths}
    return found


def write_bundle(bundle: Bundle, folder: Path) -> None:
    """Write a bundle; an older one in the folder is replaced, anything else stays.

    Raises:
        Conflict: a file that nb2ops did not write, or that was changed since, is in the way. Nothing was written.
    """
    old = _old_files(folder)
    in_the_way = [
        path
        for path in sorted({*bundle.files, *old})
        if _is_foreign(folder / path, {old.get(path), _digest_of(bundle.files.get(path))})
    ]
    if in_the_way:
        listed = ", ".join(in_the_way)
        raise Conflict(f"{folder}: {listed} was not written by nb2ops, or changed since. Move it away, or use -o DIR.")
    if not folder.exists():
        write_new(bundle.files, folder)
        return
    for path in sorted(bundle.files, key=lambda path: path == MANIFEST):
        write_file(folder / path, bundle.files[path])
    for path in set(old) - set(bundle.files):
        (folder / path).unlink(missing_ok=True)


def _old_files(folder: Path) -> dict[str, str]:
    """Return path -> digest of what nb2ops wrote into a folder before."""
    try:
        _, files = read_manifest(folder)
    except UsageError:
        return {}
    return {**files, MANIFEST: blake3((folder / MANIFEST).read_bytes()).hexdigest()}


def _digest_of(content: bytes | None) -> str | None:
    return None if content is None else blake3(content).hexdigest()


def _is_foreign(path: Path, ours: set[str | None]) -> bool:
    """Whether a file is neither what was written before nor what shall be written."""
    return path.exists() and (not path.is_file() or _digest_of(path.read_bytes()) not in ours)


def differences(bundle: Bundle, folder: Path) -> list[str]:
    """Return how a folder differs from what a notebook builds to: one line per file, none where it is the same."""
    lines = []
    for path in sorted({*bundle.files, *_old_files(folder)}):
        there = folder / PurePosixPath(path)
        if path not in bundle.files:
            lines.append(f"{path}: no longer built")
        elif not there.is_file():
            lines.append(f"{path}: missing")
        elif there.read_bytes() != bundle.files[path]:
            lines.append(f"{path}: differs")
    return lines
