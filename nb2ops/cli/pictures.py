"""The command graph: a notebook's or a run's steps as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nb2ops.errors import UsageError

if TYPE_CHECKING:
    from nb2ops.model import Json, Pipeline

FORMS = {".svg": "svg", ".mmd": "mmd", ".dot": "dot", ".gv": "dot"}


@click.command()
@click.argument("target", metavar="NOTEBOOK_OR_RUN")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to: .svg, .mmd (Mermaid) or .dot (Graphviz); without it Mermaid text is printed.",
)
def graph(target: str, output: Path | None) -> int:
    """Draw the steps of a notebook, or of a run with how each went.

    A run is named by its folder or record, its id or the beginning of it, or Prefect's name or id of it.
    """
    from nb2ops.pages.graph import FORMS as MAKERS
    from nb2ops.runtime import files

    form = "mmd" if output is None else FORMS.get(output.suffix)
    if form is None:
        raise UsageError(f"-o {output}: a graph is written as {', '.join(FORMS)}.")
    drawn = MAKERS[form](*_steps(target))
    if output is None:
        click.echo(drawn, nl=False)
    else:
        files.write_bytes(output, drawn.encode())
        click.echo(f"Written to {output}")
    return 0


def _steps(target: str) -> tuple[Pipeline, list[Json]]:
    """Return a pipeline and, for a run, its steps."""
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.wire import read_pipeline

    path = Path(target)
    if path.suffix == ".ipynb":
        return compile_notebook(path).checked(), []
    if (path / "pipeline.json").is_file():
        return read_pipeline(path), []
    from nb2ops.orchestration.accounts import pipeline_of
    from nb2ops.orchestration.results import read_record, record_at

    with record_at(target) as place:
        record = read_record(place)
    pipeline = pipeline_of(record)
    if pipeline is None:
        raise UsageError(
            f"{target}: what it ran ({record['run']['bundle']['path']}) is gone, so its steps are not known."
        )
    return pipeline, record["steps"]


COMMANDS = (graph,)
