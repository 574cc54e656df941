"""What the processes beside the Jupyter server do: a task per line of standard input, JSON in and out."""

from __future__ import annotations

import json
import os
import select
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nb2ops.lab.faults import explain, is_expected
from nb2ops.model import Json

IDLE_SECONDS = 600.0
# What the sidebar is told of what Prefect and the machine know
DEPLOYED = ("deployment", "pool", "paused", "schedules", "next_runs", "clock_changes", "reads", "problems")
SHOWN = ("deployment", "policy", "directory", "next_runs", "clock_changes")
WATCHED = ("patterns", "settle")


def serve() -> None:
    """Do tasks until standard input ends, or for `IDLE_SECONDS` there is none."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # processes that a task starts must not take the next order
    os.dup2(2, 1)  # what libraries print goes to the server's log
    while select.select([orders], [], [], IDLE_SECONDS)[0]:
        line = orders.readline()
        if not line:
            return
        status, body = _answer(json.loads(line))
        answers.write(json.dumps({"status": status, "length": len(body)}).encode() + b"\n" + body)
        answers.flush()


def _answer(order: Json) -> tuple[int, bytes]:
    try:
        return 200, json.dumps(TASKS[order["task"]](**order["arguments"])).encode()
    except Exception as error:  # the process goes on, and the client is told by the same rules as everywhere
        if not is_expected(error):
            traceback.print_exc()
        status, fault = explain(error, 500)
        return status, json.dumps(asdict(fault)).encode()


def look(path: str) -> Json:
    """Return a notebook as an author sees it."""
    from nb2ops.orchestration.authoring import view

    return view(Path(path))


def tag(path: str, every: int | None, write: bool) -> Json:
    """Return proposed tags, written into the notebook where `write` says so."""
    from nb2ops.orchestration.authoring import propose, tagged_text, write_tags

    proposal, found = propose(Path(path), every)
    if write:
        write_tags(Path(path), Path(path), tagged_text(Path(path), proposal))
    return {**found, "written": write}


def build(path: str, folder: str) -> Json:
    """Write a bundle."""
    from nb2ops.orchestration import authoring

    return asdict(authoring.build(Path(path), Path(folder)))


def prepare(path: str, said: Json) -> Json:
    """Return an order for a run of a notebook, whose bundle is built."""
    from nb2ops.orchestration.starting import prepare as make
    from nb2ops.wire import encode

    order: Json = encode(make(Path(path), **said))
    return order


def resume(found: Json) -> Json:
    """Return an order for going on with a run that did not complete; what is built of its notebook is written."""
    from nb2ops.orchestration.resuming import Interrupted
    from nb2ops.orchestration.starting import resumed
    from nb2ops.wire import decode, encode

    order: Json = encode(resumed(decode(Interrupted, found)))
    return order


def compare(first: str | None, second: str | None) -> Json:
    """Compare two runs by the folders of their records."""
    from nb2ops.orchestration.comparing import compare_records

    return compare_records(Path(first) if first else None, Path(second) if second else None)


def report(folder: str) -> str:
    """Return the page about a run by the folder of its record."""
    from nb2ops.orchestration.accounts import account_of
    from nb2ops.pages.report import page

    return page(account_of(folder))


def deploy(path: str, said: Json) -> Json:
    """Deploy a notebook; whose it is and where its pins lie is left out of the answer."""
    from nb2ops.orchestration.authoring import placed
    from nb2ops.orchestration.deploying import Wish
    from nb2ops.orchestration.deploying import deploy as register
    from nb2ops.orchestration.notifications import OCCASIONS, check_targets
    from nb2ops.orchestration.options import RunOptions
    from nb2ops.orchestration.packing import pack, pins_of, read_contents, reads_of
    from nb2ops.orchestration.policies import CatchUp, Overlap
    from nb2ops.orchestration.reporting import report as describe
    from nb2ops.orchestration.services import connect
    from nb2ops.orchestration.timing import make_schedules
    from nb2ops.parameter_types import convert
    from nb2ops.wire import encode

    contents = read_contents(Path(path))
    options = RunOptions(kernel=said.pop("kernel"), timeout=said.pop("timeout"))
    texts, schedules = frozenset(said.pop("texts")), said.pop("schedules")
    parameters = convert(contents.pipeline.parameters, said.pop("parameters"), texts=texts)
    times = None if schedules is None else make_schedules(schedules)
    late, meeting = said.pop("catch_up"), said.pop("overlap")
    notify = {name: check_targets(said.pop(f"on_{name}"), f"on_{name}") for name in OCCASIONS}
    wish = Wish(
        **said,
        catch_up=CatchUp(late) if late else None,
        overlap=Overlap(meeting) if meeting else None,
        parameters=parameters,
        schedules=times,
        options=options,
        notify=notify,
    )
    pins = pins_of(contents, options.kernel)
    parcel = pack(contents, Path(path), pins)
    connection = connect()
    found = describe(connection, register(connection, parcel, wish), reads_of(contents, None), pins)
    notebook = contents.compilation.notebook if contents.compilation else None
    problems = [placed(each, notebook) for each in (*contents.problems, *found.problems)]
    told: Json = {**encode(found), "problems": problems}
    return {name: told[name] for name in DEPLOYED}


def preview(said: Json) -> Json:
    """Say when a schedule fires next, and what the changes of clocks do to it."""
    from nb2ops.orchestration.reporting import preview as foresee
    from nb2ops.orchestration.timing import make_schedule
    from nb2ops.wire import encode

    found: Json = encode(foresee(make_schedule(**said)))
    return found


def deployment(id: str) -> Json:  # noqa: A002  the wire's own word
    """Return a deployment with what becomes of its slots, what its runs take and how their metrics went."""
    from nb2ops.orchestration.reporting import describe_deployment
    from nb2ops.orchestration.services import connect
    from nb2ops.orchestration.trends import HISTORY, takes, trends
    from nb2ops.wire import encode

    connection = connect()
    found = describe_deployment(connection, id, HISTORY)
    told: Json = encode(found)
    return {
        **{name: told[name] for name in SHOWN},
        "data": told["data"] and {name: told["data"][name] for name in WATCHED},
        "takes": takes(found.deployment),
        "metrics": [encode(each) for each in trends(connection, found.deployment)],
    }


TASKS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (look, tag, build, prepare, resume, compare, report, deploy, preview, deployment)
}
