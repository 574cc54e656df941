"""Commands about a notebook itself: check, tag, build, params."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nb2ops.cli.arguments import CUT, TAGGED, echo_json, notebook_argument, output_option
from nb2ops.errors import InvalidNotebook, UsageError
from nb2ops.model import Json, Problem

if TYPE_CHECKING:
    from nb2ops.compiler.compilation import Compilation
    from nb2ops.compiler.proposals import Proposal


@click.command()
@notebook_argument
@click.option(
    "--explain", is_flag=True, help="Say why each step waits for others, why it always runs, and which would run now."
)
@click.option(
    "--names",
    "only_names",
    is_flag=True,
    help="List what each cell that runs defines, uses, changes in place and deletes instead; exit 0 also if there are "
    "problems.",
)
@output_option
def check(notebook: Path, explain: bool, only_names: bool, form: str | None) -> int:
    """Print all problems of a notebook, and its pipeline."""
    from nb2ops.cli import tables
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.wire import encode

    if only_names:
        return _list_names(notebook, form)
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
            _explain(notebook, compilation)
    return 2 if compilation.errors else 0


def _explain(notebook: Path, compilation: Compilation) -> None:
    """Print why steps wait for others, why they always run, and which would run now."""
    from nb2ops.cli import tables
    from nb2ops.compiler.bundle import build_bundle
    from nb2ops.orchestration.foretelling import foretell

    tables.reasons(compilation.pipeline)
    why = None if compilation.errors else foretell(build_bundle(compilation, notebook.parent), notebook)
    if why is not None:
        tables.foretold(compilation.pipeline, why)


def _list_names(notebook: Path, form: str | None) -> int:
    from nb2ops.cli import tables
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.compiler.names.listing import list_names
    from nb2ops.wire import encode

    found = list_names(compile_notebook(notebook).facts.values())
    if form == "json":
        echo_json({"cells": [encode(each) for each in found]})
    else:
        tables.names(found)
    return 0


def _findings(notebook: Path, problems: Sequence[Problem], pipeline: Json | None) -> Json:
    from nb2ops.wire import encode

    texts = [{**encode(each), "text": str(each)} for each in problems]
    return {"notebook": str(notebook), "problems": texts, "pipeline": pipeline}


@click.command()
@notebook_argument
@click.option(
    "--by",
    "every",
    type=CUT,
    default="headings",
    show_default=True,
    help="Where steps begin: `headings`, or `every:N` cells.",
)
@click.option(
    "-o", "--output", type=TAGGED, help="Write the tagged notebook to OUT.ipynb; `json`: print the proposal as JSON."
)
@click.option("--in-place", is_flag=True, help="Add the tags to the notebook itself; nothing else in it changes.")
def tag(notebook: Path, every: int | None, output: Path | str | None, in_place: bool) -> int:
    """Propose tags for a notebook without steps; without -o OUT and --in-place nothing is written."""
    from nb2ops.cli import tables
    from nb2ops.compiler.compilation import compile_notebook
    from nb2ops.compiler.proposals import propose_tags
    from nb2ops.wire import encode

    if output and in_place:
        raise UsageError("-o and --in-place: choose one.")
    compilation = compile_notebook(notebook)
    proposal = propose_tags(compilation, every)
    if output == "json":
        echo_json(encode(proposal))
        return 0
    tables.proposal(proposal, compilation.notebook)
    target = notebook if in_place else output
    if target is None:
        click.echo("\nNothing was written. Write it with -o OUT.ipynb, or --in-place.")
        return 0
    _write_tagged(notebook, Path(target), proposal, in_place=in_place)
    click.echo(f"\nWrote {target}. Next: nb2ops run {target}")
    return 0


def _write_tagged(notebook: Path, target: Path, proposal: Proposal, *, in_place: bool) -> None:
    from nb2ops.orchestration.authoring import tagged_text, write_tags

    written = tagged_text(notebook, proposal)
    if not in_place and target.exists() and target.read_bytes() != written:
        hint = "Use --in-place to add the tags to it." if target.samefile(notebook) else "Choose another name."
        raise UsageError(f"{target}: is there already. {hint}")
    write_tags(notebook, target, written)


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


COMMANDS = (check, tag, build, params)
