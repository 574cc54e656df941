"""The one deployment or run that a name, a part of an id or an id stands for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from nb2ops.errors import NotFound, UsageError
from nb2ops.model import Json
from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.connection import Connection

SHOWN = 5


def find_deployment(connection: Connection, text: str) -> Json:
    """Return a deployment as Prefect lists it, with the flow's name as `flow`.

    Args:
        connection: Prefect's API.
        text: its id, its name, or `flow/name`.

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is none, or several have that name.
    """
    flow, _, name = text.rpartition("/")
    wanted: Json = {"id": {"any_": [text]}} if is_id(text) else {"name": {"any_": [name]}}
    query: Json = {"deployments": wanted, **({"flows": {"name": {"any_": [flow]}}} if flow else {})}
    found: list[Json] = request(connection, "POST", "/deployments/filter", query)
    for each in found:
        each["flow"] = request(connection, "GET", f"/flows/{each['flow_id']}")["name"]
    names = [f"{each['flow']}/{each['name']}" for each in found]
    return _only(found, names, f'There is no deployment "{text}". `nb2ops deployments` lists them.')


def find_run(connection: Connection, text: str) -> Json:
    """Return a flow run as Prefect lists it.

    Args:
        connection: Prefect's API.
        text: its id, or its name ("amber-fox").

    Raises:
        ServiceError: Prefect does not answer or refuses.
        UsageError: there is none, or several have that name.
    """
    missing = f'There is no run "{text}". `nb2ops runs` lists them; their ids are in `nb2ops runs -o json`.'
    if is_id(text):
        try:
            run: Json = request(connection, "GET", f"/flow_runs/{text}")
        except RequestRefused as error:
            raise NotFound(missing) from error
        return run
    query: Json = {"flow_runs": {"name": {"any_": [text]}}, "sort": "EXPECTED_START_TIME_DESC"}
    found: list[Json] = request(connection, "POST", "/flow_runs/filter", query)
    return _only(found, [each["id"] for each in found], missing)


def is_id(text: str) -> bool:
    """Return whether a text is an id as Prefect makes them."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _only(found: Sequence[Json], names: Sequence[str], missing: str) -> Json:
    if not found:
        raise NotFound(missing)
    if len(found) > 1:
        raise UsageError(f"Several have that name: {', '.join(names[:SHOWN])}. Say which one.")
    return found[0]
