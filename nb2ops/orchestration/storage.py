"""Places that several machines reach, in anything that fsspec opens; bundles there: one archive per version."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from nb2ops.compiler.folder import proven_files, read_files
from nb2ops.errors import UsageError
from nb2ops.orchestration.store import bundle_folder, keep

EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bundle is the same archive
EXTRAS = {"s3": "s3", "gs": "gcs", "gcs": "gcs"}


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


def address_of(place: str) -> str:
    """Return a folder's address, where its path is enough to name it.

    Example:
        >>> address_of("/mnt/shared/"), address_of("s3://models/")
        ('file:///mnt/shared', 's3://models')
    """
    return (place if "://" in place else Path(place).absolute().as_uri()).rstrip("/")


@contextmanager
def opened(address: str) -> Iterator[tuple[Any, str]]:
    """Yield the file system of an address with the path in it.

    Raises:
        UsageError: whatever fails there, with where and what to do.
    """
    import fsspec

    try:
        yield fsspec.core.url_to_fs(address)
    except UsageError:
        raise
    except ImportError as error:
        extra = EXTRAS.get(address.partition(":")[0])
        hint = f'Type: pip install "nb2ops[{extra}]"' if extra else "Install the package that fsspec names."
        raise UsageError(f"{address}: {error}. {hint}") from error
    except Exception as error:  # every back end has errors of its own, with no base class in common
        raise UsageError(
            f"{address}: {type(error).__name__}: {error}. Check the address and the credentials."
        ) from error


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
