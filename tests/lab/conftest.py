"""A Jupyter server in this process for the endpoints; JupyterLab, Prefect and a browser for the sidebar."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403  (its fixtures need one another; only this folder wants them)

WIRE = Path(__file__).parents[1] / "wire"


@pytest.fixture(scope="session")
def wire() -> Callable[[str], Any]:
    """Return an example of the JSON that the server makes and the sidebar reads."""
    return lambda name: json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"nb2ops.lab": True}}}


@pytest.fixture
def no_prefect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody chose a Prefect server, and none runs."""
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("NB2OPS_HOME", str(tmp_path / "nb2ops"))
