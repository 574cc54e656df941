"""Which Prefect `run`, `deploy` and `runs` talk to, what they tell it, and what they say where it is of no use."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nb2ops.cli.app import cli
from nb2ops.errors import ServiceError
from nb2ops.orchestration.connection import Connection
from tests.refusing import refusing_server

pytestmark = pytest.mark.slow
COMMANDS = (["run", "{path}"], ["deploy", "{path}"], ["runs"])
ASKING = (
    *(["runs", "show", "x"], ["logs", "x"], ["cancel", "x"], ["retry", "x"], ["resume", "x"], ["prune", "--dry-run"]),
    *(["deployments"], ["deployments", "show", "x"], ["deployments", "pause", "x"], ["deployments", "run", "x"]),
)
"""Commands besides that ask Prefect."""
Choose = Callable[..., None]
NAMES = {"auth": "PREFECT_API_AUTH_STRING", "key": "PREFECT_API_KEY"}


@pytest.fixture
def path(notebook) -> Path:
    return notebook(("step:a", "x = 1"), name="connected.ipynb")


@pytest.fixture
def choose(prefect_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Choose:
    """Choose a Prefect by the environment or by a profile that is not the active one."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))

    def choose(where: str, url: str, **credentials: str) -> None:
        settings = {"PREFECT_API_URL": url, **{NAMES[kind]: value for kind, value in credentials.items()}}
        if where == "PREFECT_API_URL":
            for name, value in settings.items():
                monkeypatch.setenv(name, value)
            return
        lines = "\n".join(f'{name} = "{value}"' for name, value in settings.items())
        (tmp_path / "prefect").mkdir()
        (tmp_path / "prefect" / "profiles.toml").write_text(f'active = "own"\n[profiles.own]\n[profiles.team]\n{lines}')
        monkeypatch.setenv("PREFECT_PROFILE", where.removeprefix("profile "))

    return choose


def call(command: list[str], path: Path, *more: str) -> Result:
    return CliRunner().invoke(cli, [*(word.format(path=path) for word in command), *more])


@pytest.mark.parametrize("where", ["PREFECT_API_URL", "profile team"])
def test_a_server_with_basic_auth_is_used_and_named(
    prefect: Connection, choose: Choose, path: Path, where: str
) -> None:
    choose(where, prefect.url, auth=prefect.auth)
    for command in COMMANDS:
        done = call(command, path, "-v")
        assert done.exit_code == 0, done.output
        assert f"Prefect: {prefect.url} ({where})" in done.stderr
        assert prefect.auth not in done.output
    assert "connected" in done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("where", ["PREFECT_API_URL", "profile team"])
@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({"key": "pnu_secret"}, "Bearer pnu_secret"),
        ({"auth": "ann:secret"}, f"Basic {b64encode(b'ann:secret').decode()}"),
        ({}, None),
    ],
    ids=["key", "basic auth", "nothing"],
)
def test_credentials_are_sent_and_their_refusal_exits_3(
    choose: Choose, path: Path, command: list[str], where: str, credentials: dict[str, str], header: str | None
) -> None:
    with refusing_server(version=None) as server:
        choose(where, server.url, **credentials)
        done = call(command, path)
    assert server.credentials == {header}
    assert isinstance(done.exception, ServiceError)
    assert done.exception.exit_code == 3
    assert f"Prefect at {server.url} ({where}) refuses the credentials" in str(done.exception)
    assert "secret" not in f"{done.output} {done.exception}"


@pytest.mark.parametrize("command", [*COMMANDS, *ASKING], ids=" ".join)
def test_a_server_of_another_major_version_exits_3_with_the_remedy(
    choose: Choose, path: Path, command: list[str]
) -> None:
    with refusing_server(version="2.20.1") as server:
        choose("PREFECT_API_URL", server.url)
        done = call(command, path)
    assert isinstance(done.exception, ServiceError)
    assert done.exception.exit_code == 3
    assert f"The Prefect server at {server.url} (PREFECT_API_URL) is version 2.20.1" in str(done.exception)
    assert "Upgrade the older of the two." in str(done.exception)
