"""Schedules as they are written on the command line: `"0 6 * * * with region=North rows=10"`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from nb2ops.cli.arguments import DURATION, F
from nb2ops.errors import UsageError
from nb2ops.model import Parameter, Schedule

WITH = " with "


def schedule_options(command: F) -> F:
    """Add the options that say when a deployment runs."""
    options = [
        click.option(
            "--cron",
            "crons",
            multiple=True,
            metavar="EXPRESSION",
            help='When to run, for example "0 6 * * *"; "0 6 * * * with region=North" gives its runs a parameter.',
        ),
        click.option(
            "--interval",
            "intervals",
            multiple=True,
            metavar="DURATION",
            help='How often to run, for example 15s, 10m, 1d, or "1h with rows=10".',
        ),
        click.option(
            "--rrule", "rrules", multiple=True, metavar="RULE", help='For example "FREQ=WEEKLY;BYDAY=MO;BYHOUR=6".'
        ),
        click.option("--no-schedule", is_flag=True, help="Remove the schedules; without it they stay."),
        click.option("--timezone", default="UTC", show_default=True, help="Time zone of --cron and --rrule."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def given_schedules(
    parameters: Sequence[Parameter],
    crons: Sequence[str],
    intervals: Sequence[str],
    rrules: Sequence[str],
    timezone: str,
    *,
    no_schedule: bool,
) -> tuple[Schedule, ...] | None:
    """Return the schedules that were asked for; None where nothing was said, none where they shall go.

    Raises:
        UsageError: one is wrong, or they shall go and come at once.
    """
    from nb2ops.orchestration.timing import make_schedule

    kinds: list[tuple[str, Sequence[str], Callable[[str], Any]]] = [
        ("cron", crons, str),
        ("interval", intervals, _seconds),
        ("rrule", rrules, str),
    ]
    found = [
        make_schedule(**{kind: read(when)}, timezone=timezone, parameters=_values(parameters, given))
        for kind, texts, read in kinds
        for when, given in map(_divided, texts)
    ]
    if no_schedule and found:
        raise UsageError("--no-schedule removes the schedules: leave out --cron, --interval and --rrule.")
    return tuple(found) if found or no_schedule else None


def _divided(text: str) -> tuple[str, str]:
    when, _, given = f"{text} ".partition(WITH)
    return when.strip(), given.strip()


def _seconds(text: str) -> float:
    return float(DURATION.convert(text, None, None))


def _values(parameters: Sequence[Parameter], text: str) -> dict[str, Any]:
    """Return `region="North West" rows=10` as parameters, converted by their types."""
    from nb2ops.parameter_types import convert

    try:
        pairs = [_pair(word) for word in shlex.split(text)]
    except ValueError as error:
        raise UsageError(f'"with {text}": {error}. Write it like: with region="North West" rows=10') from error
    return convert(parameters, dict(pairs), texts=_names(pairs))


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageError(f'"with {word}": a value is missing. Write it like: with region="North West" rows=10')
    return name, value


def _names(pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(name for name, _ in pairs)
