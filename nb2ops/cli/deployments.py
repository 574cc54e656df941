"""Commands about deployments: list, show, pause, resume, run, delete."""

from __future__ import annotations

from typing import Any

import click

from nb2ops.cli.arguments import CommandWithPairs, echo_json, output_option

deployment_argument = click.argument("deployment", metavar="NAME")


@click.group(invoke_without_command=True)
@output_option
@click.pass_context
def deployments(context: click.Context, form: str | None) -> int:
    """List deployments with schedule, next and last run; show, pause, resume, run or delete one.

    NAME is a deployment's name, FLOW/NAME or its id.
    """
    from nb2ops.cli import deployment_tables
    from nb2ops.orchestration.deployments import list_deployments
    from nb2ops.wire import encode

    if context.invoked_subcommand:
        return 0
    found = list_deployments()
    if form == "json":
        echo_json({"deployments": [encode(each) for each in found]})
    else:
        deployment_tables.deployments(found)
    return 0


@deployments.command()
@deployment_argument
@output_option
def show(deployment: str, form: str | None) -> int:
    """Show a deployment with its policy, parameters and next runs."""
    from nb2ops.cli import deployment_tables
    from nb2ops.orchestration.reporting import describe_deployment
    from nb2ops.orchestration.services import reach
    from nb2ops.wire import encode

    found = describe_deployment(reach(), deployment)
    if form == "json":
        echo_json(encode(found))
    else:
        deployment_tables.details(found)
    return 0


@deployments.command()
@deployment_argument
def pause(deployment: str) -> int:
    """Keep a deployment's schedules from firing."""
    from nb2ops.orchestration import steering
    from nb2ops.orchestration.services import reach

    name = steering.pause(reach(), deployment)
    click.echo(f"{name} is paused. Type: nb2ops deployments resume {name}")
    return 0


@deployments.command()
@deployment_argument
def resume(deployment: str) -> int:
    """Let a deployment's schedules fire again."""
    from nb2ops.orchestration import steering
    from nb2ops.orchestration.services import reach

    click.echo(f"{steering.resume(reach(), deployment)} is active.")
    return 0


@deployments.command()
@deployment_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(deployment: str, yes: bool) -> int:
    """Remove a deployment and its schedules; its runs stay in the history."""
    from nb2ops.orchestration import steering
    from nb2ops.orchestration.services import reach

    if not yes:
        click.confirm(f"Delete the deployment {deployment} and its schedules?", abort=True, err=True)
    click.echo(f"{steering.delete(reach(), deployment)} is deleted.")
    return 0


@deployments.command(cls=CommandWithPairs)
@deployment_argument
@click.option("-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter; JSON or plain text.")
@click.option("--watch", is_flag=True, help="Wait for its end and exit with its code.")
@output_option
def run(deployment: str, pairs: tuple[str, ...], watch: bool, form: str | None) -> int:
    """Start a run of a deployment now, on a worker of its pool."""
    from nb2ops.cli import run_tables
    from nb2ops.orchestration import steering
    from nb2ops.orchestration.services import reach
    from nb2ops.wire import encode

    connection = reach()
    started = steering.start(connection, deployment, dict(map(_value, pairs)))
    if not watch:
        if form == "json":
            echo_json(encode(started))
        else:
            click.echo(f"{started.name}: {started.state}. Type: nb2ops runs show {started.id}")
        return 0
    found = steering.wait(connection, started.id, run_tables.step)
    if form == "json":
        echo_json(encode(found))
    else:
        run_tables.ended(found)
    return run_tables.exit_code(found.state)


def _value(pair: str) -> tuple[str, Any]:
    """Return `rows=10` as a name with a value; what is no JSON is text."""
    import json

    name, equals, text = pair.partition("=")
    if not equals:
        raise click.UsageError(f"-p {pair}: a value is missing. Write -p {pair}=VALUE.")
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


COMMANDS = (deployments,)
