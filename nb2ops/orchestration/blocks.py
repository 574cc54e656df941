"""Prefect's blocks, as far as it is asked without loading Prefect whether there is one."""

from __future__ import annotations

from collections.abc import Mapping

from nb2ops.errors import UsageError
from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.notifications import BLOCK, Targets

MISSING = 404


def has_block(connection: Connection, kind: str, name: str) -> bool:
    """Return whether there is a block.

    Args:
        connection: Prefect's API.
        kind: the slug of its type, for example "secret".
        name: its name.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    try:
        request(connection, "GET", f"/block_types/slug/{kind}/block_documents/name/{name}")
    except RequestRefused as error:
        if error.status != MISSING:
            raise
        return False
    return True


def check_blocks(connection: Connection, notify: Mapping[str, Targets]) -> None:
    """Make sure that the blocks are there which are to be told of the end of runs.

    Raises:
        UsageError: one is not.
        ServiceError: Prefect does not answer or refuses.
    """
    for occasion, target in ((name, each) for name, targets in notify.items() for each in targets):
        kind, _, name = target.removeprefix(BLOCK).partition("/")
        if target.startswith(BLOCK) and not has_block(connection, kind, name):
            text = f'Prefect has no block "{kind}/{name}". `prefect block ls` lists them.'
            raise UsageError(text, fields={f"on_{occasion}": text})
