"""The files that a notebook reads by a relative path written in it: what a run elsewhere has to find."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from nb2ops.compiler.compilation import Compilation
from nb2ops.parameter_types import typed

GLOB = "*?["
UNKNOWN = "?"  # what the analysis writes for a path that the code computes


class Place(StrEnum):
    """Where a run finds a file."""

    FOUND = "found"
    BUNDLED = "bundled"
    WRITTEN = "written"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Read:
    """A file that the notebook reads.

    Attributes:
        path: as written.
        cell, line: where.
        place: "found" in the working directory, "bundled" with the deployment, "written" by the notebook itself,
            or "missing".
    """

    path: str
    cell: int
    line: int
    place: Place


def literal_reads(compilation: Compilation, directory: Path, bundled: Collection[str]) -> tuple[Read, ...]:
    """Return each relative path that the notebook reads, or that is a parameter of type `Path`, in notebook order.

    Args:
        compilation: the notebook.
        directory: the working directory of its runs.
        bundled: paths of the files that travel with the bundle.
    """
    written = {effect.path for facts in compilation.facts.values() for effect in facts.world if effect.mode == "write"}
    found: dict[str, Read] = {}
    for path, cell, line in sorted([*_parameters(compilation), *_effects(compilation)], key=lambda each: each[1:]):
        found.setdefault(path, Read(path, cell, line, _place(path, directory, bundled, written)))
    return tuple(found.values())


def _effects(compilation: Compilation) -> list[tuple[str, int, int]]:
    return [
        (effect.path, facts.cell, effect.line)
        for facts in compilation.facts.values()
        for effect in facts.world
        if effect.mode == "read" and effect.path and _is_relative(effect.path)
    ]


def _parameters(compilation: Compilation) -> list[tuple[str, int, int]]:
    return [
        (str(typed(each, each.value)), each.cell, each.line)
        for each in compilation.pipeline.parameters
        if each.type == "Path" and isinstance(each.value, str) and _is_relative(each.value)
    ]


def _is_relative(path: str) -> bool:
    return path != UNKNOWN and "://" not in path and not path.startswith(("/", "~"))


def _place(path: str, directory: Path, bundled: Collection[str], written: Collection[str | None]) -> Place:
    if PurePosixPath(path).as_posix() in bundled:
        return Place.BUNDLED
    if path in written:
        return Place.WRITTEN
    there = any(directory.glob(path)) if set(path) & set(GLOB) else (directory / path).exists()
    return Place.FOUND if there else Place.MISSING
