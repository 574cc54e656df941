"""Prefect's blocks, as far as it is asked without loading Prefect whether there is one."""

from __future__ import annotations

from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.connection import Connection

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
