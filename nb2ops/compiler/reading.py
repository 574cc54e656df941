"""Notebook files to `Notebook`: nbformat 4 as it is, 3 upgraded in memory."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nb2ops.errors import InvalidNotebook
from nb2ops.model import Cell, Json, Notebook, Problem, Severity

NEWEST = (4, 5)
OLDEST = 3
_WITH_IDS = (4, 5)
"""The first nbformat whose cells have ids."""
_CONFLICT = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)


def read_notebook(path: Path) -> tuple[Notebook, list[Problem]]:
    """Return the notebook in a file, and what is worth knowing about the file.

    Args:
        path: an .ipynb file of nbformat 3 or 4.

    Raises:
        InvalidNotebook: there is no notebook to be had from the file; the problem says where and what to do.
    """
    data = _parse(_text(path), path.name)
    data, problems = _current(data, path.name)
    notebook = _notebook(data, path)
    problems += _doubtful_ids(data, path.name)
    if not notebook.code:
        raise _fail("NB008", "holds no code.", path.name, "Write and save the notebook first.")
    return notebook, problems


def _fail(code: str, message: str, name: str, hint: str, line: int | None = None) -> InvalidNotebook:
    return InvalidNotebook([Problem(code, message, name, None, line, None, hint)])


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise _fail("NB001", f"cannot be read: {reason}.", str(path), "Check the path.") from error
    if not content.strip():
        raise _fail("NB002", "is empty.", path.name, "Save the notebook again, or restore it from its history.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte {error.start})."
        raise _fail(
            "NB005", message, path.name, "Open it in JupyterLab and save it, or convert it to UTF-8."
        ) from error


def _parse(text: str, name: str) -> Json:
    conflict = _CONFLICT.search(text)
    try:
        data = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        if conflict:
            line = text.count("\n", 0, conflict.start()) + 1
            hint = "Resolve the merge (nbdime helps: `nbdime mergetool`), then build again."
            raise _fail("NB004", "holds conflict markers of git.", name, hint, line) from error
        if getattr(error, "pos", 0) >= len(text.rstrip()) - 1 or "Unterminated" in str(error):
            hint = "The file was cut off while it was written: restore it from its history."
            raise _fail("NB003", "ends too early.", name, hint, line) from error
        raise _fail("NB012", f"is not JSON: {error}.", name, "Is it a notebook file?", line) from error
    if not isinstance(data, dict) or not ({"cells", "worksheets"} & data.keys()):
        raise _fail("NB007", "is JSON, but not a notebook.", name, "Is it a notebook file?")
    return data


def _current(data: Json, name: str) -> tuple[Json, list[Problem]]:
    """Return the notebook in the newest format, upgraded in memory where it is older."""
    major, minor = data.get("nbformat"), data.get("nbformat_minor", 0)
    if not isinstance(major, int) or not isinstance(minor, int):
        raise _fail("NB013", "does not say its nbformat.", name, "Is it a notebook file?")
    if major < OLDEST:
        message = f"has nbformat {major}, which was replaced in 2013; this nb2ops reads {OLDEST} and {NEWEST[0]}."
        hint = "Convert a copy: `jupyter nbconvert --to notebook --output new.ipynb FILE`."
        raise _fail("NB016", message, name, hint)
    if major > NEWEST[0]:
        message = f"has nbformat {major}.{minor}; this nb2ops reads up to {NEWEST[0]}."
        raise _fail("NB006", message, name, "Install a newer nb2ops.")
    if (major, minor) > NEWEST:
        text = f"has nbformat 4.{minor}, newer than 4.{NEWEST[1]}: what is new in it is not understood."
        return data, [Problem("NB009", text, name, severity=Severity.WARNING)]
    if (major, minor) == NEWEST:
        return data, []
    text = f"has nbformat {major}.{minor}: upgraded in memory; cells without an id get one from their position."
    notice = Problem("NB010", text, name, hint="Save it in JupyterLab to keep it so.", severity=Severity.NOTICE)
    return data if major == NEWEST[0] else _upgraded(data, name), [notice]


def _upgraded(data: Json, name: str) -> Json:
    """Return a notebook of nbformat 3 as one of 4, without outputs and ids: what a builder needs of it."""
    try:
        old = [cell for sheet in data["worksheets"] for cell in sheet["cells"]]
        languages = [cell["language"] for cell in old if cell.get("language")]
        cells = [_upgraded_cell(cell) for cell in old]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"cannot be upgraded from nbformat 3 ({error!r})."
        raise _fail("NB014", message, name, "Open and save it in JupyterLab.") from error
    language = {"language_info": {"name": languages[0]}} if languages else {}
    return {**data, "metadata": language | _mapping(data.get("metadata")), "cells": cells}


def _upgraded_cell(cell: Json) -> Json:
    metadata = cell.get("metadata")
    match cell["cell_type"]:
        case "code":
            return {"cell_type": "code", "source": cell["input"], "metadata": metadata}
        case "heading":
            source = "#" * int(cell.get("level", 1)) + " " + " ".join(_source(cell).split())
            return {"cell_type": "markdown", "source": source, "metadata": metadata}
        case "html":
            return {"cell_type": "markdown", "source": cell["source"], "metadata": metadata}
    return {**cell, "metadata": metadata}


def _source(raw: Mapping[str, Any]) -> str:
    source = raw.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _notebook(data: Json, path: Path) -> Notebook:
    cells, number = [], 0
    raw_cells = data.get("cells")
    if not isinstance(raw_cells, list) or not all(isinstance(raw, dict) for raw in raw_cells):
        raise _fail("NB015", "has cells that are not objects.", path.name, "Open and save it in JupyterLab.")
    ids = _ids(raw_cells)
    for index, raw in enumerate(raw_cells):
        runs = raw.get("cell_type") == "code" and bool(_source(raw).strip())
        number += runs
        cells.append(_cell(raw, index, ids[index], number if runs else None))
    metadata = _mapping(data.get("metadata"))
    kernel = _mapping(metadata.get("kernelspec"))
    language = _mapping(metadata.get("language_info")).get("name") or kernel.get("language") or "python"
    return Notebook(path.stem, tuple(cells), str(language).lower(), kernel.get("name"), metadata)


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _ids(raw_cells: Sequence[Json]) -> list[str]:
    """Return an id for each cell: its own where it is the only one, else one made from its position."""
    counts = Counter(raw["id"] for raw in raw_cells if _has_id(raw))
    own = [raw["id"] if _has_id(raw) and counts[raw["id"]] == 1 else None for raw in raw_cells]
    taken = set(own)
    return [identity or _free(f"cell-{index}", taken) for index, identity in enumerate(own)]


def _has_id(raw: Json) -> bool:
    return isinstance(raw.get("id"), str) and bool(raw["id"])


def _free(name: str, taken: Collection[str | None]) -> str:
    while name in taken:
        name += "_"
    return name


def _cell(raw: Json, index: int, identity: str, number: int | None) -> Cell:
    metadata = _mapping(raw.get("metadata"))
    tags = metadata.get("tags") or []
    return Cell(
        index,
        identity,
        str(raw.get("cell_type", "raw")),
        _source(raw),
        tuple(str(tag).strip() for tag in tags) if isinstance(tags, list) else (),
        number,
        metadata,
    )


def _doubtful_ids(data: Json, name: str) -> Iterator[Problem]:
    """Yield what is wrong with the ids of a notebook; older formats need have none."""
    hint = "Save it in JupyterLab to mend it."
    counts = Counter(raw["id"] for raw in data["cells"] if _has_id(raw))
    repeated = [identity for identity, count in counts.items() if count > 1]
    if repeated:
        text = f'has cells with the same id ("{repeated[0]}"): ids are made from their position.'
        yield Problem("NB011", text, name, hint=hint, severity=Severity.WARNING)
    if (data["nbformat"], data.get("nbformat_minor", 0)) >= _WITH_IDS and not all(map(_has_id, data["cells"])):
        text = "has cells without an id: ids are made from their position."
        yield Problem("NB017", text, name, hint=hint, severity=Severity.WARNING)
