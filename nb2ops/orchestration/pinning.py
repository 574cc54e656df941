"""The pins of a deployment: what its notebook imports, as the versions that are installed for its kernel now.

They belong to the deployment and not to the bundle, whose digest they do not change. What is not known is a problem,
never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distributions
from pathlib import Path

from blake3 import blake3
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nb2ops.compiler.imports import Import
from nb2ops.errors import UsageError
from nb2ops.model import Problem, Severity
from nb2ops.orchestration.home import home
from nb2ops.runtime.distributions import Environment, environment_of, named, providers
from nb2ops.runtime.files import write_bytes
from nb2ops.runtime.kernels import find_kernel

LOCK = "requirements.lock"
SHOWN_DIGITS = 16
PROVIDED = frozenset({"nb2ops"})  # by whatever runs the notebook


@dataclass(frozen=True, slots=True)
class Pins:
    """A `requirements.lock`.

    Attributes:
        text: its content.
        problems: what could not be pinned.
        python: the version of the kernel's Python ("3.11"), None where it could not be asked.
    """

    text: str
    problems: tuple[Problem, ...] = ()
    python: str | None = None

    @property
    def version(self) -> str:
        """The digest of the content."""
        return blake3(self.text.encode()).hexdigest()


def pin(imports: Sequence[Import], kernel: str | None, notebook: str) -> Pins:
    """Return the pins of what a notebook imports, and of what that needs.

    Args:
        imports: what is imported.
        kernel: name of the kernelspec; else the default one.
        notebook: the file's name, for the problems.
    """
    try:
        spec = find_kernel(kernel)
        environment = environment_of(spec.interpreter)
    except (UsageError, OSError) as error:
        return Pins("", (Problem("NB403", f"nothing is pinned: {error}", notebook, severity=Severity.WARNING),))
    found, problems = _wanted(imports, environment, spec.name, notebook)
    found.setdefault("ipykernel", "the kernel")
    head = f"# Written by nb2ops deploy: what {notebook} imports, as installed for the kernel {spec.name}.\n"
    return Pins(head + _lines(found, environment), tuple(problems), environment.markers["python_version"])


def lock_of(distribution: str, interpreter: str) -> str:
    """Return the pins of one distribution and of all that it needs, as installed for an interpreter.

    Raises:
        OSError: the interpreter cannot be run.
        UsageError: it is not installed there as a distribution.
    """
    found = _lines({distribution: "what runs the notebook"}, environment_of(interpreter))
    if not found:
        raise UsageError(f"{distribution} is not installed as a package for {interpreter}, so it cannot be pinned.")
    return found


def _lines(wanted: dict[str, str], environment: Environment) -> str:
    rows = sorted(_closed(wanted, environment), key=lambda row: canonicalize_name(row[0]))
    return "".join(f"{name}=={version}  # {why}\n" for name, version, why in rows)


def keep_pins(pins: Pins) -> Path:
    """Write the pins into the store and return their path."""
    path = pins_path(pins.version)
    if not path.exists():
        write_bytes(path, pins.text.encode(), 0o444)
    return path


def pins_path(version: str) -> Path:
    """Return the place of pins in the store."""
    return home() / "pins" / version[:SHOWN_DIGITS] / LOCK


def _wanted(
    imports: Iterable[Import], environment: Environment, kernel: str, notebook: str
) -> tuple[dict[str, str], list[Problem]]:
    """Return distribution -> why it is needed, of what is imported, with what could not be found."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for each in imports:
        if each.module in environment.standard or each.module in PROVIDED:
            continue
        provided = providers(each.module, environment)
        if not provided:
            problems.append(_unknown(each, kernel, notebook))
        for distribution in provided:
            if _is_editable(distribution):
                problems.append(_unversioned(each, notebook))
            else:
                found.setdefault(named(distribution)[0], f"imported in {each.file or f'cell {each.cell}'}")
    return found, problems


def _unknown(each: Import, kernel: str, notebook: str) -> Problem:
    text = f'imports "{each.module}"{_in_file(each)}, which nothing installed for the kernel "{kernel}" provides.'
    hint = "Install it there; a worker elsewhere may have it."
    return Problem("NB401", text, notebook, each.cell, _line(each), hint=hint, severity=Severity.WARNING)


def _unversioned(each: Import, notebook: str) -> Problem:
    text = f'imports "{each.module}"{_in_file(each)}, installed from a folder: it has no version to pin.'
    hint = "Install it from a package, or put it into the bundle with [tool.nb2ops] include."
    return Problem("NB402", text, notebook, each.cell, _line(each), hint=hint, severity=Severity.WARNING)


def _line(each: Import) -> int | None:
    return each.line if each.cell else None


def _in_file(each: Import) -> str:
    return f" in {each.file}" if each.file else ""


def _is_editable(distribution: Distribution) -> bool:
    return '"editable": true' in (distribution.read_text("direct_url.json") or "")


def _closed(wanted: dict[str, str], environment: Environment) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and reason of distributions and of everything installed that they need."""
    seen: set[str] = set()
    todo = list(wanted.items())
    while todo:
        name, why = todo.pop(0)
        if canonicalize_name(name) in seen:
            continue
        seen.add(canonicalize_name(name))
        distribution = _installed(name, environment)
        if distribution is not None:
            found, version = named(distribution)
            yield found, version, why
            todo += [(each, f"needed by {found}") for each in _needed(distribution, environment)]


def _installed(name: str, environment: Environment) -> Distribution | None:
    try:
        return next(iter(distributions(name=name, path=list(environment.folders))), None)
    except PackageNotFoundError:
        return None


def _needed(distribution: Distribution, environment: Environment) -> Iterator[str]:
    """Yield what a distribution requires in this environment, extras left out."""
    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({**environment.markers, "extra": ""}):
            yield requirement.name
