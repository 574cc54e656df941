"""Bundles in places that several machines reach: one archive per version."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from nb2ops.compiler.folder import proven_files, read_files
from nb2ops.errors import UsageError
from nb2ops.orchestration.store import bundle_folder, keep
from nb2ops.runtime.addresses import address_of, opened

EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bundle is the same archive


def push(folder: Path, version: str, url: str) -> str:
    """Put a bundle where workers get it from and return its address; one that is there already stays.

    Args:
        folder: the bundle in the store.
        version: its digest.
        url: a folder, for example "s3://models/bundles", "file:///mnt/shared/bundles" or "/mnt/shared/bundles".

    Raises:
        UsageError: the place cannot be written.
    """
    address = f"{address_of(url)}/{version}.zip"
    with opened(address) as (system, path):
        if not system.exists(path):
            system.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
            system.pipe_file(path, archive(read_files(folder)))
    return address


def fetch(address: str, version: str) -> Path:
    """Return a bundle's folder in this machine's store, brought here where it is not there yet.

    Args:
        address: what `push` returned.
        version: the bundle's digest, which what is brought must have.

    Raises:
        UsageError: it is not there, cannot be read, or is not this version.
    """
    folder = bundle_folder(version)
    if folder.is_dir():
        return folder
    with opened(address) as (system, path):
        if not system.exists(path):
            raise UsageError(f"{address}: there is no such bundle. Deploy the notebook again.")
        content = system.cat_file(path)
    return keep(proven_files(_extracted(address, content), address), version)


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for path, content in sorted(files.items()):
            target.writestr(zipfile.ZipInfo(path, EPOCH), content)
    return buffer.getvalue()


def _extracted(address: str, content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            return {name: source.read(name) for name in source.namelist()}
    except zipfile.BadZipFile as error:
        raise UsageError(f"{address}: not a bundle ({error}). Deploy the notebook again.") from error
