from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.model import Deployment, Json, Run, Schedule
from nb2ops.orchestration import services
from nb2ops.orchestration.api import Api, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.deploying import Registered, Wish, deploy
from nb2ops.orchestration.deployments import list_deployments, read_deployments
from nb2ops.orchestration.history import RunFilter, list_runs
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.timing import make_schedule
from nb2ops.runtime.processes import wait_until
from tests.notebooks import write_notebook

from .postgres import ON_BOTH

DAILY = make_schedule(cron="0 6 * * 1-5", timezone="Europe/Berlin")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    cells = ("parameters", "depth: int = 3"), ("step:load", "print('scheduled')")
    return write_notebook(tmp_path / f"nb-{uuid4().hex[:8]}.ipynb", *cells)


@pytest.fixture
def register(prefect: Connection, path: Path):
    def register(notebook: Path = path, **said) -> Registered:
        return deploy(prefect, pack(read_contents(notebook), notebook), Wish(**said))

    return register


def deployment(identifier: str) -> Deployment:
    (found,) = [each for each in list_deployments() if each.id == identifier]
    return found


def state(prefect: Connection, run: str) -> str:
    return str(request(prefect, "GET", f"/flow_runs/{run}")["state_name"])


class Counting(Api):
    """Counts the requests."""

    asked = 0

    async def post(self, path: str, body: Json) -> object:
        self.asked += 1
        return await super().post(path, body)


class TestListed:
    @ON_BOTH
    def test_with_all_that_was_said(self, register, path, prefect):
        done = register(schedules=(DAILY,), parameters={"depth": 4}, pool="elsewhere", name="daily")
        shown = deployment(done.id)
        assert shown.next_run is None or shown.next_run > "2026"
        assert replace(shown, next_run=None) == Deployment(
            id=done.id,
            name="daily",
            flow=path.stem,
            notebook=str(path),
            version=done.version,
            pool="elsewhere",
            paused=False,
            schedules=(Schedule("0 6 * * 1-5", None, "Europe/Berlin"),),
            owner=shown.owner,
            project=str(path.parent.resolve()),
            changed=False,
            parameters={"depth": 4},
            url=prefect.page(f"deployments/deployment/{done.id}"),
        )

    def test_each_with_its_own_next_and_last_run_also_beside_a_busy_one(self, register, prefect, pool, monkeypatch):
        """One deployment alone fills a page of runs, here of 20: hundreds of late ones would keep Prefect busy."""
        monkeypatch.setattr("nb2ops.orchestration.deployments.PAGE", 20)
        busy = register(name="busy", schedules=(make_schedule(interval=3600),), pool=pool)
        calm = register(name="calm", schedules=(DAILY,), pool=pool)
        window = {"start_time": "2021-01-01T00:00:00Z", "end_time": "2021-01-02T06:00:00Z", "min_runs": 30}
        request(prefect, "POST", f"/deployments/{busy.id}/schedule", window)
        window = {"start_time": "2020-06-01T00:00:00Z", "end_time": "2020-06-02T05:00:00Z"}
        request(prefect, "POST", f"/deployments/{calm.id}/schedule", window)
        assert deployment(calm.id).last_run.expected == "2020-06-02T04:00:00Z"
        assert deployment(busy.id).last_run.expected > "2021-01-02"
        for done in (busy, calm):
            request(prefect, "DELETE", f"/deployments/{done.id}")

    def test_with_as_many_requests_for_ten_as_for_one(self, register, prefect):
        async def requests() -> int:
            async with Counting(prefect) as api:
                await read_deployments(api)
                return api.asked

        register(name="first")
        before = asyncio.run(requests())
        for number in range(9):
            register(name=f"more-{number}")
        assert asyncio.run(requests()) <= before + 1  # another page of runs may have begun


class TestChanged:
    def test_when_a_cell_or_a_tag_changes_and_not_with_outputs(self, register, path):
        done = register()
        notebook = json.loads(path.read_text())
        notebook["cells"][1]["execution_count"] = 7
        notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "scheduled\n"}]
        path.write_text(json.dumps(notebook))
        assert deployment(done.id).changed is False
        notebook["cells"][1]["source"] = "print('changed')"
        path.write_text(json.dumps(notebook))
        assert deployment(done.id).changed is True
        register()
        assert deployment(done.id).changed is False

    def test_is_not_known_where_the_notebook_is_gone_or_no_longer_one(self, register, path):
        done = register()
        path.write_text("{")
        assert deployment(done.id).changed is None
        path.unlink()
        assert deployment(done.id).changed is None


class TestScheduled:
    def test_the_local_worker_runs_it_also_after_the_notebook_is_gone(self, prefect: Connection, register, path):
        """Guards the trap of a server that looks healthy and schedules nothing (SQLAlchemy 2.1)."""
        registered = register(name="often", schedules=(make_schedule(interval=15),))
        path.unlink()
        assert services.up().worker
        found: list[Run] = []

        def ran() -> bool:
            found[:] = list_runs(RunFilter(notebook=str(path), state="completed")).runs
            return bool(found)

        assert wait_until(ran, 90)
        shown = deployment(registered.id)
        assert (shown.workers_online, shown.next_run is not None, shown.pool) == (1, True, "nb2ops")
        run = found[-1]
        assert (run.flow, run.notebook, run.cause) == (path.stem, str(path), "schedule")
        assert run.url == prefect.page(f"runs/flow-run/{run.id}")
        labels = request(prefect, "GET", f"/flow_runs/{run.id}")["labels"]
        assert labels["nb2ops.version"] == registered.version
        request(prefect, "DELETE", f"/deployments/{registered.id}")

    def test_the_local_worker_cancels_it(self, prefect: Connection, tmp_path, register):
        services.up()
        busy = "import pathlib, time\npathlib.Path('left').touch()\ntime.sleep(600)"
        path = write_notebook(tmp_path / f"busy-{uuid4().hex[:8]}.ipynb", ("step:left", busy))
        registered = register(path)
        run = request(prefect, "POST", f"/deployments/{registered.id}/create_flow_run", {})["id"]
        assert wait_until(lambda: (tmp_path / "left").exists(), 90)

        cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        request(prefect, "POST", f"/flow_runs/{run}/set_state", cancelling)
        assert wait_until(lambda: state(prefect, run) not in {"Running", "Cancelling"}, 60)
        assert state(prefect, run) == "Cancelled"
