"""Runs and deployments through the extension: a real Jupyter server, a real Prefect server, real kernels."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from nb2ops.model import Json
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from tests.lab.asking import Fetch, ask, send
from tests.lab.shapes import unlike
from tests.notebooks import wait_for, write_notebook

PATIENCE = 180.0
pytestmark = pytest.mark.usefixtures("patient")
CANCELLABLE = {"cancel": True, "retry": False, "resume": False}
Wire = Callable[[str], Any]


async def until(look: Callable[[], Awaitable[Any]], good: Callable[[Any], bool]) -> Any:
    """Return what `look` sees when it is good."""
    end = time.monotonic() + PATIENCE
    while True:
        seen = await look()
        if good(seen):
            return seen
        assert time.monotonic() < end, seen
        await asyncio.sleep(0.3)


@pytest.fixture
def name() -> str:
    return f"nb_{uuid4().hex[:8]}"


@pytest.fixture
def write(jp_root_dir: Path, prefect: Connection, name: str) -> Callable[..., str]:
    def make(*cells: Any) -> str:
        return write_notebook(jp_root_dir / f"{name}.ipynb", *cells).name

    return make


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which everything else runs too is slow to answer."""
    monkeypatch.setattr("nb2ops.lab.handlers.ANSWER_WITHIN", PATIENCE)


def step_of(view: Any, name: str) -> Any:
    return next(step for step in view["steps"] if step["name"] == name)


def shown(fetch: Fetch, run: str) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        status, view = await ask(fetch, f"runs/{run}")
        assert status == 200, view
        return view

    return look


async def test_a_run_from_its_start_to_its_comparison(
    jp_fetch: Fetch, write: Callable[..., str], name: str, wire: Wire, jp_root_dir: Path, jp_serverapp: Any
) -> None:
    told: list[Any] = []

    async def hear(logger: Any, schema_id: str, data: Any) -> None:
        told.append(data)

    jp_serverapp.event_logger.add_listener(schema_id="https://nb2ops.invalid/events/change", listener=hear)
    flag = jp_root_dir / "go"
    wait = wait_for(flag)
    path = write(
        ("parameters", "n: int = 2"),
        ("step:load", "print('rows', n)"),
        ("", wait),
        ("step:score", "auc = n / 10"),
        ("metrics", "auc"),
        ("gate", "assert auc > 0.1"),
    )
    status, fault = await send(jp_fetch, "POST", "runs", {"path": path, "parameters": {"n": "many", "m": 1}})
    assert (status, fault["code"], sorted(fault["fields"])) == (422, "invalid", ["parameters.m", "parameters.n"])
    status, run = await send(jp_fetch, "POST", "runs", {"path": path, "parameters": {"n": "3"}, "texts": ["n"]})
    assert (status, run["state"], run["path"]) == (201, "Pending", path)
    going = await until(shown(jp_fetch, run["id"]), lambda view: view["steps"] and step_of(view, "load")["cell"])
    assert unlike(wire("run_running"), going) == []
    load = step_of(going, "load")
    assert (load["done"], load["total"], load["cell"]["index"]) in {(0, 2, 1), (1, 2, 2)}
    assert (going["over"], going["has_notebook"], going["actions"]) == (False, False, CANCELLABLE)
    flag.touch()
    done = await until(shown(jp_fetch, run["id"]), lambda view: view["over"])
    assert (done["run"]["state"], done["has_notebook"], done["actions"]["retry"]) == ("Completed", True, True)
    assert unlike(wire("run_completed"), done) == []
    assert [(each["name"], each["value"]) for each in done["metrics"]] == [("auc", 0.3)]
    assert [each["key"].rpartition("-")[2] for each in done["artifacts"]] == ["metrics", "notebook"]
    assert {each["name"]: each["first"]["index"] for each in done["steps"]} == {"setup": 0, "load": 1, "score": 3}
    assert [(each["upstream"], each["downstream"]) for each in done["edges"]] == [("setup", "load"), ("setup", "score")]
    _, log = await until(
        lambda: ask(jp_fetch, f"runs/{run['id']}/logs", params={"step": "load"}), lambda answer: answer[1]["over"]
    )
    assert unlike(wire("logs"), log) == []
    assert "cell 2: rows 3" in [line["text"] for line in log["lines"]]
    _, tail = await ask(jp_fetch, f"runs/{run['id']}/logs", params={"step": "load", "tail": "true", "limit": "1"})
    assert tail["lines"] == log["lines"][-1:]
    _, rest = await ask(jp_fetch, f"runs/{run['id']}/logs", params={"step": "load", "cursor": log["next"]})
    assert (rest["lines"], rest["over"]) == ([], True)
    _, executed = await ask(jp_fetch, f"runs/{run['id']}/notebook")
    assert any("rows 3" in str(cell.get("outputs")) for cell in executed["cells"])
    _, report = await ask(jp_fetch, f"runs/{run['id']}/report")
    assert report.startswith("<!DOCTYPE html>")
    assert "rows 3" in report
    _, page = await ask(jp_fetch, "runs", params={"path": path, "state": "failed,completed", "text": name[:6]})
    assert [each["id"] for each in page["runs"]] == [run["id"]]
    assert unlike(wire("runs"), page) == []
    status, fault = await send(jp_fetch, "POST", f"runs/{run['id']}/cancel")
    assert (status, fault["code"]) == (409, "conflict")
    status, second = await send(jp_fetch, "POST", f"runs/{run['id']}/retry")
    assert (status, second["id"] != run["id"], second["version"]) == (201, True, done["run"]["version"])
    await until(shown(jp_fetch, second["id"]), lambda view: view["over"])
    status, both = await ask(jp_fetch, "compare", params={"runs": f"{run['id']},{second['id']}"})
    assert status == 200
    assert unlike(wire("compare"), both) == []
    assert {each["shown"] for each in both["cells"]} == {"same"}
    assert [each["same"] for each in (*both["parameters"], *both["metrics"])] == [True, True]
    assert {"run", "progress"} <= {each["kind"] for each in told if each["id"] == run["id"]}


