"""The command secret."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("name")
def secret(name: str) -> int:
    """Store a secret: asked for without showing it, or read from standard input.

    It becomes Prefect's Secret block NAME, which parameters with the comment `# secret: NAME` are filled from.
    """
    from nb2ops.orchestration.execution import server
    from nb2ops.orchestration.secrets import store

    if sys.stdin.isatty():
        value = str(click.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True))
    else:
        value = sys.stdin.read().removesuffix("\n")
    with server():
        store(name, value)
    click.echo(f'Stored as Prefect\'s Secret block "{name}".')
    return 0


COMMANDS = (secret,)
