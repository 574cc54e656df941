"""A deployment's schedules in Prefect: those that stay keep their identity.

Prefect runs a slot of a schedule once, by a key made of the ids of deployment and schedule and the time. A schedule
that is deleted and made again has a new id, and its slot of this minute would run twice; so what is the same stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from blake3 import blake3

from nb2ops.model import Json, Schedule
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.slots import schedule_json

PREFECTS_START = "DTSTART:20200101T000000\n"
"""What Prefect writes before a recurrence rule that says no start."""


def slug_of(schedule: Schedule) -> str:
    """Return Prefect's name for a schedule: the same content has the same."""
    content = json.dumps([schedule_json(schedule), dict(schedule.parameters)], sort_keys=True)
    return f"nb2ops-{blake3(content.encode()).hexdigest()[:12]}"


def new_schedules(schedules: Iterable[Schedule]) -> list[Json]:
    """Return what Prefect's API takes for schedules."""
    return [
        {
            "schedule": schedule_json(each),
            "active": each.active,
            "parameters": dict(each.parameters),
            "slug": slug_of(each),
        }
        for each in {slug_of(each): each for each in schedules}.values()
    ]


def set_schedules(connection: Connection, known: Json, schedules: Sequence[Schedule]) -> bool:
    """Give a deployment these schedules and no others; return whether anything had to be changed.

    Args:
        connection: Prefect's API.
        known: the deployment as Prefect lists it.
        schedules: what it shall have.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    place = f"/deployments/{known['id']}/schedules"
    there = {each["slug"] or each["id"]: each["id"] for each in known["schedules"]}
    wanted = {each["slug"]: each for each in new_schedules(schedules)}
    missing = [each for slug, each in wanted.items() if slug not in there]
    if missing:
        request(connection, "POST", place, missing)
    gone = [identifier for slug, identifier in there.items() if slug not in wanted]
    for identifier in gone:
        request(connection, "DELETE", f"{place}/{identifier}")
    return bool(missing or gone)


def schedules_of(row: Json) -> tuple[Schedule, ...]:
    """Return the schedules of a deployment as Prefect lists it."""
    return tuple(_schedule(each) for each in row["schedules"])


def _schedule(row: Json) -> Schedule:
    rule = row["schedule"]
    return Schedule(
        cron=rule.get("cron"),
        interval=rule.get("interval"),
        timezone=rule.get("timezone") or "UTC",
        active=row["active"],
        rrule=_without_start(rule.get("rrule")),
        parameters=row["parameters"],
    )


def _without_start(rrule: str | None) -> str | None:
    return rrule.removeprefix(PREFECTS_START) if rrule else None
