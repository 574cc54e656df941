"""The user's store of deployed bundles: folders named by content that nobody changes, kept in nb2ops's home."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nb2ops.compiler.folder import read_files, read_manifest, write_new
from nb2ops.errors import UsageError
from nb2ops.orchestration.home import home

PLACES = "deployed"
SHOWN_DIGITS = 16  # of a digest, in the name of a folder


def bundle_folder(version: str) -> Path:
    """Return the place of a version in the store."""
    return home() / "bundles" / version[:SHOWN_DIGITS]


def keep(files: Mapping[str, bytes], version: str) -> Path:
    """Put a bundle into the store, where it is not there yet, and return its folder.

    Args:
        files: relative path -> content, the manifest included.
        version: the bundle's digest.

    Raises:
        UsageError: what is there under that name was changed.
    """
    folder = bundle_folder(version)
    if not folder.exists():
        write_new(files, folder)
        for path in files:
            (folder / path).chmod(0o444)
    check(folder, version)
    return folder


def note_place(folder: Path, api: str) -> None:
    """Note to which Prefect something of the store was deployed: `nb2ops prune` can ask only one."""
    places = home() / PLACES / f"{folder.parent.name}-{folder.name}"
    if api not in places_of(folder):
        places.parent.mkdir(exist_ok=True)
        with places.open("a", encoding="utf-8") as file:
            file.write(f"{api}\n")


def places_of(folder: Path) -> tuple[str, ...]:
    """Return where something of the store was deployed to; nothing for what was fetched from a storage."""
    places = home() / PLACES / f"{folder.parent.name}-{folder.name}"
    return tuple(places.read_text(encoding="utf-8").splitlines()) if places.exists() else ()


def check(folder: Path, version: str) -> None:
    """Make sure that a folder holds this very version.

    Raises:
        UsageError: it is missing, damaged, or another one.
    """
    if not folder.is_dir():
        raise UsageError(f"Bundle {folder} is not on this machine. Deploy the notebook again, from here or --storage.")
    read_files(folder)
    found, _ = read_manifest(folder)
    if found != version:
        raise UsageError(f"{folder} is version {found[:SHOWN_DIGITS]}, not {version[:SHOWN_DIGITS]}. Deploy it again.")
