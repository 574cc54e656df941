"""The page of commands in the documentation, made of `--help`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from nb2ops.cli.app import SECTIONS, cli

WIDTH = 100


def commands_page() -> str:
    """Return docs/reference/commands.md; `pytest --rewrite-golden tests/test_documentation.py` writes it."""
    parts = ["# Commands\n", "What `nb2ops COMMAND --help` prints.\n"]
    for section, names in SECTIONS.items():
        parts.append(f"## {section}\n")
        for name in names:
            parts += [f"### nb2ops {path}\n\n```text\n{text}\n```\n" for path, text in _helps(cli.commands[name], name)]
    return "\n".join(parts)


def _helps(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=f"nb2ops {path}", terminal_width=WIDTH, max_content_width=WIDTH)
    yield path, command.get_help(context)
    for name, inner in getattr(command, "commands", {}).items():
        yield from _helps(inner, f"{path} {name}")
