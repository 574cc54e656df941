from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Deployment, Parameter, Run, Schedule
from nb2ops.orchestration import services
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.deploying import deploy
from nb2ops.orchestration.deployments import list_deployments
from nb2ops.orchestration.history import RunFilter, list_runs
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.timing import make_schedule
from nb2ops.runtime.processes import wait_until

from .bundles import Part, write_bundle

DEPTH = Parameter("depth", "int", "3", 3)
NAME = f"scheduled_{os.getpid()}"
BUSY = "import pathlib, time; pathlib.Path('{}').touch(); time.sleep(600)"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle", Part("load", ["print('scheduled')"]), name=NAME, parameters=[DEPTH])


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    return RunOptions(notebook=tmp_path / f"{NAME}.ipynb", version="v1", directory=tmp_path)


def deployment(name: str) -> Deployment:
    (found,) = [each for each in list_deployments() if each.name == name]
    return found


def state(prefect: Connection, run: str) -> str:
    return str(request(prefect, "GET", f"/flow_runs/{run}")["state_name"])


class TestDeploy:
    def test_the_same_again_changes_nothing(self, prefect, bundle, options):
        daily = make_schedule("0 6 * * 1-5", None, "Europe/Berlin")
        say = {"schedule": daily, "parameters": {"depth": 4}, "pool": "elsewhere"}
        first = deploy(prefect, bundle, options, name="daily", **say)
        assert (first.name, first.change) == (f"{NAME}/daily", "created")
        shown = deployment("daily")
        assert shown.next_run is None or shown.next_run > "2026"
        assert replace(shown, next_run=None) == Deployment(
            id=first.id,
            name="daily",
            flow=NAME,
            notebook=str(options.notebook),
            version="v1",
            pool="elsewhere",
            paused=False,
            schedules=(Schedule("0 6 * * 1-5", None, "Europe/Berlin"),),
        )
        before = request(prefect, "GET", f"/deployments/{first.id}")
        assert deploy(prefect, bundle, options, name="daily", **say).change == "unchanged"
        assert request(prefect, "GET", f"/deployments/{first.id}") == before

        again = deploy(prefect, bundle, replace(options, version="v2"), name="daily", **say)
        assert (again.id, again.change) == (first.id, "updated")
        assert deployment("daily").version == "v2"

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [({"dept": 4}, 'no parameter "dept". Did you mean "depth"'), ({"depth": "deep"}, "depth|deep|integer")],
    )
    def test_parameters_that_the_notebook_does_not_take(self, prefect, bundle, options, parameters, message):
        with pytest.raises(UsageError, match=message):
            deploy(prefect, bundle, options, name="wrong", parameters=parameters)
        assert [each for each in list_deployments() if each.name == "wrong"] == []


class TestSchedule:
    @pytest.mark.parametrize(
        ("cron", "interval", "zone", "message"),
        [
            ("61 * * * *", None, "UTC", "Bad minute"),
            ("* * *", None, "UTC", "five fields"),
            ("*/5 * * * * *", None, "UTC", "five fields"),
            ("0 0 31 2 *", None, "UTC", "never fires|Bad"),
            ("0 6 * * *", None, "Mars/Olympus", "no time zone"),
            (None, 0.0, "UTC", "at least one second"),
            ("0 6 * * *", 60.0, "UTC", "not both"),
        ],
    )
    def test_refused_before_prefect_sees_it(self, cron, interval, zone, message):
        with pytest.raises(UsageError, match=message):
            make_schedule(cron, interval, zone)

    def test_none(self):
        assert make_schedule(None, None) is None


class TestScheduled:
    def test_the_local_worker_runs_it(self, prefect: Connection, bundle, options):
        """Guards the trap of a server that looks healthy and schedules nothing (SQLAlchemy 2.1)."""
        registered = deploy(prefect, bundle, options, name="often", schedule=make_schedule(None, 15))
        assert services.up().worker
        found: list[Run] = []

        def ran() -> bool:
            found[:] = list_runs(RunFilter(deployment="often", state="completed")).runs
            return bool(found)

        assert wait_until(ran, 60)
        shown = deployment("often")
        assert (shown.workers_online, shown.next_run is not None, shown.pool) == (1, True, "nb2ops")
        run = found[-1]
        assert (run.flow, run.notebook, run.cause) == (NAME, str(options.notebook), "schedule")
        assert run.url == prefect.page(f"runs/flow-run/{run.id}")
        request(prefect, "DELETE", f"/deployments/{registered.id}")

    def test_the_local_worker_cancels_it(self, prefect: Connection, tmp_path, options):
        services.up()
        bundle = write_bundle(
            tmp_path / "bundle", *(Part(name, [BUSY.format(name)]) for name in ("left", "right")), name="busy"
        )
        registered = deploy(prefect, bundle, options)
        run = request(prefect, "POST", f"/deployments/{registered.id}/create_flow_run", {})["id"]
        assert wait_until(lambda: (tmp_path / "left").exists() and (tmp_path / "right").exists(), 60)

        cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        request(prefect, "POST", f"/flow_runs/{run}/set_state", cancelling)
        assert wait_until(lambda: state(prefect, run) not in {"Running", "Cancelling"}, 5)
        assert state(prefect, run) == "Cancelled"
