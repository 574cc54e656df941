"""Commands about runs that were started: runs, logs, cancel, retry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nb2ops.cli.arguments import echo_json, output_option, verbose_option
from nb2ops.errors import UsageError

run_argument = click.argument("run", metavar="RUN")
POLL_SECONDS = 1.0


class Since(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click only
    """A length of time back from now (90s, 2h, 7d) or a date (2026-11-21, 2026-11-21T06:00+01:00)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return a time as ISO 8601 with offset."""
        from datetime import UTC, datetime, timedelta

        from nb2ops.compiler.tags import duration

        seconds = duration(str(value))
        if seconds:
            return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
        try:
            return datetime.fromisoformat(str(value)).astimezone().isoformat()
        except ValueError:
            self.fail(f"{value!r} is no time. Write it like 2h, 7d or 2026-11-21T06:00.", param, ctx)


@click.group(invoke_without_command=True)
@verbose_option
@click.option("--notebook", metavar="NAME", help="Only runs of this notebook.")
@click.option("--deployment", metavar="NAME", help="Only runs of this deployment.")
@click.option("--state", metavar="STATE", help="Only runs in this state, for example failed.")
@click.option("--since", type=Since(), metavar="TIME", help="Only runs since then: 2h, 7d or a date.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many.")
@click.option("--verify", "verifications", is_flag=True, help="Also the runs that `nb2ops verify` made.")
@click.option("--cursor", metavar="TEXT", help="Go on where the last page ended.")
@output_option
@click.pass_context
def runs(
    context: click.Context,
    notebook: str | None,
    deployment: str | None,
    state: str | None,
    since: str | None,
    limit: int,
    verifications: bool,
    cursor: str | None,
    form: str | None,
) -> int:
    """List runs, newest first; `runs show RUN` shows one."""
    from nb2ops.cli import tables
    from nb2ops.orchestration.history import RunFilter, list_runs
    from nb2ops.wire import encode

    if context.invoked_subcommand:
        return 0
    wanted = RunFilter(
        notebook, deployment and deployment.rpartition("/")[2], state, since, verifications=verifications
    )
    page = list_runs(wanted, limit, cursor)
    if form == "json":
        echo_json(encode(page))
    else:
        tables.runs(page, filtered=wanted != RunFilter())
    return 0


@runs.command()
@run_argument
@output_option
def show(run: str, form: str | None) -> int:
    """Show a run: steps with state and time, parameters, version, cause. RUN is its name or id."""
    from nb2ops.cli import run_tables
    from nb2ops.orchestration.details import read_details
    from nb2ops.orchestration.services import reach
    from nb2ops.wire import encode

    found = read_details(reach(), run)
    if form == "json":
        echo_json(encode(found))
    else:
        run_tables.details(found)
    return 0


@runs.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def reindex(folders: tuple[Path, ...]) -> int:
    """Read the records below FOLDERS (default: here) into the index of runs that Prefect has forgotten."""
    from nb2ops.orchestration.home import home
    from nb2ops.orchestration.index import api_of, rebuild
    from nb2ops.orchestration.services import connect

    count = rebuild((*(folders or (Path.cwd(),)), home()), api_of(connect()))
    click.echo(f"{count} records read.")
    return 0


@click.command()
@run_argument
@click.option("-f", "--follow", is_flag=True, help="Go on until the run is over.")
@click.option("--step", metavar="NAME", help="Only this step's lines.")
@output_option
def logs(run: str, follow: bool, step: str | None, form: str | None) -> int:
    """Print the log of a run. RUN is its name or id."""
    from nb2ops.cli import run_tables
    from nb2ops.orchestration.details import follow_log, read_log
    from nb2ops.orchestration.finding import find_run
    from nb2ops.orchestration.services import reach
    from nb2ops.wire import encode

    if follow and form == "json":
        raise UsageError("-f and -o json do not go together: JSON is printed whole.")
    connection = reach()
    found = find_run(connection, run)["id"]
    if form == "json":
        echo_json({"lines": [encode(line) for line in read_log(connection, found, step)]})
        return 0
    for line in follow_log(connection, found, step) if follow else read_log(connection, found, step):
        run_tables.log_line(line)
    return 0


@click.command()
@run_argument
def cancel(run: str) -> int:
    """End a run that is going or waiting. RUN is its name or id."""
    from nb2ops.orchestration import steering
    from nb2ops.orchestration.services import reach

    found = steering.cancel(reach(), run)
    click.echo(f"{found.name}: {found.state}.")
    return 0


@click.command()
@run_argument
def retry(run: str) -> int:
    """Let a deployment's run that is over begin again. RUN is its name or id."""
    from nb2ops.orchestration import steering
    from nb2ops.orchestration.services import reach

    found = steering.retry(reach(), run)
    click.echo(f"{found.name}: {found.state}. A worker takes it; it runs what is deployed now.")
    return 0


COMMANDS = (runs, logs, cancel, retry)
