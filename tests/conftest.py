from __future__ import annotations

import fcntl
import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nb2ops.orchestration import services
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.server import Server
from tests.notebooks import Pair, write_notebook

Factory = Callable[..., Path]


REAL_PARTS = {"browser", "inkernel", "orchestration", "runtime"}
"""Rooms whose tests start servers, kernels, browsers or other processes."""


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def pytest_configure(config: pytest.Config) -> None:
    """Before any test looks at outputs.

    On a fresh machine matplotlib builds its font cache and says so: once, here. Several tests run at once, in which a
    library's threads would wait for each other in loops: each process has one.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")
    if not hasattr(config, "workerinput"):
        importlib.import_module("matplotlib.font_manager")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name in REAL_PARTS or "prefect" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the reviewed bundles of the examples anew")


@pytest.fixture
def notebook(tmp_path: Path) -> Factory:
    """Write a notebook from `(tags, source)` pairs: `notebook(("step:load", "a = 1"), ...)`."""

    def write(*cells: Pair | str, name: str = "nb.ipynb", metadata: dict | None = None) -> Path:
        return write_notebook(tmp_path / name, *cells, metadata=metadata)

    return write


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of the session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def ipython_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """IPython's settings of the session: kernels side by side that shared a history file would complain of its lock."""
    folder = tmp_path_factory.mktemp("ipython")
    profile = folder / "profile_default"
    profile.mkdir()
    settings = 'get_config().HistoryManager.hist_file = ":memory:"\n'
    (profile / "ipython_config.py").write_text(settings, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder))
        yield


@pytest.fixture(scope="session")
def prefect_home(shared_folder: Path) -> Iterator[Path]:
    """A home of nb2ops for the session, with no trace of the user's own Prefect; what runs in it ends with us."""
    home = shared_folder / "nb2ops-home"
    with pytest.MonkeyPatch.context() as patch, (shared_folder / "prefect-users").open("w") as users:
        for name in [each for each in os.environ if each.startswith("PREFECT_")]:
            patch.delenv(name)
        patch.setenv("NB2OPS_HOME", str(home))
        patch.setenv("PREFECT_HOME", str(home / "client"))
        fcntl.flock(users, fcntl.LOCK_SH)
        yield home
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another worker of the session still tests
        services.down()


@pytest.fixture(scope="session")
def local_server(prefect_home: Path) -> Connection:
    """The session's server."""
    return Server(prefect_home).start(services.silent)


@pytest.fixture(scope="session")
def prefect(local_server: Connection) -> Connection:
    """The server that the environment names."""
    return local_server
