"""A bundle as a folder: its manifest proves that the files are those of the build."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from shutil import rmtree

from blake3 import blake3

from nb2ops.errors import UsageError

MANIFEST = "manifest.json"
SCHEMA = "bundle/1"


def bundle_digest(files: Mapping[str, bytes]) -> str:
    """Return the blake3 digest (hex) of a bundle's files, the manifest left out."""
    digest = blake3()
    for path, content in sorted(files.items()):
        for part in (path.encode(), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def manifest_bytes(files: Mapping[str, bytes], digest: str) -> bytes:
    """Return the content of `manifest.json`."""
    listing = {path: blake3(content).hexdigest() for path, content in sorted(files.items())}
    data = {"schema": SCHEMA, "digest": digest, "files": listing}
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def read_manifest(folder: Path) -> tuple[str, Mapping[str, str]]:
    """Return a bundle's digest and path -> digest of its files, as its manifest says.

    Raises:
        UsageError: the folder holds no manifest of ours.
    """
    try:
        return _parsed((folder / MANIFEST).read_bytes(), str(folder))
    except OSError as error:
        raise UsageError(f"{folder}: not a bundle of nb2ops ({error}). Build one with `nb2ops build`.") from error


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the files that a bundle's manifest lists and the manifest itself; whatever else lies there is left out.

    Raises:
        UsageError: the folder is no bundle, or a file is missing or was changed.
    """
    _, listed = read_manifest(folder)
    try:
        files = {path: (folder / path).read_bytes() for path in (*listed, MANIFEST)}
    except OSError as error:
        raise UsageError(f"{folder}: damaged, {error.filename} cannot be read. Build or deploy it again.") from error
    return proven_files(files, str(folder))


def proven_files(files: Mapping[str, bytes], place: str) -> dict[str, bytes]:
    """Return those of the files that make up the bundle which the manifest among them describes.

    Args:
        files: relative path -> content.
        place: where they come from, for the error.

    Raises:
        UsageError: a file is missing or was changed.
    """
    digest, listed = _parsed(files.get(MANIFEST, b""), place)
    found = {path: files[path] for path in listed if path in files}
    if bundle_digest(found) != digest:
        wrong = [path for path in listed if path not in found or blake3(found[path]).hexdigest() != listed[path]]
        raise UsageError(f"{place}: {', '.join(wrong) or MANIFEST} was changed. Build or deploy it again.")
    return {**found, MANIFEST: files[MANIFEST]}


def _parsed(content: bytes, place: str) -> tuple[str, Mapping[str, str]]:
    """Return digest and listing of a manifest; paths that lead out of the folder are left out."""
    try:
        data = json.loads(content)
        if data["schema"] != SCHEMA:
            raise UsageError(f"{place}: a bundle of schema {data['schema']!r}; this nb2ops reads {SCHEMA!r}.")
        return str(data["digest"]), {path: digest for path, digest in data["files"].items() if _is_inside(path)}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{place}: not a bundle of nb2ops ({error}). Build one with `nb2ops build`.") from error


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return not (parts.is_absolute() or ".." in parts.parts)


def write_new(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a bundle's files as a folder that was not there: whole or not at all.

    Raises:
        OSError: the folder could not be written; somebody who wrote the same bundle meanwhile is no error.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for path, content in files.items():
            write_file(temporary / path, content)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except OSError:
        rmtree(temporary, ignore_errors=True)
        if not _holds(folder, files):
            raise


def write_file(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    try:
        return read_files(folder) == files
    except UsageError:
        return False
