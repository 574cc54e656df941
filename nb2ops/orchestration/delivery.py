"""Sending messages about runs that ended. What does not arrive is noted on the run, and changes nothing else.

`python -m nb2ops.orchestration.delivery TYPE/NAME` sends the message on standard input through a notification block:
for processes that do without Prefect.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from nb2ops.errors import ServiceError
from nb2ops.model import Json
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.notifications import BLOCK, WEBHOOK, Targets, shown

PAUSES = (1.0, 3.0)
"""Seconds before a web hook is tried again."""
TIMEOUT = 10.0
BLOCK_SECONDS = 60.0
WARNING = 30

Send = Callable[[str, Json], None]


class Undelivered(Exception):
    """Why a message did not arrive."""


def tell(connection: Connection, run: str, attempt: int, targets: Targets, message: Json, send_block: Send) -> None:
    """Send a message to each target and note on the run what became of it.

    Args:
        connection: Prefect's API.
        run: Prefect's id of the run.
        attempt: how often the run was begun: one that begins again has another end.
        targets: see `Notifications`.
        message: what is sent.
        send_block: sends through a block, `TYPE/NAME`.

    Raises:
        ServiceError: Prefect does not answer; the messages were sent all the same.
    """
    troubles = [trouble for each in targets if (trouble := _trouble(each, message, send_block))]
    names = ", ".join(map(shown, targets))
    outcome = f"not delivered: {'; '.join(troubles)}" if troubles else f"delivered to {names}"
    note(connection, run, attempt, f"{message['occasion']}: {outcome}")
    for trouble in troubles:
        _log(connection, run, f"The message about this run could not be delivered: {trouble}")


def note(connection: Connection, run: str, attempt: int, text: str) -> None:
    """Write on a run what became of the message about its end."""
    request(connection, "PATCH", f"/flow_runs/{run}/labels", {labels.NOTIFIED: f"{attempt} {text}"})


def _trouble(target: str, message: Json, send_block: Send) -> str | None:
    try:
        if target.startswith(WEBHOOK):
            _post(target.removeprefix(WEBHOOK), message)
        else:
            send_block(target.removeprefix(BLOCK), message)
    except Undelivered as error:
        return f"{shown(target)}: {error}"
    return None


def _post(url: str, message: Json) -> None:
    for pause in (*PAUSES, None):
        try:
            response = httpx.post(url, json=message, timeout=TIMEOUT)
            if response.is_success:
                return
            why = f"HTTP {response.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = type(error).__name__
        if pause:
            time.sleep(pause)
    raise Undelivered(why)


def send_through_block(block: str, message: Json) -> None:
    """Send a message through a notification block, `TYPE/NAME`, of the Prefect that this process uses.

    Raises:
        Undelivered: there is no such block, or it fails.
    """
    from prefect.blocks import notifications  # noqa: F401  registers its blocks
    from prefect.blocks.abstract import NotificationBlock
    from prefect.blocks.core import Block
    from prefect.plugins import load_prefect_collections

    try:
        load_prefect_collections()
        found: Any = _settled(Block.load(block))
        if not isinstance(found, NotificationBlock):
            raise Undelivered("is no notification block")
        with found.raise_on_failure():
            _settled(
                found.notify(message["text"], f"{message['deployment'] or message['notebook']} {message['state']}")
            )
    except Undelivered:
        raise
    except Exception as error:  # every block has errors of its own, and their texts may hold its address
        raise Undelivered(type(error).__name__) from error


def _settled(value: Any) -> Any:
    """Return what a call of Prefect's gives, which may be a coroutine."""
    from prefect.utilities.asyncutils import run_coro_as_sync

    return run_coro_as_sync(value) if inspect.iscoroutine(value) else value


def send_from_outside(connection: Connection) -> Send:
    """Return what sends through a block in a process of its own, for one that shall not load Prefect."""

    def send(block: str, message: Json) -> None:
        command = [sys.executable, "-m", "nb2ops.orchestration.delivery", block]
        environment = {**os.environ, **connection.environment}
        try:
            done = subprocess.run(
                command,
                input=json.dumps(message),
                env=environment,
                capture_output=True,
                text=True,
                timeout=BLOCK_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise Undelivered(f"took longer than {BLOCK_SECONDS:g} s") from None
        if done.returncode:
            raise Undelivered(done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}")

    return send


def _log(connection: Connection, run: str, text: str) -> None:
    line = {
        "name": "nb2ops",
        "level": WARNING,
        "message": text,
        "timestamp": datetime.now(UTC).isoformat(),
        "flow_run_id": run,
    }
    request(connection, "POST", "/logs/", [line])


def main(block: str) -> None:
    """Send what is on standard input; the last line on standard error says why that failed."""
    try:
        send_through_block(block, json.load(sys.stdin))
    except (Undelivered, ServiceError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
