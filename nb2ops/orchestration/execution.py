"""Running a bundle in this process, from nothing to a finished run.

What takes time happens side by side: the supervisor process starts the fork server and imports papermill while this
one finds or starts Prefect's server and imports Prefect (1.3 CPU-seconds).
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from nb2ops.errors import Nb2opsError, ServiceError, UsageError
from nb2ops.model import Json, RunResult
from nb2ops.orchestration.bundle import load_flow
from nb2ops.orchestration.connection import LOCAL, Connection
from nb2ops.orchestration.lanes import Lane
from nb2ops.orchestration.options import LOG_SECONDS, RunOptions
from nb2ops.orchestration.server import Progress
from nb2ops.orchestration.services import ensure_server, silent
from nb2ops.orchestration.turnstile import Turnstile
from nb2ops.runtime.supervision import Supervisor

BUSY = 503
MAKING = ("/flows/", "/flow_runs/")
ROUNDS = 4


def execute(
    bundle: Path,
    parameters: Json,
    options: RunOptions,
    on_event: Callable[[Json], None],
    on_progress: Progress = silent,
    flow_run: Callable[[Connection], str] | None = None,
    lane: Lane | None = None,
) -> RunResult:
    """Run a bundle's flow with Prefect and return how it ended, also where it failed or was interrupted.

    Args:
        bundle: the folder that `build` wrote.
        parameters: values for the flow's parameters, as the flow takes them; the others have their defaults.
        options: how the run shall happen.
        on_event: called with every event of the run, from another thread.
        on_progress: told what takes time before the run begins.
        flow_run: returns Prefect's id of a flow run that was made for this; else it is a new one.
        lane: the runs of the same bundle that this one follows; whoever made it closes it.

    Raises:
        ServiceError: no Prefect server answers, and none could be started; or it failed later.
        UsageError: the folder is not a bundle, or a parameter does not fit.
    """
    bundle = bundle.absolute()
    options, preparation = options.prepared(bundle)
    supervisor = lane.supervisor(preparation) if lane else Supervisor.start(preparation)
    try:
        connection = ensure_server(on_progress)
        made = flow_run(connection) if flow_run else None
        return _run_flow(bundle, parameters, options, supervisor, on_event, connection, made)
    finally:
        if lane is None or not supervisor.is_ready:
            supervisor.close()


def _run_flow(
    bundle: Path,
    parameters: Json,
    options: RunOptions,
    supervisor: Supervisor,
    on_event: Callable[[Json], None],
    connection: Connection,
    flow_run: str | None,
) -> RunResult:
    _forget_earlier_runs()
    with _without_collections():
        from nb2ops.orchestration.flows import COMMISSION, Commission
        from nb2ops.orchestration.forwarding import deliver_to, wait_for_states

        flow = load_flow(bundle)  # imports Prefect, which sets up its logging
    deliver_to(connection)
    turnstile = Turnstile(connection)
    commission = Commission(options, supervisor, on_event, turnstile.leave)
    token = COMMISSION.set(commission)
    try:
        with _settings(connection), _quiet():
            with turnstile:
                state = _call(flow, parameters, flow_run)
            wait_for_states()
    except Exception as error:
        if commission.result is None:
            _raise_trouble(connection, error)
            raise
        warning = f"Prefect could not be told how the run ended: {error}"
        return replace(commission.result, warnings=(*commission.result.warnings, warning))
    finally:
        COMMISSION.reset(token)
    if commission.result is None:
        raise _problem(bundle, state, connection)
    return commission.result


@contextmanager
def _without_collections() -> Iterator[None]:
    """Import without collecting garbage, of which imports make none, and let later collections pass over it all."""
    first = gc.get_freeze_count() == 0
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if first:
            gc.freeze()
        if enabled:
            gc.enable()


def _forget_earlier_runs() -> None:
    """Collect what an earlier run of this process left. Python would wait until that is a quarter of everything."""
    if gc.get_freeze_count():
        gc.collect()


def _call(flow: Any, parameters: Json, flow_run: str | None) -> Any:
    """Return the state that a flow ends in, as a flow run that is there already where one is named."""
    if flow_run is None:
        return _call_anew(flow, parameters)
    from prefect.client.orchestration import get_client
    from prefect.flow_engine import run_flow

    with get_client(sync_client=True) as client:
        known = client.read_flow_run(UUID(flow_run))
    return run_flow(flow, known, parameters, return_type="state")


def _call_anew(flow: Any, parameters: Json) -> Any:
    """Return the state that a flow ends in; where SQLite is too busy even to make the flow run, try that again.

    Prefect's client does so for a minute. Of many runs that begin at once some need longer.
    """
    for _ in range(ROUNDS - 1):
        try:
            return flow(**parameters, return_state=True)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != BUSY or not error.request.url.path.endswith(MAKING):
                raise
    return flow(**parameters, return_state=True)


def _problem(bundle: Path, state: Any, connection: Connection) -> Nb2opsError:
    """Return why a flow ended before its steps could begin."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, Nb2opsError):
        return error
    _raise_trouble(connection, error)
    return UsageError(f"{bundle}: {state.message}")


def _raise_trouble(connection: Connection, error: Exception) -> None:
    """Raise what failed between us and Prefect as an error with a remedy; do nothing for any other error.

    Prefect's client raises errors of its own, caused by httpx's.
    """
    cause: BaseException | None = error
    while cause and not isinstance(cause, Nb2opsError | httpx.HTTPError | ConnectionError):
        cause = cause.__cause__ or cause.__context__
    if cause and not isinstance(cause, Nb2opsError):
        said = str(cause).partition("\n")[0] or type(cause).__name__
        raise ServiceError(f"Prefect failed at {connection}: {said}. {connection.remedy}") from error


@contextmanager
def server() -> Iterator[None]:
    """Have Prefect's API at hand while a flow is called: the chosen one, else the local server of nb2ops.

    Example:
        with server():
            my_flow()

    Raises:
        ServiceError: no server answers, and none could be started; or it failed later.
    """
    try:
        connection = ensure_server(lambda message: print(message, file=sys.stderr))  # noqa: T201  flow.py has no other voice
    except ServiceError as error:
        raise error from None  # `python flow.py` shows it last; what httpx went through says no more
    with _settings(connection):
        try:
            yield
        except Exception as error:
            _raise_trouble(connection, error)
            raise


@contextmanager
def _settings(connection: Connection) -> Iterator[None]:
    """Set Prefect to the API, also where it was imported before.

    Its heartbeats cost 0.7 s at the end of a flow. Certificates, which each client loads for 20 ms, have no part in
    talking to our own server on this machine over HTTP.
    """
    from prefect import settings

    chosen = {getattr(settings, name): value for name, value in connection.environment.items()}
    ours = {
        settings.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        settings.PREFECT_LOGGING_TO_API_BATCH_INTERVAL: LOG_SECONDS,
    }
    if connection.origin == LOCAL:
        ours[settings.PREFECT_API_TLS_INSECURE_SKIP_VERIFY] = True
    with settings.temporary_settings({**chosen, **ours}):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Prefect's log off the terminal, where our own progress is; it still goes to the API."""
    from prefect.logging.handlers import PrefectConsoleHandler

    handlers = [each for each in logging.getLogger().handlers if isinstance(each, PrefectConsoleHandler)]
    nothing = _Nothing()  # one of this run's own: others may begin and end meanwhile
    for handler in handlers:
        handler.addFilter(nothing)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(nothing)


class _Nothing(logging.Filter):
    """Lets no record through."""

    def filter(self, _record: logging.LogRecord) -> bool:
        return False
