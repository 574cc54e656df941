from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Json, Schedule
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.deploying import Parcel, Registered, Wish, deploy
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.ownership import Origin
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.policies import CatchUp, Overlap, Policy
from nb2ops.orchestration.scheduling import schedules_of
from nb2ops.orchestration.steering import start
from nb2ops.orchestration.store import check
from nb2ops.orchestration.timing import make_schedule
from tests.notebooks import write_notebook

DAILY = make_schedule(cron="0 6 * * 1-5", timezone="Europe/Berlin")
HOURLY = make_schedule(interval=3600, parameters={"depth": 9})


@pytest.fixture
def name() -> str:
    return f"nb-{uuid4().hex[:8]}"


@pytest.fixture
def parcel(prefect: Connection, tmp_path: Path, name: str):
    """Pack a notebook of a few lines."""

    def make(code: str = "print(depth)", owner: str = "ada", parameters: str = "depth: int = 3") -> Parcel:
        path = write_notebook(tmp_path / f"{name}.ipynb", ("parameters", parameters), ("step:load", code))
        packed = pack(read_contents(path), path)
        return replace(packed, origin=replace(packed.origin, owner=owner))

    return make


@pytest.fixture
def register(prefect: Connection, parcel):
    def register(given: Parcel | None = None, **said) -> Registered:
        return deploy(prefect, given or parcel(), Wish(**said))

    return register


def row(prefect: Connection, identifier: str) -> Json:
    found: Json = request(prefect, "GET", f"/deployments/{identifier}")
    return {key: value for key, value in found.items() if key not in {"status", "last_polled"}}


def test_prefect_knows_a_range_and_refuses_what_lies_outside(register, parcel, prefect):
    done = register(parcel(parameters="depth: int = 3  # range: 1..9"))
    found = row(prefect, done.id)["parameter_openapi_schema"]["properties"]["depth"]
    assert (found["minimum"], found["maximum"]) == (1, 9)
    with pytest.raises(UsageError, match="depth"):
        start(prefect, done.name, {"depth": 10})


class TestAgain:
    def test_the_same_changes_nothing(self, register, prefect, name):
        said = {"schedules": (DAILY, HOURLY), "parameters": {"depth": 4}, "pool": "elsewhere", "concurrency": 2}
        first = register(**said)
        assert (first.name, first.change) == (f"{name}/{name}", "created")
        before = row(prefect, first.id)
        assert sorted(map(str, schedules_of(before))) == sorted(map(str, (DAILY, HOURLY)))
        assert register(**said).change == "unchanged"
        assert register().change == "unchanged"
        assert row(prefect, first.id) == before

    def test_changed_content_is_updated_in_place_and_keeps_schedules_parameters_and_options(
        self, register, parcel, prefect, tmp_path
    ):
        first = register(
            schedules=(DAILY, HOURLY), parameters={"depth": 4}, options=RunOptions(directory=tmp_path), retries=2
        )
        before = row(prefect, first.id)
        again = register(parcel("print(depth + 1)"))
        after = row(prefect, again.id)
        assert (again.id, again.change, again.version != first.version) == (first.id, "updated", True)
        assert (after["version"], after["pull_steps"] != before["pull_steps"]) == (again.version, True)
        for kept in ("schedules", "parameters", "work_pool_name"):
            assert after[kept] == before[kept]
        assert after["job_variables"]["env"]["NB2OPS_DIRECTORY"] == str(tmp_path)
        assert Policy.from_environment(after["job_variables"]["env"]).retries == 2

    def test_a_schedule_that_stays_keeps_its_identity_and_others_come_and_go(self, register, prefect):
        first = register(schedules=(DAILY, HOURLY))
        ids = {each["schedule"].get("cron"): each["id"] for each in row(prefect, first.id)["schedules"]}
        weekly = make_schedule(rrule="FREQ=WEEKLY;BYDAY=MO;BYHOUR=6;BYMINUTE=0;BYSECOND=0")
        assert register(schedules=(DAILY, weekly)).change == "updated"
        after = row(prefect, first.id)["schedules"]
        assert {each["schedule"].get("cron"): each["id"] for each in after}[DAILY.cron] == ids[DAILY.cron]
        assert {each.rrule for each in schedules_of({"schedules": after})} == {None, weekly.rrule}
        assert register(schedules=()).change == "updated"
        assert row(prefect, first.id)["schedules"] == []

    def test_a_deployment_that_somebody_paused_stays_paused(self, register, prefect, parcel):
        first = register(schedules=(DAILY,))
        request(prefect, "POST", f"/deployments/{first.id}/pause_deployment", {})
        register(parcel("print('new')"))
        assert row(prefect, first.id)["paused"] is True
        register(paused=False)
        assert row(prefect, first.id)["paused"] is False

    def test_the_value_of_a_parameter_that_is_gone_is_dropped_with_a_notice(self, register, parcel, prefect):
        register(parameters={"depth": 4})
        again = register(parcel("print(1)", parameters="width: int = 3"))
        assert row(prefect, again.id)["parameters"] == {}
        assert any('"depth"' in notice for notice in again.notices)


class TestBundle:
    def test_lies_in_the_store_read_only_and_the_pull_step_proves_it(self, register, parcel, prefect):
        given = parcel()
        done = register(given)
        (step,) = row(prefect, done.id)["pull_steps"]
        assert step == {"nb2ops.orchestration.pulling.pull": {"source": str(given.folder), "version": given.version}}
        check(given.folder, given.version)
        flow = given.folder / "flow.py"
        assert flow.stat().st_mode & 0o777 == 0o444
        flow.chmod(0o644)
        flow.write_text(flow.read_text() + "\n# changed\n")
        with pytest.raises(UsageError, match=r"flow\.py was changed"):
            check(given.folder, given.version)
        with pytest.raises(UsageError, match="not on this machine"):
            check(given.folder.with_name("gone"), given.version)

    def test_the_same_notebook_is_the_same_version_whatever_its_outputs_and_its_place(self, tmp_path, prefect):
        versions = set()
        for folder in ("one", "two"):
            (tmp_path / folder).mkdir()
            path = write_notebook(tmp_path / folder / "nb.ipynb", ("step:a", "x = 1"))
            versions.add(pack(read_contents(path), path).version)
        assert len(versions) == 1


