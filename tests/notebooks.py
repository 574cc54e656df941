"""Notebooks for tests, built from `(tags, source)` pairs."""

from __future__ import annotations

import json
from pathlib import Path

Pair = tuple[str, str]
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def notebook_json(*cells: Pair | str, metadata: dict | None = None) -> dict:
    """Return a notebook; a cell is `(tags separated by blanks, source)`, plain text is an untagged code cell.

    The tag `markdown` makes a markdown cell.
    """
    return {
        "cells": [_cell(index, *(("", cell) if isinstance(cell, str) else cell)) for index, cell in enumerate(cells)],
        "metadata": {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}, **(metadata or {})},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(index: int, tags: str, source: str) -> dict:
    if tags == "markdown":
        return {"cell_type": "markdown", "id": f"m{index}", "metadata": {}, "source": source}
    return {
        "cell_type": "code",
        "id": f"c{index}",
        "metadata": {"tags": tags.split()} if tags else {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def write_notebook(path: Path, *cells: Pair | str, metadata: dict | None = None) -> Path:
    """Write a notebook and return its path."""
    path.write_text(json.dumps(notebook_json(*cells, metadata=metadata)), encoding="utf-8")
    return path


def wait_for(flag: Path) -> str:
    """Return code that waits until a test makes the file."""
    return f"import os, time\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.05)"
