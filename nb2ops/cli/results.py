"""The command about what a run computed: result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nb2ops.errors import UsageError

if TYPE_CHECKING:
    from nb2ops.model import Json
    from nb2ops.orchestration.results import Stored

FORMS = (".pkl", ".parquet", ".csv")


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("name", metavar="NAME")
@click.option("--step", metavar="STEP", help="The variable as this step left it; default: the last one that had it.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it: .pkl, .parquet or .csv.",
)
def result(run: str, name: str, step: str | None, output: Path | None) -> int:
    """Show a variable of a finished run, or write it to a file.

    RUN is the run's folder or record, its id or the beginning of it, Prefect's name or id of it, or its address in a
    run storage.
    """
    from nb2ops.orchestration.results import found, show

    if output is not None and output.suffix not in FORMS:
        raise UsageError(f"-o {output}: a variable is written as {', '.join(FORMS)}.")
    with found(run, name, step) as stored:
        for line in description(stored, show(stored, output)):
            click.echo(line)
    if output:
        click.echo(f"Written to {output}")
    return 0


def description(stored: Stored, told: Json) -> tuple[str, str]:
    """Return what a variable is in a line, and its text."""
    size = ""
    if told["shape"]:
        size = f"shape {' x '.join(map(str, told['shape']))}, "
    elif told["length"] is not None:
        size = f"length {told['length']}, "
    return f'{stored.name}: {stored.type}, {size}{stored.bytes:,} bytes, of step "{stored.step}"', told["text"]


COMMANDS = (result,)
