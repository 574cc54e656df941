"""When schedules fire: the next runs, and what a change of clocks does to them.

Prefect's scheduler decides, so every time here comes from Prefect's own schedule objects (imported when asked).
What the author meant is the same schedule on a clock that nobody changes; the difference is what is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from nb2ops.model import Json, Schedule

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
AHEAD = timedelta(days=365)
BATCH = 1_000  # dates that Prefect's schedules give at a time, at the most


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a schedule fires.

    Attributes:
        time: ISO 8601, in UTC.
        local: ISO 8601, in the schedule's own time zone; in this machine's where that is UTC.
        schedule: what fires, in words.
    """

    time: str
    local: str
    schedule: str


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What a change of clocks does to a schedule.

    Attributes:
        date: the day, ISO 8601.
        effect: "skipped", "moved", "repeated", or "once" where the hour comes twice and the slot does not.
        text: one sentence.
    """

    date: str
    effect: str
    text: str


def schedule_json(schedule: Schedule) -> Json:
    """Return what Prefect's API takes for a schedule."""
    if schedule.cron is not None:
        return {"cron": schedule.cron, "timezone": schedule.timezone}
    if schedule.rrule is not None:
        return {"rrule": schedule.rrule, "timezone": schedule.timezone}
    return {"interval": schedule.interval, "timezone": schedule.timezone}


def schedule_text(schedule: Schedule) -> str:
    """Return a schedule in words.

    Example:
        >>> schedule_text(Schedule(interval=90, parameters={"region": "North"}))
        'every 90 s with region=North'
    """
    given = " ".join(f"{name}={value}" for name, value in schedule.parameters.items())
    return f"{_when(schedule)} with {given}" if given else _when(schedule)


def _when(schedule: Schedule) -> str:
    if schedule.interval is not None:
        return f"every {schedule.interval:g} s"
    rule = f"cron {schedule.cron}" if schedule.cron else f"rrule {schedule.rrule}"
    return f"{rule} ({schedule.timezone})"


def next_slots(schedules: Sequence[tuple[Schedule, Json]], count: int = 5) -> tuple[Slot, ...]:
    """Return when the schedules fire next.

    Args:
        schedules: each with the JSON that Prefect lists for it: an interval counts from an anchor that is in there.
        count: how many.
    """
    found = [
        (time, schedule)
        for schedule, stored in schedules
        if schedule.active
        for time in _dates(stored, datetime.now(UTC), count)
    ]
    return tuple(_slot(time, schedule) for time, schedule in sorted(found, key=lambda each: each[0])[:count])


def _slot(time: datetime, schedule: Schedule) -> Slot:
    zone = None if schedule.timezone == "UTC" else ZoneInfo(schedule.timezone)
    utc = time.astimezone(UTC)
    return Slot(utc.isoformat(), utc.astimezone(zone).isoformat(), schedule_text(schedule))


def clock_changes(schedule: Schedule, since: datetime) -> tuple[ClockChange, ...]:
    """Return what the changes of clocks in the twelve months after `since` do to a schedule.

    Intervals count elapsed time: nothing happens to them.
    """
    if schedule.interval is not None:
        return ()
    zone = ZoneInfo(schedule.timezone)
    changes = (_change(schedule, zone, instant) for instant in _transitions(zone, since))
    return tuple(each for each in changes if each)


def _transitions(zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """Yield the instants at which a zone's offset changes within a year, to the minute."""
    before = since.astimezone(UTC)
    while before < since + AHEAD:
        after = before + DAY
        if _offset(zone, before) != _offset(zone, after):
            yield _first_after(zone, before, after)
        before = after


def _first_after(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = _offset(zone, before)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after.replace(second=0, microsecond=0)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _change(schedule: Schedule, zone: ZoneInfo, instant: datetime) -> ClockChange | None:
    """Compare what is meant with what Prefect does on the day of a change."""
    local = instant.astimezone(zone).replace(tzinfo=None)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    meant = Counter(_meant(schedule, start, start + DAY))
    dates = _dates_until(schedule_json(schedule), start.replace(tzinfo=zone) - DAY, start.replace(tzinfo=zone) + DAY)
    walls = [each.astimezone(zone).replace(tzinfo=None) for each in dates]
    fired = Counter(wall for wall in walls if start <= wall < start + DAY)
    lost, gained = sorted((meant - fired).elements()), sorted((fired - meant).elements())
    repeated = [wall for wall in gained if wall in meant]
    if repeated:
        return _told(start, "repeated", f"{_times(repeated)} comes twice and fires twice")
    if gained:
        return _told(start, "moved", f"{_times(lost)} does not exist and fires at {_times(gained)} instead")
    if lost:
        return _told(start, "skipped", f"{_times(lost)} does not exist and is skipped")
    ambiguous = [wall for wall in sorted(meant) if _is_ambiguous(wall, zone)]
    return _told(start, "once", f"{_times(ambiguous)} comes twice and fires only once") if ambiguous else None


def _told(start: datetime, effect: str, what: str) -> ClockChange:
    return ClockChange(f"{start:%Y-%m-%d}", effect, f"On {start:%Y-%m-%d} clocks change: {what}.")


def _meant(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the wall times of a schedule on a day, as if clocks never changed."""
    if schedule.cron is not None:
        from cronsim import CronSim

        fires = CronSim(schedule.cron, start - timedelta(seconds=1))
    else:
        from dateutil.rrule import rrulestr

        fires = rrulestr(schedule.rrule or "", dtstart=start - DAY).xafter(start, inc=True)
    return takewhile(lambda each: each < end, fires)


def _is_ambiguous(wall: datetime, zone: ZoneInfo) -> bool:
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _times(walls: Sequence[datetime]) -> str:
    """Return times of a day in words, many of them shortened to the first, the last and their number."""
    texts = [f"{wall:%H:%M}" for wall in walls]
    return ", ".join(texts) if len(texts) <= 3 else f"{texts[0]} to {texts[-1]} ({len(texts)} slots)"


def _dates_until(stored: Mapping[str, Any], start: datetime, end: datetime) -> list[datetime]:
    """Return the dates from one instant until another, in order."""
    found: list[datetime] = []
    while batch := _dates(stored, found[-1] + SECOND if found else start, BATCH):
        found += [each for each in batch if each < end]
        if batch[-1] >= end:
            break
    return found


def _dates(stored: Mapping[str, Any], start: datetime, count: int) -> list[datetime]:
    """Return the next dates as Prefect's own schedule object gives them."""
    from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

    kind = CronSchedule if "cron" in stored else RRuleSchedule if "rrule" in stored else IntervalSchedule
    schedule = kind.model_validate(dict(stored))
    dates = schedule._get_dates_generator(n=count, start=start, end=start + 3 * AHEAD)
    return sorted(datetime.fromtimestamp(each.timestamp(), UTC) for each in dates)