async def test_what_would_give_the_same_runs_only_where_somebody_wants_it(
    jp_fetch: Fetch, write: Callable[..., str], prefect: Connection
) -> None:
    path = write(("step:load", "rows = [1, 2]"), ("step:sum", "print(sum(rows))"))

    async def states(where: str, body: Json) -> set[str]:
        status, run = await send(jp_fetch, "POST", where, body)
        assert status == 201, run
        view = await until(shown(jp_fetch, run["id"]), lambda view: view["over"])
        last.append(run["id"])
        return {step["state"] for step in view["steps"]}

    last: list[str] = []
    assert await states("runs", {"path": path}) == {"Completed"}
    assert await states("runs", {"path": path}) == {"Cached"}
    assert await states("runs", {"path": path, "force": True}) == {"Completed"}
    assert await states(f"runs/{last[-1]}/retry", {}) == {"Completed"}


async def test_a_failed_run_leads_to_its_cell_and_is_gone_on_with(
    jp_fetch: Fetch, write: Callable[..., str], wire: Wire, prefect: Connection, jp_root_dir: Path
) -> None:
    path = write(("markdown", "# Fails"), ("step:load", "x = 1"), ("step:fit", "y = 2\nx / 0"))
    _, first = await send(jp_fetch, "POST", "runs", {"path": path})
    view = await until(shown(jp_fetch, first["id"]), lambda view: view["over"])
    assert unlike(wire("run_failed"), view) == []
    failure = view["failure"]
    where = {"cell": 2, "index": 2, "id": "c2", "line": 2, "ename": "ZeroDivisionError"}
    assert (view["run"]["state"], {name: failure[name] for name in where}) == ("Failed", where)
    assert (view["actions"]["resume"], view["obstacle"]) == (True, None)

    (folder,) = (jp_root_dir / ".nb2ops" / "runs").iterdir()
    aside = folder.rename(jp_root_dir / "aside")
    view = await shown(jp_fetch, first["id"])()
    assert not view["actions"]["resume"]
    assert view["obstacle"] == f"What {first['name']} left is not on this machine. Run its notebook again."
    status, fault = await send(jp_fetch, "POST", f"runs/{first['id']}/resume")
    assert (status, fault["code"], fault["message"]) == (409, "conflict", view["obstacle"])
    aside.rename(folder)

    write(("markdown", "# Fails"), ("step:load", "x = 1"), ("step:fit", "y = 2\nx / 1"))
    status, second = await send(jp_fetch, "POST", f"runs/{first['id']}/resume")
    assert (status, second["path"], second["id"] != first["id"]) == (201, path, True)
    done = await until(shown(jp_fetch, second["id"]), lambda view: view["over"])
    assert unlike(wire("run_resumed"), done) == []
    load, fit = (step_of(done, name) for name in ("load", "fit"))
    assert unlike(wire("run_resumed")["steps"][0], load) == []
    assert (load["state"], load["computed_by"]) == ("Cached", {"id": first["id"], "name": first["name"]})
    assert (fit["state"], fit["computed_by"], done["obstacle"]) == ("Completed", None, None)
    status, fault = await send(jp_fetch, "POST", f"runs/{second['id']}/resume")
    assert (status, fault["code"]) == (409, "conflict")
    assert "nothing to resume" in fault["message"]

    request(prefect, "DELETE", f"/flow_runs/{first['id']}")
    forgotten = await shown(jp_fetch, first["id"])()
    assert (forgotten["run"]["state"], forgotten["failure"]["cell"]) == ("Failed", 2)
    assert (forgotten["actions"], "has forgotten" in forgotten["obstacle"]) == (dict.fromkeys(CANCELLABLE, False), True)
    status, both = await ask(jp_fetch, "compare", params={"runs": f"{first['id']},{second['id']}"})
    assert (status, unlike(wire("compare"), both), both["notices"]) == (200, [], [])
    assert [(each["id"], each["state"]) for each in both["runs"]] == [
        (first["id"], "Failed"),
        (second["id"], "Completed"),
    ]
    assert {tuple(each["cells"]): each["source"] for each in both["cells"]} == {(1, 1): "same", (2, 2): "changed"}

    (executed,) = (each for each in folder.parent.glob(f"*/{path}") if each.parent != folder)
    os.truncate(executed, 100_000_001)
    status, fault = await ask(jp_fetch, f"runs/{second['id']}/notebook")
    assert (status, fault["code"]) == (413, "too_large")
    assert str(executed) in fault["message"]


