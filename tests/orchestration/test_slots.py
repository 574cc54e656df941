from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Schedule
from nb2ops.orchestration.slots import clock_changes, next_slots, schedule_json, schedule_text
from nb2ops.orchestration.timing import make_schedule

NOVEMBER = datetime(2026, 11, 21, tzinfo=UTC)
DAILY_AT_HALF_PAST_ONE = "FREQ=DAILY;BYHOUR=1;BYMINUTE=30;BYSECOND=0"


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"cron": "61 * * * *"}, "the minute is wrong: write 0-59"),
            ({"cron": "0 6 * * MUN"}, "the day-of-week is wrong: write 0-7 or SUN-SAT"),
            ({"cron": "* * *"}, "five fields"),
            ({"cron": "*/5 * * * * *"}, "five fields"),
            ({"cron": "@daily"}, "five fields"),
            ({"cron": "0 0 31 2 *"}, "a day that the month has"),
            ({"cron": "0 6 * * *", "timezone": "Mars/Olympus"}, "no time zone"),
            ({"interval": 0.0}, "at least one second"),
            ({"interval": float("nan")}, "at least one second"),
            ({"rrule": "FREQ=SECONDLY;INTERVAL=30"}, "Use an interval"),
            ({"rrule": "FREQ=OFTEN"}, "FREQ=WEEKLY"),
            ({"rrule": "FREQ=DAILY;UNTIL=20200101T000000"}, "never fires again"),
            ({"cron": "0 6 * * *", "interval": 60.0}, "either"),
            ({}, "either"),
        ],
    )
    def test_before_prefect_sees_it(self, given, message):
        with pytest.raises(UsageError, match=message):
            make_schedule(**given)


LONDON, NEW_YORK = "Europe/London", "America/New_York"


class TestClockChanges:
    @pytest.mark.parametrize(
        ("zone", "cron", "expected"),
        [
            (
                LONDON,
                "30 1 * * *",
                [("2027-03-28", "moved", "01:30 does not exist and"), ("2027-10-31", "once", "01:30")],
            ),
            (LONDON, "0 * * * *", [("2027-03-28", "skipped", "01:00"), ("2027-10-31", "once", "01:00")]),
            (LONDON, "*/5 1 * * *", [("2027-03-28", "moved", "12 slots"), ("2027-10-31", "once", "12 slots")]),
            (LONDON, "* * * * *", [("2027-03-28", "skipped", "60 slots"), ("2027-10-31", "once", "60 slots")]),
            (LONDON, "0 6 * * *", []),
            (LONDON, "30 1 * * 1", []),
            (NEW_YORK, "30 2 * * *", [("2027-03-14", "moved", "02:30 does not exist and")]),
            (NEW_YORK, "30 1 * * *", [("2027-11-07", "once", "01:30")]),
            (NEW_YORK, "0 6 * * *", []),
            ("UTC", "30 1 * * *", []),
        ],
    )
    def test_of_the_next_twelve_months_are_told(self, zone, cron, expected):
        found = clock_changes(make_schedule(cron=cron, timezone=zone), NOVEMBER)
        assert [(each.date, each.effect) for each in found] == [(date, effect) for date, effect, _ in expected]
        assert all(words in each.text for each, (_, _, words) in zip(found, expected, strict=True))

    def test_of_a_recurrence_rule(self):
        found = clock_changes(make_schedule(rrule=DAILY_AT_HALF_PAST_ONE, timezone=LONDON), NOVEMBER)
        assert [each.effect for each in found] == ["moved", "once"]

    def test_intervals_count_elapsed_time(self):
        assert clock_changes(make_schedule(interval=3600, timezone=LONDON), NOVEMBER) == ()

    @pytest.mark.parametrize("zone", [LONDON, NEW_YORK])
    def test_what_is_told_is_what_prefect_does(self, zone):
        """On the day of the change in spring, Prefect's scheduler has the slot at the wall time that is told."""
        from prefect.server.schemas.schedules import CronSchedule

        hour = 1 if zone == LONDON else 2
        schedule = make_schedule(cron=f"30 {hour} * * *", timezone=zone)
        moved = next(each for each in clock_changes(schedule, NOVEMBER) if each.effect == "moved")
        day = datetime.fromisoformat(moved.date).replace(tzinfo=UTC)
        dates = CronSchedule(cron=schedule.cron, timezone=zone)._get_dates_generator(n=1, start=day)
        assert f"fires at {next(dates):%H:%M}" in moved.text


class TestNextRuns:
    def test_of_all_schedules_in_order_each_in_its_own_time_zone_and_utc(self):
        daily = make_schedule(cron="0 6 * * *", timezone="Asia/Tokyo")
        slots = next_slots([(daily, schedule_json(daily)), (each := make_schedule(interval=3600), schedule_json(each))])
        assert len(slots) == 5
        assert [each.time for each in slots] == sorted(each.time for each in slots)
        assert {datetime.fromisoformat(each.time).utcoffset() for each in slots} == {datetime.now(UTC).utcoffset()}

    def test_local_time_is_the_schedules(self):
        daily = make_schedule(cron="0 6 * * *", timezone="Asia/Tokyo")
        for slot in next_slots([(daily, schedule_json(daily))]):
            assert slot.local.endswith("T06:00:00+09:00")
            assert slot.time.endswith("T21:00:00+00:00")

    def test_a_schedule_that_is_off_has_none(self):
        off = Schedule(cron="0 6 * * *", active=False)
        assert next_slots([(off, schedule_json(off))]) == ()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(interval=90, parameters={"region": "North"}), "every 90 s with region=North"),
        (Schedule(cron="0 6 * * *", timezone="Europe/Berlin"), "cron 0 6 * * * (Europe/Berlin)"),
        (Schedule(rrule="FREQ=DAILY"), "rrule FREQ=DAILY (UTC)"),
    ],
)
def test_in_words(schedule, words):
    assert schedule_text(schedule) == words
