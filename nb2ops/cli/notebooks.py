"""Commands about a notebook itself: check, build, params."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from nb2ops.cli.arguments import echo_json, notebook_argument, output_option
from nb2ops.errors import InvalidNotebook
from nb2ops.model import Json, Problem


@click.command()
@notebook_argument
@click.option("--explain", is_flag=True, help="Say why each step waits for others.")
@output_option
def check(notebook: Path, explain: bool, form: str | None) -> int:
    """Print all problems of a notebook, and its pipeline."""
    from nb2ops.cli import tables
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.wire import encode

    try:
        compilation = compile_notebook(notebook)
    except InvalidNotebook as error:
        if form != "json":
            raise
        echo_json(_findings(notebook, error.problems, None))
        return error.exit_code
    if form == "json":
        echo_json(_findings(notebook, compilation.problems, encode(compilation.pipeline)))
    else:
        tables.problems(compilation.problems)
        tables.pipeline(compilation.pipeline)
        if explain:
            tables.reasons(compilation.pipeline)
    return 2 if compilation.errors else 0


def _findings(notebook: Path, problems: Sequence[Problem], pipeline: Json | None) -> Json:
    from nb2ops.wire import encode

    texts = [{**encode(each), "text": str(each)} for each in problems]
    return {"notebook": str(notebook), "problems": texts, "pipeline": pipeline}


@click.command()
@notebook_argument
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path), help="Default: NAME_pipeline beside the notebook."
)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 2 if the folder is not what would be built."
)
def build(notebook: Path, folder: Path | None, only_check: bool) -> int:
    """Write a notebook's flow: flow.py, step notebooks, pipeline.json, prefect.yaml."""
    from nb2ops.cli import tables
    from nb2ops.compiler.bundle import build_bundle, differences, write_bundle
    from nb2ops.compiler.compilation import compile_notebook

    compilation = compile_notebook(notebook)
    bundle = build_bundle(compilation, notebook.parent)
    folder = folder or notebook.parent / f"{notebook.stem}_pipeline"
    if only_check:
        lines = differences(bundle, folder)
        for line in lines:
            click.echo(f"{folder}: {line}", err=True)
        click.echo(f"{folder} is {'not ' if lines else ''}what {notebook} builds to.", err=bool(lines))
        return 2 if lines else 0
    tables.problems(compilation.problems, err=True)
    write_bundle(bundle, folder)
    click.echo(f"Built {folder} ({len(bundle.pipeline.steps)} steps, version {bundle.digest[:12]}).")
    click.echo(f"Run it: nb2ops run {folder}   or: python {folder / 'flow.py'}")
    return 0


@click.command()
@notebook_argument
@output_option
def params(notebook: Path, form: str | None) -> int:
    """List a notebook's parameters with type, default and help."""
    from nb2ops.cli import tables
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.wire import encode

    pipeline = compile_notebook(notebook).checked()
    if form == "json":
        echo_json({"parameters": [encode(each) for each in pipeline.parameters]})
    else:
        tables.parameters(pipeline)
    return 0


COMMANDS = (check, build, params)
