"""The group of commands, and what an error looks like."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from nb2ops import __version__
from nb2ops.cli import (
    deploying,
    deployments,
    history,
    notebooks,
    pictures,
    pruning,
    reports,
    results,
    runs,
    secrets,
    services,
    sweeping,
    verification,
)
from nb2ops.errors import InvalidNotebook, Nb2opsError
from nb2ops.lean import FORMATS, do_without

SECTIONS = {
    "Notebook": ["check", "tag", "build", "params", "graph"],
    "Run": ["run", "resume", "sweep", "runs", "logs", "result", "report", "cancel", "retry", "verify"],
    "Schedule": ["deploy", "deployments", "secret"],
    "Services": ["up", "down", "doctor", "prune"],
}


class Commands(click.Group):
    """Commands in sections, in the order in which a newcomer needs them."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        """Write the list of commands."""
        for section, names in SECTIONS.items():
            rows = [(name, self.commands[name].get_short_help_str(100)) for name in names]
            with formatter.section(section):
                formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="nb2ops")
def cli() -> None:
    """Tagged notebook cells become a Prefect flow: check it, build it, run it, put it on a schedule.

    \b
    Begin with:  nb2ops check notebook.ipynb
                 nb2ops run notebook.ipynb -p name=value

    Exit codes: 0 done, 1 the notebook's code failed or a gate is red, 2 wrong usage or invalid notebook,
    3 Prefect cannot be reached, 124 timeout, 130 or 143 interrupted, 138 the kernel died.
    """  # noqa: D301  click wants the character that \b stands for


ROOMS = (
    notebooks,
    pictures,
    runs,
    sweeping,
    history,
    results,
    reports,
    verification,
    deploying,
    deployments,
    secrets,
    services,
    pruning,
)
for command in (command for room in ROOMS for command in room.COMMANDS):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    do_without(*FORMATS)
    try:
        sys.exit(cli.main(arguments, standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except InvalidNotebook as error:
        _show_problems(error)
        sys.exit(error.exit_code)
    except Nb2opsError as error:
        click.echo(f"nb2ops: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        click.echo(f"nb2ops: {error.filename or ''}: {error.strerror or error}", err=True)
        sys.exit(2)


def _show_problems(error: InvalidNotebook) -> None:
    from nb2ops.cli import tables

    tables.problems(error.problems, err=True)
