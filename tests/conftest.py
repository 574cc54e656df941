from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.notebooks import Pair, write_notebook

Factory = Callable[..., Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the reviewed bundles of the examples anew")


@pytest.fixture
def notebook(tmp_path: Path) -> Factory:
    """Write a notebook from `(tags, source)` pairs: `notebook(("step:load", "a = 1"), ...)`."""

    def write(*cells: Pair | str, name: str = "nb.ipynb", metadata: dict | None = None) -> Path:
        return write_notebook(tmp_path / name, *cells, metadata=metadata)

    return write
