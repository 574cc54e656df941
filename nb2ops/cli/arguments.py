"""What several commands share: papermill's ways to give parameters, the working directory, machine output."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from nb2ops.errors import UsageError
from nb2ops.model import Json, Parameter

F = TypeVar("F", bound=Callable[..., Any])
PAIRS = ("-p", "--param", "-r", "--param-raw")


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click only
    """Seconds, or a number with a unit: 90, 15s, 10m, 2h, 1d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        from nb2ops.compiler.tags import duration

        seconds = duration(f"{value}s") or duration(str(value))
        if not seconds:
            self.fail(f"{value!r} is no duration. Write it like 90, 15s, 10m, 2h or 1d.", param, ctx)
        return seconds


class Cut(click.ParamType):  # type: ignore[type-arg]
    """Where steps begin: `headings` (None), or `every:N` cells (N)."""

    name = "headings|every:N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return the number of cells, None for headings."""
        if value == "headings":
            return None
        word, _, number = str(value).partition(":")
        if word != "every" or not number.isdecimal() or not int(number):
            self.fail(f"{value!r}: write `headings`, or `every:5` for a step every five cells.", param, ctx)
        return int(number)


class Tagged(click.ParamType):  # type: ignore[type-arg]
    """A notebook to write, or the word `json`."""

    name = "OUT.ipynb|json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """Return the path, or "json"."""
        if value != "json" and Path(value).suffix != ".ipynb":
            self.fail(f"{value!r}: write the name of a notebook (OUT.ipynb), or `json`.", param, ctx)
        return str(value) if value == "json" else Path(value)


DURATION = Duration()
CUT = Cut()
TAGGED = Tagged()

notebook_argument = click.argument("notebook", type=click.Path(path_type=Path))


class CommandWithPairs(click.Command):
    """A command that takes `-p name=value` and papermill's `-p name value` alike."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join pairs before click reads the arguments."""
        return super().parse_args(ctx, joined_pairs(args))


def joined_pairs(args: Sequence[str]) -> list[str]:
    """Return arguments with `-p name value` as `-p name=value`.

    Example:
        >>> joined_pairs(["-p", "rows", "10", "-p", "rate=0.5", "x.ipynb"])
        ['-p', 'rows=10', '-p', 'rate=0.5', 'x.ipynb']
    """
    found: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        found.append(word)
        if word == "--":
            break
        if word in PAIRS and rest:
            pair = rest.pop(0)
            found.append(pair if "=" in pair or not rest else f"{pair}={rest.pop(0)}")
    return found + rest


def parameter_options(command: F) -> F:
    """Add papermill's options for parameters to a command."""
    options = [
        click.option(
            "-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter, converted by its type."
        ),
        click.option(
            "-r",
            "--param-raw",
            "raw",
            multiple=True,
            metavar="NAME=TEXT",
            help="A parameter whose text is taken as it is.",
        ),
        click.option(
            "-f",
            "--param-file",
            "files",
            multiple=True,
            type=click.Path(path_type=Path),
            help="A YAML file of parameters.",
        ),
        click.option("-y", "--param-yaml", "yamls", multiple=True, metavar="YAML", help="YAML text of parameters."),
        click.option(
            "-b", "--param-base64", "encoded", multiple=True, metavar="TEXT", help="Base64 of YAML text of parameters."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def output_option(command: F) -> F:
    """Add `-o json` to a command that reads."""
    option = click.option("-o", "--output", "form", type=click.Choice(["json"]), help="Print JSON.")
    return option(command)


def verbose_option(command: F) -> F:
    """Add -v, which says which Prefect the command talks to."""
    return click.option(
        "-v", "--verbose", is_flag=True, expose_value=False, callback=_tell_prefect, help="Say which Prefect is used."
    )(command)


def _tell_prefect(_context: click.Context, _option: click.Parameter, verbose: bool) -> None:
    if verbose:
        from nb2ops.orchestration.services import status

        found = status().connection
        click.echo(f"Prefect: {found or 'the local server, which does not run yet'}", err=True)


def directory_option(command: F) -> F:
    """Add `--cwd` to a command that runs or will run a notebook."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    option = click.option("--cwd", type=folder, help="Working directory; default: the notebook's folder.")
    return option(command)


def jobs_option(command: F) -> F:
    """Add `--jobs` to a command that runs a notebook."""
    said = "Steps (of a sweep: also runs) at once; else as many as processors, at least 2."
    return click.option("--jobs", type=click.IntRange(1), metavar="N", help=said)(command)


def run_storage_option(command: F) -> F:
    """Add `--run-storage` to a command that runs or will run a notebook."""
    option = click.option(
        "--run-storage",
        metavar="URL",
        envvar="NB2OPS_RUN_STORAGE",
        callback=_address,
        help="Folder that gets record, executed notebook and hand-over files too: file://, s3://, gs://.",
    )
    return option(command)


def _address(_context: click.Context, _option: click.Parameter, place: str | None) -> str | None:
    """Return a folder's address, which means the same wherever the run happens."""
    from nb2ops.runtime.addresses import address_of

    return address_of(place) if place else None


def echo_json(data: Any) -> None:
    """Print data as JSON."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def given_values(
    parameters: Sequence[Parameter],
    pairs: Sequence[str],
    raw: Sequence[str],
    files: Sequence[Path],
    yamls: Sequence[str],
    encoded: Sequence[str],
) -> Json:
    """Return parameter values as the flow takes them; of one name -r wins over -p, -y, -f and -b, in this order.

    Raises:
        UsageError: a text cannot be read, a name is unknown or a value does not fit.
    """
    from nb2ops.parameter_types import convert

    values: Json = {}
    for text in encoded:
        values |= _mapping(_decoded(text), "-b")
    for path in files:
        values |= _mapping(_read(path), str(path))
    for text in yamls:
        values |= _mapping(text, "-y")
    texts = dict(pair(each, "-p") for each in pairs)
    return convert(parameters, values | texts | dict(pair(each, "-r") for each in raw), texts=frozenset(texts))


def pair(text: str, option: str) -> tuple[str, str]:
    """Return name and value of `NAME=VALUE`, given with an option.

    Raises:
        UsageError: there is no value.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{option} {text}: a value is missing. Write {option} {text}=VALUE.")
    return name.strip(), value


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError(f"-b: not base64 of text ({error}).") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"-f {path}: cannot be read ({error}).") from error


def _mapping(text: str, where: str) -> Mapping[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{where}: not YAML ({error}).") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"{where}: must be names with values, for example `rows: 10`.")
    return {str(name): value for name, value in data.items()}
