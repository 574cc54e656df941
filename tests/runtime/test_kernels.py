"""Finding kernels and what they inherit."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from nb2ops.errors import UsageError
from nb2ops.runtime.kernels import KernelSpec, connect, find_kernel, kernel_environment


def install(folder: Path, name: str, **spec: object) -> None:
    target = folder / "kernels" / name
    target.mkdir(parents=True)
    full = {"argv": ["prog", "{connection_file}"], "display_name": name, "language": "other", **spec}
    (target / "kernel.json").write_text(json.dumps(full))


@pytest.fixture
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return tmp_path


def test_a_bare_python_is_the_one_that_runs_us(jupyter: Path) -> None:
    install(jupyter, "bare", argv=["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python")
    found = find_kernel("bare")
    assert found.argv == (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
    assert (found.is_ipykernel, found.is_python) == (True, True)


def test_the_default_kernel_is_python() -> None:
    assert find_kernel(None).is_python


def test_without_a_name_the_kernel_of_the_notebooks_language_is_taken(jupyter: Path) -> None:
    install(jupyter, "second", language="Julia")
    install(jupyter, "first", language="julia")
    install(jupyter, "a", language="R")
    assert find_kernel(None, "julia").name == "first"
    with pytest.raises(UsageError, match="No kernel for scala is installed"):
        find_kernel(None, "scala")


@pytest.mark.parametrize(("name", "language"), [("python3", "r"), ("rish", "python")])
def test_a_kernel_that_does_not_fit_the_notebook_is_refused(jupyter: Path, name: str, language: str) -> None:
    install(jupyter, "rish", language="R")
    with pytest.raises(UsageError, match=f"the notebook is in {language}"):
        find_kernel(name, language)


def test_resources_and_environment_come_from_the_kernelspec(jupyter: Path) -> None:
    install(jupyter, "res", argv=["{resource_dir}/prog"], env={"A": "1"})
    found = find_kernel("res", "other")
    assert found.argv == (f"{jupyter}/kernels/res/prog",)
    assert dict(found.environment) == {"A": "1"}


@pytest.mark.parametrize("name", ["no-such", "é", "../x"])
def test_an_unknown_kernel_names_the_installed_ones(jupyter: Path, name: str) -> None:
    install(jupyter, "mine")
    with pytest.raises(UsageError, match=f'No kernel "{name}"; installed: mine.*python3'):
        find_kernel(name)


def test_credentials_and_names_of_other_kernels_are_not_inherited() -> None:
    inherited = {
        "PATH": "/bin",
        "PREFECT_API_KEY": "x",
        "PREFECT_API_URL": "x",
        "NB2OPS_SIGNING_KEY": "x",
        "JPY_PARENT_PID": "1",
        "TMPDIR": "/var/tmp",
    }
    assert kernel_environment(inherited, "r1", Path("/s/tmp"), "7", None) == {
        "PATH": "/bin",
        "NB2OPS_RUN": "r1",
        "TMPDIR": "/s/tmp",
        "PYTHONHASHSEED": "7",
    }


def test_local_modules_of_the_bundle_come_before_the_users_own_path(tmp_path: Path) -> None:
    found = kernel_environment({"PYTHONPATH": "/mine"}, "r1", Path("/s/tmp"), "7", tmp_path)
    assert found["PYTHONPATH"] == f"{tmp_path}{os.pathsep}/mine"


# command -> transport
TRANSPORTS = [(("python", "-m", "ipykernel_launcher"), "ipc"), (("xeus", "-f"), "tcp")]


@pytest.mark.parametrize(("argv", "transport"), TRANSPORTS)
def test_a_connection_file_is_private(tmp_path: Path, argv: tuple[str, ...], transport: str) -> None:
    file, connection = connect(KernelSpec("k", "python", argv), tmp_path / "k1")
    assert connection["transport"] == transport
    assert os.stat(file).st_mode & 0o077 == 0
    assert json.loads(file.read_text())["key"] in (
        connection["key"],
        connection["key"].decode(errors="replace") if isinstance(connection["key"], bytes) else None,
    )
