"""How deployments look on a terminal."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from nb2ops.cli.tables import console, state_text, table, time_text
from nb2ops.model import Deployment, Schedule

if TYPE_CHECKING:
    from nb2ops.orchestration.reporting import DeploymentDetails, Report
    from nb2ops.orchestration.slots import Slot

PLACE_STYLES = {"missing": "red", "found": "green", "bundled": "green", "written": "cyan"}


def deployments(found: Sequence[Deployment]) -> None:
    """Print deployments."""
    if not found:
        console().print('No deployments yet. Begin with: nb2ops deploy notebook.ipynb --cron "0 6 * * *"')
        return
    rows = table("deployment", "schedule", "next run", "last run", "pool", "workers")
    for each in found:
        last = Text("")
        if each.last_run:
            last = Text.assemble(state_text(each.last_run.state), " ", time_text(each.last_run.start))
        online = str(each.workers_online) if each.workers_online else "none online: nb2ops up"
        words = _schedules_text(each.schedules)
        rows.add_row(escape(_named(each)), escape(words), time_text(each.next_run), last, each.pool or "", online)
        if each.changed:
            rows.add_row("", Text(f"notebook changed since: nb2ops deploy {each.notebook}", style="yellow"))
    console().print(rows)


def _named(found: Deployment) -> str:
    return f"{found.flow}/{found.name}" + (" (paused)" if found.paused else "")


def _schedules_text(schedules: Sequence[Schedule]) -> str:
    from nb2ops.orchestration.slots import schedule_text

    return ", ".join(map(schedule_text, schedules)) or "no schedule"


def deployed(found: Report) -> None:
    """Print what `deploy` did."""
    out = console()
    done = found.deployment
    out.print(
        f"Deployment {escape(done.name)}: {done.change}, {escape(_schedules_text(found.schedules))}.", soft_wrap=True
    )
    commit = f" (git {found.origin.commit})" if found.origin and found.origin.commit else ""
    out.print(
        f"Version {done.version[:12]}{commit}, pool {escape(found.pool or 'none')}. {escape(done.url)}", soft_wrap=True
    )
    for notice in done.notices:
        out.print(f"[yellow]{escape(notice)}[/]", soft_wrap=True)
    _reads(found, out)
    if found.pins:
        out.print(f"Pinned: {escape(found.pins)}", soft_wrap=True)
    if found.paused:
        _paused(done.name, out)
    _next_runs(found.next_runs, len(found.schedules), out)
    for change in found.clock_changes:
        out.print(f"[yellow]{escape(change.text)}[/]", soft_wrap=True)
    from nb2ops.orchestration.worker import POOL

    worker = "nb2ops up" if found.pool == POOL else f"prefect worker start --pool {shlex.quote(found.pool or '')}"
    told = f"Runs use the notebook as it is now; deploy it again after a change. They need a worker: {worker}"
    out.print(escape(told), soft_wrap=True)


def _reads(found: Report, out: Console) -> None:
    if found.reads:
        rows = table("reads", "cell", "")
        for each in found.reads:
            rows.add_row(escape(each.path), str(each.cell), Text(each.place, style=PLACE_STYLES[each.place]))
        out.print(rows)


def _paused(name: str, out: Console) -> None:
    out.print(f"It is paused. Type: nb2ops deployments resume {escape(name)}", soft_wrap=True)


def _next_runs(slots: Sequence[Slot], schedules: int, out: Console) -> None:
    if slots:
        rows = table("next runs", "UTC", "")
        for each in slots:
            rows.add_row(_local(each.local), _utc(each.time), escape(each.schedule) if schedules > 1 else "")
        out.print(rows)


def details(found: DeploymentDetails) -> None:
    """Print a deployment with its policy, parameters and next runs."""
    out, shown, policy, data = console(), found.deployment, found.policy, found.data
    facts = {
        "notebook": shown.notebook,
        "owner": f"{shown.owner} (project {shown.project})" if shown.owner else None,
        "version": " ".join(filter(None, [(shown.version or "")[:12], shown.commit and f"(git {shown.commit})"])),
        "schedule": _schedules_text(shown.schedules),
        "late slots": policy.catch_up.value,
        "overlap": policy.overlap.value,
        "retries": str(policy.retries) if policy.retries else None,
        "runs at once": str(policy.concurrency) if policy.concurrency else None,
        "parameters": json.dumps(shown.parameters, ensure_ascii=False) if shown.parameters else None,
        "working directory": found.directory,
        "pool": f"{shown.pool} ({shown.workers_online} workers online)",
        "last run": f"{shown.last_run.name}: {shown.last_run.state}" if shown.last_run else None,
        "data": f"{', '.join(data.patterns)} in {data.directory}, settled for {data.settle:g} s" if data else None,
        **{f"told of {name}": ", ".join(each) for name, each in shown.notifications.items()},
        "in Prefect": found.url,
    }
    out.print(f"{escape(shown.flow)}/{escape(shown.name)}", soft_wrap=True)
    rows = table("", "")
    rows.show_header = False
    for name, value in facts.items():
        if value:
            rows.add_row(Text(name, style="dim"), escape(value))
    out.print(rows)
    if shown.changed:
        out.print(f"[yellow]The notebook changed since. Type: nb2ops deploy {escape(shown.notebook or '')}[/]")
    if shown.paused:
        _paused(f"{shown.flow}/{shown.name}", out)
    _next_runs(found.next_runs, len(shown.schedules), out)
    for change in found.clock_changes:
        out.print(f"[yellow]{escape(change.text)}[/]", soft_wrap=True)


def _local(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%a %Y-%m-%d %H:%M:%S %z")


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%a %H:%M:%S")
