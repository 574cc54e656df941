"""Places that several machines reach, in anything that fsspec opens: the one module that touches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nb2ops.errors import UsageError

EXTRAS = {"s3": "s3", "gs": "gcs", "gcs": "gcs"}


def is_address(place: str) -> bool:
    """Return whether a place is more than a path.

    Example:
        >>> is_address("s3://models/cache"), is_address("/mnt/cache")
        (True, False)
    """
    return "://" in place


def address_of(place: str) -> str:
    """Return a folder's address, where its path is enough to name it.

    Example:
        >>> address_of("/mnt/shared/"), address_of("s3://models/")
        ('file:///mnt/shared', 's3://models')
    """
    return (place if is_address(place) else Path(place).absolute().as_uri()).rstrip("/")


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
