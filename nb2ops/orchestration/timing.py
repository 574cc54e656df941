"""Schedules checked before Prefect sees them, which accepts expressions that never fire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from nb2ops.errors import UsageError
from nb2ops.model import Schedule

CRON_FIELDS = 5
_CRON_VALUES = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, a day that the month has",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 or SUN-SAT",
}


def make_schedules(given: Iterable[Mapping[str, Any]]) -> tuple[Schedule, ...]:
    """Return schedules from the arguments of `make_schedule`.

    Raises:
        UsageError: one of them is wrong; the error's `fields` says which, for example "schedules.0.cron".
    """
    found = []
    for number, each in enumerate(given):
        try:
            found.append(make_schedule(**each))
        except UsageError as error:
            fields = {f"schedules.{number}.{name}": message for name, message in error.fields.items()}
            raise UsageError(str(error), fields=fields) from error
    return tuple(found)


def make_schedule(
    *,
    cron: str | None = None,
    interval: float | None = None,
    rrule: str | None = None,
    timezone: str = "UTC",
    active: bool = True,
    parameters: Mapping[str, Any] | None = None,
) -> Schedule:
    """Return a schedule that fires.

    Args:
        cron: an expression of five fields.
        interval: seconds between two runs.
        rrule: a recurrence rule (RFC 5545), for example "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0".
        timezone: an IANA name, for example "Europe/Berlin".
        active: whether it fires.
        parameters: values for its runs in place of the deployment's.

    Raises:
        UsageError: not exactly one of the three is given, it is wrong or never fires, or the time zone is unknown; the
            error's `fields` says which argument it was.

    Example:
        >>> make_schedule(cron="0 6 * * 1-5", timezone="Europe/Berlin").cron
        '0 6 * * 1-5'
    """
    if sum(each is not None for each in (cron, interval, rrule)) != 1:
        raise _wrong("cron", "A schedule has either a cron expression, an interval or a recurrence rule.")
    zone = _zone(timezone)
    if cron is not None:
        _check_cron(cron, zone)
    if interval is not None and not 1 <= interval < float("inf"):
        raise _wrong("interval", f"An interval is at least one second, not {interval:g}.")
    if rrule is not None:
        _check_rrule(rrule)
    seconds = None if interval is None else float(interval)
    return Schedule(cron, seconds, timezone, active, rrule, dict(parameters or {}))


def _check_cron(cron: str, zone: ZoneInfo) -> None:
    if len(cron.split()) != CRON_FIELDS:
        raise _wrong("cron", f'cron "{cron}": five fields are needed: minute, hour, day of month, month, day of week.')
    try:
        next(CronSim(cron, datetime.now(zone)))
    except CronSimError as error:
        raise _wrong("cron", f'cron "{cron}": {_remedy(str(error))}.') from error
    except StopIteration as error:
        raise _wrong("cron", f'cron "{cron}" never fires: there is no such day.') from error


def _remedy(said: str) -> str:
    """Say what may stand in the field that cronsim calls bad."""
    field = said.removeprefix("Bad ")
    values = _CRON_VALUES.get(field)
    return f"the {field} is wrong: write {values}; a range 2-4, a list 1,3, a step */2 or *" if values else said


def _check_rrule(rrule: str) -> None:
    from dateutil.rrule import rrulestr

    if "SECONDLY" in rrule.upper():  # Prefect counts through all seconds since the rule began, for minutes
        raise _wrong("rrule", f'rrule "{rrule}" is counted by the second, which Prefect cannot do. Use an interval.')
    start = datetime.now()
    try:
        following = rrulestr(rrule, dtstart=start).after(start)
    except (ValueError, TypeError) as error:
        raise _wrong("rrule", f'rrule "{rrule}": {error}. An example: "FREQ=WEEKLY;BYDAY=MO;BYHOUR=6".') from error
    if following is None:
        raise _wrong("rrule", f'rrule "{rrule}" never fires again.')


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        text = f'There is no time zone "{name}". Use a name like "Europe/Berlin" or "UTC".'
        raise _wrong("timezone", text) from error


def _wrong(field: str, message: str) -> UsageError:
    return UsageError(message, fields={field: message})
