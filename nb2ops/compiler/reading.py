"""Notebook files to `Notebook`. The one module of the compiler that touches nbformat."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nb2ops.errors import InvalidNotebook
from nb2ops.model import Cell, Json, Notebook, Problem, Severity

NEWEST = (4, 5)
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
    problems += _repeated_ids(data, path.name)
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
        raise _fail("NB003", f"is not JSON: {error}.", name, "Is it a notebook file?", line) from error
    if not isinstance(data, dict) or not ({"cells", "worksheets"} & data.keys()):
        raise _fail("NB007", "is JSON, but not a notebook.", name, "Is it a notebook file?")
    return data


def _current(data: Json, name: str) -> tuple[Json, list[Problem]]:
    """Return the notebook in the newest format, upgraded in memory where it is older."""
    major, minor = data.get("nbformat"), data.get("nbformat_minor", 0)
    if not isinstance(major, int) or not isinstance(minor, int):
        raise _fail("NB007", "does not say its nbformat.", name, "Is it a notebook file?")
    if major > NEWEST[0]:
        message = f"has nbformat {major}.{minor}; this nb2ops reads up to {NEWEST[0]}."
        raise _fail("NB006", message, name, "Install a newer nb2ops.")
    if major == NEWEST[0]:
        newer = minor > NEWEST[1]
        text = f"has nbformat 4.{minor}, newer than 4.{NEWEST[1]}: what is new in it is not understood."
        return data, [Problem("NB009", text, name, severity=Severity.WARNING)] if newer else []
    return _upgraded(data, name), [
        Problem("NB010", f"has nbformat {major}: upgraded in memory.", name, severity=Severity.NOTICE)
    ]


def _upgraded(data: Json, name: str) -> Json:
    import nbformat

    try:
        upgraded: Json = nbformat.convert(nbformat.from_dict(data), NEWEST[0])  # type: ignore[no-untyped-call]
    except Exception as error:  # nbformat raises whatever the old layout trips over
        raise _fail("NB007", f"cannot be upgraded: {error}.", name, "Open and save it in JupyterLab.") from error
    return upgraded


def _source(raw: Mapping[str, Any]) -> str:
    source = raw.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _notebook(data: Json, path: Path) -> Notebook:
    cells, number = [], 0
    raw_cells = data["cells"]
    if not isinstance(raw_cells, list) or not all(isinstance(raw, dict) for raw in raw_cells):
        raise _fail("NB007", "has cells that are not objects.", path.name, "Open and save it in JupyterLab.")
    ids = Counter(raw.get("id") for raw in raw_cells)
    for index, raw in enumerate(raw_cells):
        runs = raw.get("cell_type") == "code" and bool(_source(raw).strip())
        number += runs
        cells.append(_cell(raw, index, number if runs else None, unique=ids[raw.get("id")] == 1))
    metadata = data.get("metadata") or {}
    kernel = metadata.get("kernelspec", {})
    language = metadata.get("language_info", {}).get("name") or kernel.get("language") or "python"
    return Notebook(path.stem, tuple(cells), str(language).lower(), kernel.get("name"), metadata)


def _cell(raw: Mapping[str, Any], index: int, number: int | None, *, unique: bool) -> Cell:
    metadata = raw.get("metadata") or {}
    identity = raw.get("id")
    tags = metadata.get("tags") or []
    return Cell(
        index,
        identity if unique and isinstance(identity, str) else f"cell-{index}",
        str(raw.get("cell_type", "raw")),
        _source(raw),
        tuple(str(tag).strip() for tag in tags) if isinstance(tags, list) else (),
        number,
        metadata,
    )


def _repeated_ids(data: Json, name: str) -> list[Problem]:
    counts = Counter(raw.get("id") for raw in data["cells"] if raw.get("id"))
    repeated = [identity for identity, count in counts.items() if count > 1]
    if not repeated:
        return []
    text = f'has cells with the same id ("{repeated[0]}"): ids are made from their position.'
    return [Problem("NB011", text, name, hint="Save it in JupyterLab to mend it.", severity=Severity.WARNING)]
