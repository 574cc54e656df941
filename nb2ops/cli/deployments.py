"""Commands about schedules: deploy, deployments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from nb2ops.cli.arguments import (
    DURATION,
    CommandWithPairs,
    directory_option,
    echo_json,
    given_values,
    notebook_argument,
    output_option,
    parameter_options,
)


@click.command(cls=CommandWithPairs)
@notebook_argument
@parameter_options
@click.option("--name", help="Name of the deployment; default: the notebook's.")
@click.option("--cron", metavar="EXPRESSION", help='When to run, for example "0 6 * * *".')
@click.option("--interval", type=DURATION, help="How often to run, for example 15s, 10m, 1d.")
@click.option("--timezone", default="UTC", show_default=True, help="Time zone of --cron.")
@click.option("--pool", default="nb2ops", show_default=True, help="Work pool whose workers run it.")
@directory_option
@click.option("--paused", is_flag=True, help="Register it without running its schedule.")
@output_option
def deploy(
    notebook: Path,
    name: str | None,
    cron: str | None,
    interval: float | None,
    timezone: str,
    pool: str,
    cwd: Path | None,
    paused: bool,
    form: str | None,
    **values: Any,
) -> int:
    """Put a notebook on a schedule, as a deployment of Prefect."""
    from nb2ops.cli import tables
    from nb2ops.cli.runs import prepare
    from nb2ops.orchestration.deploying import deploy as register
    from nb2ops.orchestration.services import ensure_server
    from nb2ops.orchestration.timing import make_schedule
    from nb2ops.wire import encode

    schedule = make_schedule(cron, interval, timezone)
    pipeline, bundle, options = prepare(notebook)
    parameters = given_values(pipeline.parameters, **values)
    connection = ensure_server(lambda message: click.echo(message, err=True))
    registered = register(
        connection,
        bundle,
        replace(options, directory=cwd.absolute() if cwd else None),
        name=name,
        schedule=schedule,
        parameters=parameters,
        pool=pool,
        paused=paused,
    )
    if form == "json":
        echo_json(encode(registered))
    else:
        tables.registered(registered, schedule)
    return 0


@click.command()
@output_option
def deployments(form: str | None) -> int:
    """List deployments with schedule, next and last run."""
    from nb2ops.cli import tables
    from nb2ops.orchestration.deployments import list_deployments
    from nb2ops.wire import encode

    found = list_deployments()
    if form == "json":
        echo_json({"deployments": [encode(each) for each in found]})
    else:
        tables.deployments(found)
    return 0


COMMANDS = (deploy, deployments)
