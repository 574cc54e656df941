"""The command report: a page about a run."""

from __future__ import annotations

from pathlib import Path

import click

FORMS = ("html", "md", "ipynb")


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to; default: the notebook's name with the run's, here.",
)
@click.option("--no-code", is_flag=True, help="Leave the cells' code out.")
@click.option("--format", "form", type=click.Choice(FORMS), help="Default: as FILE ends, else html.")
def report(run: str, output: Path | None, no_code: bool, form: str | None) -> int:
    """Write a page about a finished run: results, parameters, steps, versions, executed notebook.

    RUN is the run's folder or record, its id or the beginning of it, or Prefect's name or id of it. The page needs
    nothing but itself: no script is in it, and nothing is loaded from elsewhere.
    """
    from nb2ops.orchestration.accounts import account_of, write_report

    account = account_of(run)
    ending = output.suffix.removeprefix(".") if output else ""
    form = form or (ending if ending in FORMS else FORMS[0])
    target = output or Path(f"{account.record['run']['name']}-{account.record['run']['id']}.{form}")
    write_report(account, target, form, code=not no_code)
    click.echo(f"Written to {target}")
    return 0


COMMANDS = (report,)
