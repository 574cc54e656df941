"""The process of a run that was started by `nb2ops.orchestration.starting`: reads the order, executes the flow run."""

from __future__ import annotations

import json
import sys

from nb2ops.errors import Nb2opsError
from nb2ops.lean import FORMATS, do_without
from nb2ops.model import Json
from nb2ops.orchestration.api import request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import FINAL
from nb2ops.orchestration.execution import execute
from nb2ops.orchestration.services import connect
from nb2ops.orchestration.starting import Order
from nb2ops.wire import decode


def main() -> int:
    """Execute the order on standard input."""
    said: Json = json.load(sys.stdin)
    flow_run = said.pop("flow_run")
    order = decode(Order, said)
    connection = connect()
    if request(connection, "GET", f"/flow_runs/{flow_run}")["state_type"] == "CANCELLING":
        _end(connection, flow_run, "CANCELLED", "Cancelled", "Cancelled before it began.")
        return 0
    try:
        execute(order.bundle, order.parameters, order.options, lambda _: None, flow_run=lambda _: flow_run)
    except Nb2opsError as error:
        print(error, file=sys.stderr)  # noqa: T201  the process's log
        _end(connection, flow_run, "FAILED", "Failed", str(error))
        return error.exit_code
    return 0


def _end(connection: Connection, flow_run: str, kind: str, name: str, message: str) -> None:
    """Bring a flow run to an end that its flow did not come to."""
    if request(connection, "GET", f"/flow_runs/{flow_run}")["state_type"] not in FINAL:
        state = {"type": kind, "name": name, "message": message}
        request(connection, "POST", f"/flow_runs/{flow_run}/set_state", {"state": state, "force": True})


if __name__ == "__main__":
    do_without(*FORMATS)
    sys.exit(main())
