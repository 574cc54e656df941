"""What a kept result depends on besides its key, and whether that still is so: files, modules, installed packages.

The key is known before a step runs. What it opens, lists and imports is known afterwards: it is kept with the result
and looked at again before the result is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from os.path import lexists
from pathlib import Path

from blake3 import blake3

from nb2ops.doubts import Imports, find_doubts
from nb2ops.inkernel.audit import names_digest
from nb2ops.model import Json

_INSTALLED = (".dist-info", ".egg-info", ".egg-link", ".pth")
_ABSENT = "absent"


class Unrepeatable(Exception):
    """Why a result cannot be kept: what it depends on is not known, or has changed meanwhile."""


def conditions(report: Json, digests: dict[tuple[str, str], str | None], directory: Path, begun: float) -> Json:
    """Return what a step's result depends on, and what it left behind, as JSON.

    Args:
        report: what the kernel reported.
        digests: (resolved path, "read" or "write") -> digest of the file, as it was when the cell had it open.
        directory: the kernels' working directory.
        begun: when the run began, in seconds since the epoch.

    Raises:
        Unrepeatable: something of it is not known.
    """
    return {
        "files": [_file(file, digests) for file in report["files"]],
        "places": [*report["places"], *_searched(report["places"], directory)],
        "modules": {path: _module(Path(path), begun) for path in sorted({*report["modules"].values()})},
        "packages": {folder: _installed(folder) for folder in sorted({*report["packages"].values()})},
    }


def _searched(places: list[Json], directory: Path) -> Iterator[Json]:
    """The working directory, where modules are looked for first, also of imports that were done ahead."""
    path = str(directory)
    if not any(each["path"] == path and each["kind"] == "modules" for each in places):
        yield {"path": path, "kind": "modules", "digest": names_digest(path, "modules")}


def _file(file: Json, digests: dict[tuple[str, str], str | None]) -> Json:
    path, mode = file["resolved"], file["mode"]
    digest = digests.get((path, mode))
    if file["size"] is None:
        digest = _ABSENT
    if digest is None:
        raise Unrepeatable(f"{file['path']} has changed since a cell had it open, or is no plain file")
    return {"path": path, "mode": mode, "digest": digest, "written": file["path"]}


def _module(path: Path, begun: float) -> str:
    try:
        status = path.stat()
        digest = blake3(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Unrepeatable(f"module {path.name} cannot be read") from error
    if max(status.st_mtime, status.st_ctime) > begun:
        raise Unrepeatable(f"module {path.name} has changed since the run began")
    return digest


def module_doubts(report: Json, trusted: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield why modules that no installed package brings may give another result next time, as their code tells."""
    names = {name.partition(".")[0] for name in report["modules"]}
    for path in sorted({*report["modules"].values()}):
        try:
            body = ast.parse(Path(path).read_bytes()).body
        except (OSError, SyntaxError, ValueError):
            yield f"module {Path(path).name} cannot be read"
            continue
        imports = Imports()
        imports.learn(body)
        for doubt in find_doubts(body, imports, names, trusted):
            yield f"{Path(path).name}, line {doubt.line}, {doubt.why}"


def changed(known: Json) -> str | None:
    """Return what is no longer as it was, None where everything is.

    Example:
        >>> changed(entry.body["conditions"])
        'data/sales.csv has changed'
    """
    return next(_changes(known), None)


def _changes(known: Json) -> Iterator[str]:
    for folder, before in known["packages"].items():
        yield from _package_changes(before, _installed(folder))
    for path, digest in known["modules"].items():
        if _digest(path) != digest:
            yield f"module {Path(path).name} has changed"
    for place in known["places"]:
        yield from _place_changes(place)
    for file in known["files"]:
        if _digest(file["path"]) != file["digest"]:
            what = "which it wrote, " if file["mode"] == "write" else ""
            yield f"{file['written']}{', ' if what else ' '}{what}has changed"


def _place_changes(place: Json) -> Iterator[str]:
    path, kind = place["path"], place["kind"]
    if kind == "absent" and lexists(path):
        yield f"{path}, which it removed, is there again"
    elif kind == "folder" and not Path(path).is_dir():
        yield f"folder {path}, which it made, is gone"
    elif kind in ("listed", "modules") and names_digest(path, kind) != place["digest"]:
        what = "modules" if kind == "modules" else "files"
        yield f"other {what} are in folder {path}"


def _digest(path: str) -> str | None:
    try:
        return blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return _ABSENT
    except OSError:
        return None


def _installed(folder: str) -> list[str]:
    """What is installed in a folder, with versions, as the names of its metadata say."""
    try:
        return sorted(path.name for path in Path(folder).iterdir() if path.name.endswith(_INSTALLED))
    except OSError:
        return []


def _package_changes(before: list[str], now: list[str]) -> Iterator[str]:
    old, new = (dict(map(_named, names)) for names in (before, now))
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        if name not in new:
            yield f"package {name} {old[name]} is gone"
        elif name not in old:
            yield f"package {name} {new[name]} was installed"
        else:
            yield f"package {name} {old[name]} -> {new[name]}"


def _named(metadata: str) -> tuple[str, str]:
    """Return name and version: `numpy-2.1.0.dist-info` is numpy, 2.1.0."""
    name, _, version = metadata.rpartition(".")[0].partition("-")
    return name, version
