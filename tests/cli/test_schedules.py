from __future__ import annotations

import pytest

from nb2ops.cli.schedules import given_schedules
from nb2ops.errors import UsageError
from nb2ops.model import Parameter, Schedule

PARAMETERS = [Parameter("rows", "int", "3", 3), Parameter("region", "str", "'all'", "all")]


def schedules(*, crons=(), intervals=(), rrules=(), timezone="UTC", no_schedule=False):
    return given_schedules(PARAMETERS, crons, intervals, rrules, timezone, no_schedule=no_schedule)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"no_schedule": True}, ()),
        ({"crons": ["0 6 * * *"]}, (Schedule(cron="0 6 * * *"),)),
        ({"intervals": ["15m", "1h"]}, (Schedule(interval=900.0), Schedule(interval=3600.0))),
        ({"intervals": ["1h with rows=10"]}, (Schedule(interval=3600.0, parameters={"rows": 10}),)),
        (
            {"crons": ['0 6 * * * with region="South West" rows=5'], "timezone": "Europe/Berlin"},
            (Schedule("0 6 * * *", None, "Europe/Berlin", parameters={"region": "South West", "rows": 5}),),
        ),
        ({"crons": ["0 6 * * * with"]}, (Schedule(cron="0 6 * * *"),)),
        ({"rrules": ["FREQ=DAILY;BYHOUR=6"]}, (Schedule(rrule="FREQ=DAILY;BYHOUR=6"),)),
    ],
)
def test_what_is_written_becomes_schedules(given, expected):
    assert schedules(**given) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"crons": ["0 6 * * * with row=1"]}, 'Did you mean "rows"'),
        ({"crons": ["0 6 * * * with rows=many"]}, "does not fit"),
        ({"crons": ["0 6 * * * with rows"]}, "a value is missing"),
        ({"crons": ["0 6 * * * with region='x"]}, "quotation"),
        ({"crons": ["0 6 * * *"], "no_schedule": True}, "leave out"),
        ({"crons": ["0 6 * * * *"]}, "five fields"),
    ],
)
def test_what_is_not_understood_is_refused(given, words):
    with pytest.raises(UsageError, match=words):
        schedules(**given)
