"""Schedules checked before Prefect sees them, which accepts expressions that never fire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from nb2ops.errors import UsageError
from nb2ops.model import Schedule

CRON_FIELDS = 5


def make_schedule(
    *,
    cron: str | None = None,
    interval: float | None = None,
    rrule: str | None = None,
    timezone: str = "UTC",
    parameters: Mapping[str, Any] | None = None,
) -> Schedule:
    """Return a schedule that fires.

    Args:
        cron: an expression of five fields.
        interval: seconds between two runs.
        rrule: a recurrence rule (RFC 5545), for example "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0".
        timezone: an IANA name, for example "Europe/Berlin".
        parameters: values for its runs in place of the deployment's.

    Raises:
        UsageError: not exactly one of the three is given, it is wrong or never fires, or the time zone is unknown.

    Example:
        >>> make_schedule(cron="0 6 * * 1-5", timezone="Europe/Berlin").cron
        '0 6 * * 1-5'
    """
    if sum(each is not None for each in (cron, interval, rrule)) != 1:
        raise UsageError("A schedule has either a cron expression, an interval or a recurrence rule.")
    zone = _zone(timezone)
    if cron is not None:
        _check_cron(cron, zone)
    if interval is not None and not 1 <= interval < float("inf"):
        raise UsageError(f"An interval is at least one second, not {interval:g}.")
    if rrule is not None:
        _check_rrule(rrule)
    seconds = None if interval is None else float(interval)
    return Schedule(cron, seconds, timezone, rrule=rrule, parameters=dict(parameters or {}))


def _check_cron(cron: str, zone: ZoneInfo) -> None:
    if len(cron.split()) != CRON_FIELDS:
        raise UsageError(f'cron "{cron}": five fields are needed: minute, hour, day of month, month, day of week.')
    try:
        next(CronSim(cron, datetime.now(zone)))
    except CronSimError as error:
        raise UsageError(f'cron "{cron}": {error}.') from error
    except StopIteration as error:
        raise UsageError(f'cron "{cron}" never fires: there is no such day.') from error


def _check_rrule(rrule: str) -> None:
    from dateutil.rrule import rrulestr

    start = datetime.now()
    try:
        following = rrulestr(rrule, dtstart=start).after(start)
    except (ValueError, TypeError) as error:
        raise UsageError(f'rrule "{rrule}": {error}. An example: "FREQ=WEEKLY;BYDAY=MO;BYHOUR=6".') from error
    if following is None:
        raise UsageError(f'rrule "{rrule}" never fires again.')


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f'There is no time zone "{name}". Use a name like "Europe/Berlin" or "UTC".') from error
