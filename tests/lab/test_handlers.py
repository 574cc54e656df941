from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_server.auth import Authorizer

from tests.lab.asking import Fetch, ask

ENDPOINTS = ("runs", "deployments", "health")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_no_token_no_answer(jp_fetch: Fetch, endpoint: str) -> None:
    status, fault = await ask(jp_fetch, endpoint, headers={"Authorization": ""})
    assert (status, fault["code"], fault["field"]) == (403, "forbidden", None)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_who_may_not_read_nb2ops_gets_no_answer(jp_fetch: Fetch, jp_web_app: Any, endpoint: str) -> None:
    asked = []

    class Strict(Authorizer):
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            asked.append((action, resource))
            return False

    jp_web_app.settings["authorizer"] = Strict()
    status, fault = await ask(jp_fetch, endpoint)
    assert (status, fault["code"]) == (403, "forbidden")
    assert asked == [("read", "nb2ops")]


@pytest.mark.parametrize(
    ("endpoint", "query", "field"),
    [
        ("runs", {"sort": "name"}, "sort"),
        ("runs", {"limit": "0"}, "limit"),
        ("runs", {"limit": "201"}, "limit"),
        ("runs", {"limit": "many"}, "limit"),
        ("runs", {"cursor": "nonsense"}, "cursor"),
        ("runs", {"cursor": ""}, "cursor"),
        ("runs", {"state": ""}, "state"),
        ("runs", {"notebook": "n" * 301}, "notebook"),
        ("deployments", {"limit": "5"}, "limit"),
        ("health", {"verbose": "1"}, "verbose"),
    ],
)
async def test_a_wrong_query_is_refused_by_its_field(
    jp_fetch: Fetch, no_prefect: None, endpoint: str, query: dict[str, str], field: str
) -> None:
    status, fault = await ask(jp_fetch, endpoint, params=query)
    assert (status, fault["code"], fault["field"]) == (400, "invalid", field)
    assert fault["message"].startswith(f"{field}: ")


async def test_the_refusal_is_the_one_that_the_sidebar_is_tested_with(
    jp_fetch: Fetch, no_prefect: None, wire: Callable[[str], Any]
) -> None:
    assert await ask(jp_fetch, "runs", params={"sort": "name"}) == (400, wire("fault_field"))


async def test_a_token_in_the_query_lets_in(jp_fetch: Fetch, jp_serverapp: Any, no_prefect: None) -> None:
    token = jp_serverapp.identity_provider.token
    status, _ = await ask(jp_fetch, "health", headers={"Authorization": ""}, params={"token": token})
    assert status == 200


@pytest.mark.parametrize("endpoint", ["runs", "deployments"])
async def test_no_prefect_server_says_what_to_type(
    jp_fetch: Fetch, no_prefect: None, wire: Callable[[str], Any], endpoint: str
) -> None:
    assert await ask(jp_fetch, endpoint) == (502, wire("fault_unreachable"))


async def test_health_tells_that_no_prefect_server_is_there(
    jp_fetch: Fetch, no_prefect: None, wire: Callable[[str], Any]
) -> None:
    assert await ask(jp_fetch, "health") == (200, wire("health_missing"))


async def test_a_prefect_server_that_is_gone(
    jp_fetch: Fetch, no_prefect: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/api")
    status, fault = await ask(jp_fetch, "runs")
    assert (status, fault["code"]) == (502, "prefect_unreachable")
    status, health = await ask(jp_fetch, "health")
    assert (status, health["reachable"]) == (200, False)
    assert health["message"].startswith("Prefect does not answer")
    assert health["api"] == os.environ["PREFECT_API_URL"]


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/api"


async def test_a_prefect_server_that_says_nothing(
    jp_fetch: Fetch, no_prefect: None, monkeypatch: pytest.MonkeyPatch, silent_server: str
) -> None:
    monkeypatch.setattr("nb2ops.lab.handlers.ANSWER_WITHIN", 0.2)
    monkeypatch.setenv("PREFECT_API_URL", silent_server)
    status, fault = await ask(jp_fetch, "runs")
    assert (status, fault["code"]) == (504, "prefect_timeout")


async def test_other_verbs_are_not_there(jp_fetch: Fetch) -> None:
    status, fault = await ask(jp_fetch, "health", method="POST", body="{}")
    assert (status, fault["code"]) == (405, "method_not_allowed")


def test_loading_the_extension_loads_nothing_heavy() -> None:
    program = (
        "import sys, jupyter_server.serverapp; before = set(sys.modules)\n"
        "import nb2ops.lab.access, nb2ops.lab.changes\n"
        "import nb2ops.lab.places, nb2ops.lab.routes; now = set(sys.modules) - before\n"
        "print(*sorted({name.split('.')[0] for name in now} & {'prefect', 'pydantic', 'httpx', 'nbformat'}))\n"
        "from nb2ops.lab.endpoints import deployments, notebooks, runs, services; print('prefect' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "False"]
