"""The pull step of a deployment: Prefect calls `pull` in the flow's process, before it imports the flow."""

from __future__ import annotations

from pathlib import Path

from nb2ops.orchestration.store import check


def pull(source: str, version: str) -> dict[str, str]:
    """Return where the bundle lies on this machine, proven to be the one that was deployed.

    Args:
        source: the bundle's folder.
        version: the bundle's digest.

    Raises:
        UsageError: it is not there, or not the one that was deployed.
    """
    check(Path(source), version)
    return {"directory": source}
