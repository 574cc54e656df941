"""Commands about what runs in the background: up, down, doctor."""

from __future__ import annotations

import click

from nb2ops.cli.arguments import echo_json, output_option


def _say(message: str) -> None:
    click.echo(message, err=True)


@click.command()
@click.option("--foreground", is_flag=True, help="Stay, and stop both at the end: for systemd or a container.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="Runs at once; else NB2OPS_WORKER_LIMIT, or two per processor, at least four.",
)
def up(*, foreground: bool, limit: int | None) -> int:
    """Start the local Prefect server and a worker; both stay when this command ends."""
    from nb2ops.cli import tables
    from nb2ops.orchestration import services

    warning = services.caveat()
    if warning:
        _say(warning)
    if foreground:
        services.stay(_say, limit)
        return 0
    tables.services(services.up(_say, limit))
    return 0


@click.command()
def down() -> int:
    """Stop the worker and the local Prefect server."""
    from nb2ops.orchestration.services import down as stop

    before = stop(_say)
    click.echo("Stopped." if before.server or before.worker else "Nothing was running.")
    return 0


@click.command()
@click.option("--pool", metavar="NAME", help="Work pool to look at; default: those of your deployments.")
@output_option
def doctor(pool: str | None, form: str | None) -> int:
    """Say what is not as it should be, and what to type; change nothing."""
    from nb2ops.cli import tables
    from nb2ops.orchestration.doctor import diagnose
    from nb2ops.wire import encode

    findings = diagnose(pool)
    if form == "json":
        echo_json({"findings": [encode(each) for each in findings]})
    else:
        tables.findings(findings)
    return 0 if all(each.ok for each in findings) else 3


COMMANDS = (up, down, doctor)
