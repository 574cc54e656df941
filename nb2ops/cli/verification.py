"""The command `verify`: does a notebook's pipeline show what the notebook shows?"""

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
    output_option,
    parameter_options,
)

EXIT_CODES = {"equal": 0, "different": 1, "fails": 2}


@click.command(cls=CommandWithPairs)
@click.argument("target", metavar="NOTEBOOK_OR_BUNDLE", type=click.Path(path_type=Path))
@parameter_options
@click.option("--timeout", type=DURATION, help="For each of the runs.")
@click.option("--cell-timeout", "--execution-timeout", type=DURATION, help="For each cell.")
@click.option("-k", "--kernel", metavar="NAME", help="Kernel instead of the notebook's.")
@directory_option
@click.option("--in-place", is_flag=True, help="Work in the folder itself, not in copies of it.")
@output_option
def verify(
    target: Path,
    timeout: float | None,
    cell_timeout: float | None,
    kernel: str | None,
    cwd: Path | None,
    in_place: bool,
    form: str | None,
    **values: Any,
) -> int:
    """Run a notebook top to bottom and as a pipeline, and compare what every cell shows.

    What differs between two runs top to bottom as well is excused, and said so.

    Exit codes: 0 equal, 1 different, 2 the notebook itself fails.
    """
    from nb2ops.cli import tables
    from nb2ops.cli.progress import Progress
    from nb2ops.cli.runs import prepare
    from nb2ops.orchestration.verifying import verify as run_and_compare
    from nb2ops.wire import encode

    pipeline, bundle, options = prepare(target)
    parameters = given_values(pipeline.parameters, **values)
    options = replace(
        options,
        directory=cwd.absolute() if cwd else None,
        kernel=kernel,
        timeout=timeout,
        cell_timeout=cell_timeout,
    )
    with Progress(pipeline) as progress:
        found = run_and_compare(bundle, parameters, options, progress.on_event, progress.on_message, in_place=in_place)
    if form == "json":
        echo_json(encode(found))
    else:
        tables.verification(found)
    return EXIT_CODES[found.verdict]


COMMANDS = (verify,)
