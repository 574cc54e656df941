"""The page of commands in the documentation, made of `--help`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from nb2ops.cli.app import SECTIONS, cli

SETTINGS = {**cli.context_settings, "terminal_width": 100}


def commands_page() -> str:
    """Return docs/reference/commands.md; `pytest --rewrite-golden tests/test_documentation.py` writes it."""
    parts = ["# Commands\n", "What `nb2ops COMMAND --help` prints.\n"]
    for section, names in SECTIONS.items():
        parts.append(f"## {section}\n")
        for name in names:
            helps = _helps(cli.commands[name], name, click.Context(cli, info_name="nb2ops", **SETTINGS))
            parts += [f"### {path}\n\n```text\n{text}\n```\n" for path, text in helps]
    return "\n".join(parts)


def _helps(command: click.Command, name: str, parent: click.Context) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, parent=parent)
    yield context.command_path, command.get_help(context)
    for inner, inside in getattr(command, "commands", {}).items():
        yield from _helps(inside, inner, context)