async def test_a_deployment_from_its_birth_to_its_end(
    jp_fetch: Fetch, write: Callable[..., str], name: str, wire: Wire
) -> None:
    path = write(("parameters", "n: int = 2"), ("step:load", "print(n)"))
    body = {"path": path, "schedules": [{"cron": "0 6 * * *", "timezone": "Nowhere/City"}]}
    status, fault = await send(jp_fetch, "POST", "deployments", body)
    assert (status, fault["field"]) == (422, "schedules.0.timezone")
    for wrong in ({"on_failure": ["block:none/such"]}, {"on_failure": ["ada@example"]}, {"name": "a<b"}):
        status, fault = await send(jp_fetch, "POST", "deployments", {"path": path, **wrong})
        assert (status, fault["field"]) == (422, next(iter(wrong)))
    body = {
        "path": path,
        "schedules": [{"cron": "0 6 * * *", "timezone": "Europe/Berlin"}],
        "parameters": {"n": 4},
        "on_failure": ["webhook:https://hooks.example/secret"],
        "pool": f"nobody-works-for-{name}",  # or a run would begin before it is cancelled
    }
    status, made = await send(jp_fetch, "POST", "deployments", body)
    assert (status, made["deployment"]["change"], len(made["next_runs"])) == (201, "created", 5)
    assert unlike(wire("deployed"), made) == []
    place = f"deployments/{made['deployment']['id']}"
    status, view = await ask(jp_fetch, place)
    assert (status, view["deployment"]["path"], view["deployment"]["parameters"]) == (200, path, {"n": 4})
    assert unlike(wire("deployment"), view) == []
    assert (view["data"], view["deployment"]["notifications"]) == (None, {"failure": ["webhook hooks.example"]})
    assert [each["kind"] for each in view["takes"]] == ["integer"]
    status, view = await send(jp_fetch, "PATCH", place, {"paused": True, "schedules": [{"interval": 3600}]})
    assert (status, view["deployment"]["paused"], view["next_runs"]) == (200, True, [])
    assert [each["interval"] for each in view["deployment"]["schedules"]] == [3600.0]
    status, run = await send(jp_fetch, "POST", f"{place}/run", {"parameters": {"n": 5}})
    assert (status, run["deployment"], run["cause"]) == (201, name, "deployment")
    status, fault = await send(jp_fetch, "POST", f"{place}/run", {"parameters": {"k": 5}})
    assert (status, fault["field"]) == (422, "parameters.k")
    _, listed = await ask(jp_fetch, "deployments", params={"history": "5"})
    (ours,) = [each for each in listed["deployments"] if each["name"] == name]
    assert [each["id"] for each in ours["history"]] == [run["id"]]
    assert unlike(wire("deployments")["deployments"][0], ours) == []
    status, cancelled = await send(jp_fetch, "POST", f"runs/{run['id']}/cancel")
    assert (status, cancelled["state"]) == (200, "Cancelled")
    assert await ask(jp_fetch, place, method="DELETE") == (204, None)
    status, fault = await ask(jp_fetch, place)
    assert (status, fault["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cron": "0 0 31 2 *"}, "cron"),
        ({"cron": "* * * * * *"}, "cron"),
        ({"interval": 0.5}, "interval"),
        ({}, "cron"),
    ],
)
async def test_a_schedule_that_never_fires_is_refused_by_its_field(jp_fetch: Fetch, body: Any, field: str) -> None:
    status, fault = await send(jp_fetch, "POST", "schedule/preview", body)
    assert (status, fault["field"]) == (422, field)


async def test_a_schedule_is_foretold_with_the_changes_of_clocks(jp_fetch: Fetch, wire: Wire) -> None:
    body = {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    status, found = await send(jp_fetch, "POST", "schedule/preview", body)
    assert (status, len(found["next_runs"]), unlike(wire("preview"), found)) == (200, 5, [])
    assert found["clock_changes"]


@pytest.mark.parametrize("what", ["runs/{}", "runs/{}/logs", "runs/{}/notebook", "runs/{}/report", "deployments/{}"])
async def test_what_is_not_there(jp_fetch: Fetch, prefect: Connection, what: str) -> None:
    status, fault = await ask(jp_fetch, what.format(uuid4()))
    assert (status, fault["code"]) == (404, "not_found")


async def test_health_names_the_pools_without_a_worker(jp_fetch: Fetch, prefect: Connection, wire: Wire) -> None:
    status, health = await ask(jp_fetch, "health")
    assert (status, health["reachable"], health["local"]) == (200, True, True)
    assert unlike(wire("health"), health) == []
    assert json.dumps(health).find(str(prefect.auth)) == -1