class TestPolicy:
    @pytest.mark.parametrize(
        ("said", "expected", "limit"),
        [
            ({}, Policy(), None),
            ({"overlap": Overlap.QUEUE}, Policy(overlap=Overlap.QUEUE), 1),
            ({"overlap": Overlap.PARALLEL, "concurrency": 3}, Policy(overlap=Overlap.PARALLEL, concurrency=3), 3),
            ({"catch_up": CatchUp.ALL}, Policy(CatchUp.ALL, Overlap.QUEUE), 1),
        ],
    )
    def test_travels_with_the_deployment(self, register, prefect, said, expected, limit):
        found = row(prefect, register(**said).id)
        assert Policy.from_environment(found["job_variables"]["env"]) == expected
        assert (found["global_concurrency_limit"] or {}).get("limit") == limit

    def test_policies_that_contradict_each_other_are_refused(self, register):
        with pytest.raises(UsageError, match="skip each other"):
            register(catch_up=CatchUp.ALL, overlap=Overlap.SKIP)


class TestParameters:
    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"parameters": {"dept": 4}}, 'no parameter "dept". Did you mean "depth"'),
            ({"parameters": {"depth": "deep"}}, "depth|deep|integer"),
            ({"schedules": (replace(HOURLY, parameters={"dept": 4}),)}, 'no parameter "dept"'),
        ],
    )
    def test_that_the_notebook_does_not_take_are_refused(self, register, prefect, name, said, message):
        with pytest.raises(UsageError, match=message):
            register(**said)
        query = {"deployments": {"name": {"any_": [name]}}}
        assert request(prefect, "POST", "/deployments/filter", query) == []


class TestOwnership:
    def test_two_users_with_notebooks_of_one_name_do_not_collide(self, register, parcel, name):
        adas = register(parcel("print('ada')", owner="ada"))
        bobs = register(parcel("print('bob')", owner="bob"))
        assert (adas.name, bobs.name) == (f"{name}/{name}", f"{name}/{name}-bob")
        assert "belongs to ada" in bobs.notices[0]
        assert register(parcel("print('bob')", owner="bob")).change == "unchanged"
        assert register(parcel("print('ada')", owner="ada")).change == "unchanged"

    def test_replacing_anothers_needs_to_be_said(self, register, parcel, prefect, name):
        first = register(parcel(owner="ada"), name="report")
        with pytest.raises(UsageError, match=r"report belongs to ada .*--take-over"):
            register(parcel(owner="bob"), name="report")
        taken = register(parcel(owner="bob"), name="report", take_over=True)
        assert (taken.id, taken.change) == (first.id, "updated")
        assert row(prefect, first.id)["job_variables"]["env"]["NB2OPS_OWNER"] == "bob"

    def test_one_that_was_made_without_nb2ops_belongs_to_somebody_else(self, register, prefect, name):
        flow = request(prefect, "POST", "/flows/", {"name": name})["id"]
        request(prefect, "POST", "/deployments/", {"name": name, "flow_id": flow})
        with pytest.raises(UsageError, match="did not use nb2ops"):
            register(name=name)

    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            ({"pyproject.toml": '[project]\nname = "coffee"'}, ("coffee", "reports/nb.ipynb")),
            ({"pyproject.toml": '[tool.nb2ops]\nproject = "tea"'}, ("tea", "reports/nb.ipynb")),
            ({".git/HEAD": "x"}, ("root", "reports/nb.ipynb")),
        ],
    )
    def test_the_project_is_the_nearest_one(self, tmp_path, files, expected):
        from nb2ops.orchestration.ownership import origin_of

        root = tmp_path / "root"
        (root / "reports").mkdir(parents=True)
        for path, content in files.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text(content)
        origin = origin_of(root / "reports" / "nb.ipynb", "digest")
        assert (origin.project, origin.path) == expected

    def test_without_any_it_is_the_folder(self, tmp_path):
        from nb2ops.orchestration.ownership import origin_of

        assert origin_of(tmp_path / "nb.ipynb", "").identity[1:] == (str(tmp_path.resolve()), "nb.ipynb")

    def test_names_that_keep_owners_apart(self):
        assert list(Origin("ada@lab", "/srv/sales team", "nb.ipynb", "").names) == ["ada-lab", "ada-lab-sales-team"]


def test_schedules_of_prefect_are_ours(register, prefect):
    done = register(schedules=(HOURLY,))
    (found,) = schedules_of(row(prefect, done.id))
    assert found == Schedule(interval=3600.0, parameters={"depth": 9})


def test_who_is_told_stays_until_something_else_is_said(register, prefect):
    def told(identifier: str) -> Json:
        return json.loads(row(prefect, identifier)["job_variables"]["env"].get("NB2OPS_NOTIFY", "{}"))

    hook = ("webhook:https://hooks.example/x",)
    first = register(notify={"failure": hook, "success": hook})
    assert told(first.id) == {"failure": list(hook), "success": list(hook)}
    assert register().change == "unchanged"
    register(notify={"success": ("none",)})
    assert told(first.id) == {"failure": list(hook)}
    with pytest.raises(UsageError, match='no block "slack-webhook/nosuch"'):
        register(notify={"failure": ("block:slack-webhook/nosuch",)})
