"""The pull step of a deployment: Prefect calls `pull` in the flow's process, before it imports the flow."""

from __future__ import annotations

from pathlib import Path

from nb2ops.orchestration.storage import fetch
from nb2ops.orchestration.store import bundle_folder, check


def pull(source: str, version: str) -> dict[str, str]:
    """Return where the bundle lies on this machine, proven to be the one that was deployed.

    Args:
        source: the bundle's folder on the machine that deployed it, or its address in a storage. A store of this
            machine's own that has the version, as in an image, comes first.
        version: the bundle's digest.

    Raises:
        UsageError: it is not there, or not the one that was deployed.
    """
    folder = fetch(source, version) if "://" in source else _here(Path(source), version)
    check(folder, version)
    return {"directory": str(folder)}


def _here(folder: Path, version: str) -> Path:
    return folder if folder.is_dir() else bundle_folder(version)
