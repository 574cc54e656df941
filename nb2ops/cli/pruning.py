"""The command prune."""

from __future__ import annotations

from pathlib import Path

import click

from nb2ops.cli.arguments import echo_json, output_option


@click.command()
@click.option("--keep-days", type=click.IntRange(0), metavar="N", help="Keep what is younger; default: 30.")
@click.option("--keep-runs", type=click.IntRange(0), metavar="N", help="Keep each notebook's newest runs; default: 20.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@output_option
def prune(keep_days: int | None, keep_runs: int | None, dry_run: bool, form: str | None) -> int:
    """Remove old runs with all they left, and what no deployment needs any more.

    A run goes when it is older than the days to keep and not among its notebook's newest. The defaults are those of
    NB2OPS_KEEP_DAYS and NB2OPS_KEEP_RUNS, or keep-days and keep-runs of [tool.nb2ops] here.
    """
    from nb2ops.cli import prune_tables
    from nb2ops.orchestration.pruning import remove, survey
    from nb2ops.orchestration.retention import retention
    from nb2ops.orchestration.services import reach
    from nb2ops.wire import encode

    kept, connection = retention(keep_days, keep_runs, Path.cwd()), reach()
    found = survey(connection, kept)
    if not dry_run:
        remove(connection, found)
    if form == "json":
        items = [{"kind": each.kind, "what": each.what, "bytes": each.bytes} for each in found.items]
        echo_json({"dry_run": dry_run, "retention": encode(kept), "items": items, "bytes": found.bytes})
    else:
        prune_tables.pruned(found, kept, dry_run=dry_run)
    return 0


COMMANDS = (prune,)
