"""Schedules checked before Prefect sees them, which accepts expressions that never fire."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from nb2ops.errors import UsageError
from nb2ops.model import Schedule

CRON_FIELDS = 5


def make_schedule(cron: str | None, interval: float | None, timezone: str = "UTC") -> Schedule | None:
    """Return the schedule that was asked for, None where none was.

    Args:
        cron: an expression of five fields.
        interval: seconds between two runs.
        timezone: an IANA name, for example "Europe/Berlin".

    Raises:
        UsageError: both are given, the expression is wrong or never fires, or the time zone is unknown.

    Example:
        >>> make_schedule("0 6 * * 1-5", None, "Europe/Berlin").cron
        '0 6 * * 1-5'
    """
    if cron is None and interval is None:
        return None
    if cron is not None and interval is not None:
        raise UsageError("A schedule has either a cron expression or an interval, not both.")
    zone = _zone(timezone)
    if cron is not None:
        _check_cron(cron, zone)
    elif interval is not None and not 1 <= interval < float("inf"):
        raise UsageError(f"An interval is at least one second, not {interval:g}.")
    return Schedule(cron, interval, timezone)


def _check_cron(cron: str, zone: ZoneInfo) -> None:
    if len(cron.split()) != CRON_FIELDS:
        raise UsageError(f'cron "{cron}": five fields are needed: minute, hour, day of month, month, day of week.')
    try:
        next(CronSim(cron, datetime.now(zone)))
    except CronSimError as error:
        raise UsageError(f'cron "{cron}": {error}.') from error
    except StopIteration as error:
        raise UsageError(f'cron "{cron}" never fires: there is no such day.') from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f'There is no time zone "{name}". Use a name like "Europe/Berlin" or "UTC".') from error
