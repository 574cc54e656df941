"""Where the values of secret parameters come from: the environment of the run, else Prefect's Secret blocks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nb2ops.errors import UsageError
from nb2ops.inkernel.masking import SHORTEST, texts_of
from nb2ops.model import Json, Parameter, Pipeline
from nb2ops.orchestration.blocks import has_block
from nb2ops.orchestration.connection import Connection
from nb2ops.parameter_types import secret_variable
from nb2ops.runtime.confiding import ROOM

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

BLOCK_TYPE = "secret"


def resolve(
    pipeline: Pipeline, client: SyncPrefectClient, environment: Mapping[str, str] = os.environ
) -> tuple[Json, dict[str, str]]:
    """Return the secrets of a pipeline by parameter, and where each came from: "environment" or "block".

    Raises:
        UsageError: one is nowhere, or is nothing that can be kept secret; the text never holds its value.
    """
    values: Json = {}
    origins: dict[str, str] = {}
    for parameter in pipeline.parameters:
        if parameter.secret:
            text = environment.get(secret_variable(parameter.secret))
            origins[parameter.name] = "block" if text is None else "environment"
            found = _block(parameter, client) if text is None else _from_text(parameter, text)
            values[parameter.name] = _checked(parameter, found)
    if len(json.dumps(values)) >= ROOM:
        raise UsageError(f"{pipeline.notebook}: its secrets together are larger than {ROOM >> 10} KiB.")
    return values, origins


def resolve_outside(pipeline: Pipeline) -> Json:
    """Return the secrets of a pipeline by parameter, outside a flow; as `resolve`.

    Raises:
        UsageError: one is not to be had.
        ServiceError: no Prefect server answers, and none could be started.
    """
    if not pipeline.secrets:
        return {}
    from prefect import get_client

    from nb2ops.orchestration.execution import server

    with server(), get_client(sync_client=True) as client:
        return resolve(pipeline, client)[0]


def _block(parameter: Parameter, client: SyncPrefectClient) -> Any:
    from prefect.exceptions import ObjectNotFound

    block = parameter.secret or ""
    try:
        found = client.read_block_document_by_name(block, BLOCK_TYPE)
    except ObjectNotFound:
        text = f'there is no Secret block "{block}" in Prefect and no {secret_variable(block)} in the environment'
        remedy = f"Type `nb2ops secret {block}`, or set that variable where the run takes place."
        raise UsageError(f'Secret "{parameter.name}": {text}. {remedy}') from None
    return found.data.get("value")


def _from_text(parameter: Parameter, text: str) -> Any:
    if parameter.type != "dict":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _checked(parameter: Parameter, value: Any) -> Any:
    wanted = {"str": str, "dict": dict}.get(parameter.type, (str, dict))
    if not isinstance(value, wanted):
        kind = "a dictionary (JSON)" if parameter.type == "dict" else "text"
        raise UsageError(f'Secret "{parameter.name}" (block "{parameter.secret}") is not {kind}.')
    if not texts_of(value):
        text = f"has fewer than {SHORTEST} characters, too few to be kept out of what is shown"
        raise UsageError(f'Secret "{parameter.name}" (block "{parameter.secret}") {text}.')
    return value


def store(block: str, value: str) -> None:
    """Put a secret into Prefect's Secret block of that name, in place of what was there.

    The block is in the Prefect that the settings of this process name, see `nb2ops.orchestration.execution.server`.

    Raises:
        UsageError: the name or the value will not do.
    """
    from prefect.blocks.system import Secret
    from pydantic import SecretStr

    if len(value) < SHORTEST:
        raise UsageError(f"A secret has at least {SHORTEST} characters; a shorter one cannot be kept out of outputs.")
    try:
        Secret(value=SecretStr(value)).save(block, overwrite=True)
    except ValueError as error:
        raise UsageError(f"{block}: lower-case letters, digits and single dashes only.") from error


def notices(connection: Connection, pipeline: Pipeline) -> tuple[str, ...]:
    """Return where the secrets of a deployment's runs will come from, as sentences.

    Raises:
        ServiceError: Prefect does not answer.
    """
    return tuple(_notice(connection, name, block) for name, block in pipeline.secrets.items())


def _notice(connection: Connection, name: str, block: str) -> str:
    if has_block(connection, BLOCK_TYPE, block):
        return f'Secret "{name}" is taken from Prefect\'s Secret block "{block}".'
    return (
        f'Secret "{name}": Prefect has no Secret block "{block}" yet. Type `nb2ops secret {block}`, '
        f"or set {secret_variable(block)} where the worker runs."
    )
