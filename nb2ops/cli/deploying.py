"""The command deploy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    run_storage_option,
    verbose_option,
)
from nb2ops.cli.schedules import given_schedules, schedule_options
from nb2ops.errors import UsageError

READ = ""
"""`--on-data` without a glob."""
NOTHING = "none"

if TYPE_CHECKING:
    from nb2ops.orchestration.deploying import Wish
    from nb2ops.orchestration.packing import Contents


@click.command(cls=CommandWithPairs)
@notebook_argument
@parameter_options
@schedule_options
@click.option("--name", help="Name of the deployment; default: the notebook's.")
@click.option("--pool", metavar="NAME", help="Work pool whose workers run it; default: nb2ops.")
@directory_option
@click.option("-k", "--kernel", metavar="NAME", help="Kernel instead of the notebook's.")
@click.option("--timeout", type=DURATION, help="For a whole run.")
@click.option("--paused/--active", default=None, help="Whether its schedules are kept from firing.")
@click.option("--retries", type=click.IntRange(0), metavar="N", help="How often a failed run is tried again.")
@click.option("--concurrency", type=click.IntRange(1), metavar="N", help="Runs at once; others wait.")
@click.option("--catch-up", type=click.Choice(["skip", "latest", "all"]), help="Which late slots run; default: latest.")
@click.option(
    "--overlap",
    type=click.Choice(["skip", "queue", "parallel"]),
    help="What a slot does while a run is going; default: skip.",
)
@click.option(
    "--on-data",
    multiple=True,
    is_flag=False,
    flag_value=READ,
    metavar="[GLOB]",
    help="Run when the content of these files changes; without globs: of the files that the notebook reads.",
)
@click.option("--settle", type=DURATION, help="For which they may not change before that; default: 2m.")
@click.option("--on-failure", multiple=True, metavar="TARGET", help="Tell webhook:URL or block:TYPE/NAME of failures.")
@click.option("--on-success", multiple=True, metavar="TARGET", help="Tell of runs that completed; none: nobody.")
@click.option("--on-rejected", multiple=True, metavar="TARGET", help="Tell of red gates; default: as of failures.")
@click.option("--storage", metavar="URL", help="Folder that workers elsewhere reach: file://, s3://, gs://.")
@run_storage_option
@click.option("--docker", type=click.Path(path_type=Path), metavar="DIR", help="Write a Dockerfile for the bundle too.")
@click.option("--report/--no-report", default=None, help="Whether each run leaves a page about it: report.html.")
@click.option("--take-over", is_flag=True, help="Replace also somebody else's deployment.")
@verbose_option
@output_option
def deploy(notebook: Path, docker: Path | None, form: str | None, **said: Any) -> int:
    """Put a notebook on a schedule, as a deployment of Prefect.

    Deploying again replaces what runs; schedules, parameters and options that are not given stay.
    """
    from nb2ops.cli import deployment_tables, tables
    from nb2ops.orchestration.deploying import deploy as register
    from nb2ops.orchestration.images import write_image
    from nb2ops.orchestration.packing import pack, pins_of, read_contents, reads_of
    from nb2ops.orchestration.reporting import report
    from nb2ops.orchestration.services import ensure_server
    from nb2ops.wire import encode

    contents = read_contents(notebook)
    wish = _wish(contents, **said)
    pins = pins_of(contents, wish.options.kernel)
    tables.problems((*contents.problems, *(pins.problems if pins else ())), err=True)
    parcel = pack(contents, notebook, pins)
    if docker:
        write_image(docker, parcel, contents.pipeline, pins, wish.options.kernel)
        click.echo(f"Wrote {docker / 'Dockerfile'}. Type: docker build {docker}", err=True)
    connection = ensure_server(lambda message: click.echo(message, err=True))
    registered = register(connection, parcel, wish)
    found = report(connection, registered, reads_of(contents, wish.options.directory), pins)
    if form == "json":
        echo_json(encode(found))
    else:
        deployment_tables.deployed(found)
    return 0


def _wish(
    contents: Contents,
    *,
    name: str | None,
    pool: str | None,
    cwd: Path | None,
    kernel: str | None,
    timeout: float | None,
    report: bool | None,
    paused: bool | None,
    retries: int | None,
    concurrency: int | None,
    catch_up: str | None,
    overlap: str | None,
    storage: str | None,
    run_storage: str | None,
    take_over: bool,
    on_data: tuple[str, ...],
    settle: float | None,
    on_failure: tuple[str, ...],
    on_success: tuple[str, ...],
    on_rejected: tuple[str, ...],
    crons: tuple[str, ...],
    intervals: tuple[str, ...],
    rrules: tuple[str, ...],
    no_schedule: bool,
    timezone: str,
    **values: Any,
) -> Wish:
    """Return what the options say."""
    from nb2ops.orchestration.deploying import Wish
    from nb2ops.orchestration.notifications import check_target
    from nb2ops.orchestration.options import RunOptions
    from nb2ops.orchestration.policies import CatchUp, Overlap

    parameters = contents.pipeline.parameters
    told = {"failure": on_failure, "success": on_success, "rejected": on_rejected}
    return Wish(
        name=name,
        schedules=given_schedules(parameters, crons, intervals, rrules, timezone, no_schedule=no_schedule),
        parameters=given_values(parameters, **values),
        pool=pool,
        paused=paused,
        catch_up=CatchUp(catch_up) if catch_up else None,
        overlap=Overlap(overlap) if overlap else None,
        retries=retries,
        concurrency=concurrency,
        options=RunOptions(
            directory=cwd.absolute() if cwd else None,
            kernel=kernel,
            timeout=timeout,
            storage=run_storage,
            report=report,
        ),
        storage=storage,
        take_over=take_over,
        data=_patterns(contents, on_data, cwd),
        settle=settle,
        notify={name: tuple(map(check_target, each)) for name, each in told.items()},
    )


def _patterns(contents: Contents, said: tuple[str, ...], cwd: Path | None) -> tuple[str, ...] | None:
    """Return the globs of the files whose content starts runs, None where nothing is said."""
    from nb2ops.compiler.reads import Place
    from nb2ops.orchestration.packing import reads_of

    if not said:
        return None
    if said == (NOTHING,):
        return ()
    read = [each.path for each in reads_of(contents, cwd) if each.place not in (Place.WRITTEN, Place.BUNDLED)]
    if READ in said and not read:
        raise UsageError(
            f"{contents.pipeline.notebook} reads no file by a literal path. Write for example --on-data 'data/*.csv'."
        )
    return tuple(dict.fromkeys(path for each in said for path in (read if each == READ else [each])))


COMMANDS = (deploy,)
