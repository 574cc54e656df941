"""What stands at the start of a scheduled run: is this slot to run at all?

A slot runs unless it ran already, or the deployment's policy says otherwise: late slots after an outage (catch-up)
and slots that come while a run is still going (overlap). `--overlap queue` is Prefect's own concurrency limit: its
slots wait before a process is started for them, so that nothing is left to be done here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import lt
from typing import Any

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort

from nb2ops.orchestration.current import CurrentFlow
from nb2ops.orchestration.ending import SKIPPED, skip, skip_others
from nb2ops.orchestration.policies import CatchUp, Overlap, Policy

GRACE = timedelta(minutes=1)
"""A slot that was taken within this time is not late: on a busy machine a worker may lag behind a short interval, and
were each slot late that has a newer one, none would ever run."""
GOING = [StateType.RUNNING, StateType.CANCELLING]
WAITING = ["Scheduled", "Late"]
"""States of slots that no worker took."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SEEN = 200  # runs around a slot that are looked at, Prefect's limit of a list


def guard(current: CurrentFlow, policy: Policy) -> None:
    """Leave the flow as Skipped where the slot is not to run; nothing happens to runs that somebody asked for.

    Raises:
        Ended: the run is over.
    """
    run = current.run
    if not run.auto_scheduled or run.deployment_id is None or run.expected_start_time is None:
        return
    states = current.client.read_flow_run_states(run.id)
    if sum(state.is_running() for state in states) > 1:
        return  # it was let through before, and is tried again
    reason = next(_reasons(current, policy, run.expected_start_time, _taken(states) or run.expected_start_time), None)
    if reason:
        skip_others(current, _hopeless(current, policy))
        skip(current, reason)


def _taken(states: Iterable[State[Any]]) -> datetime | None:
    """Return when a worker took a run, also where Prefect let it wait for others then."""
    times = (each.timestamp for each in states if not each.is_scheduled() or each.name == "AwaitingConcurrencySlot")
    return min(times, default=None)


def _reasons(current: CurrentFlow, policy: Policy, slot: datetime, taken: datetime) -> Iterator[str]:
    """Yield why a slot is not to run.

    Args:
        current: the run.
        policy: the deployment's.
        slot: when it should have run.
        taken: when a worker took it.
    """
    name = _name(slot)
    for twin in _ahead(current.run, _slots(current, slot, slot)):
        yield f"{name} ran already, as {twin.name}."
    yield from _lateness(policy, slot, taken, lambda: bool(_slots(current, slot + MOMENT, taken)))
    if policy.overlap is Overlap.SKIP:
        for other in _ahead(current.run, _going(current)):
            yield f"{name} came while {other.name} was still running (--overlap skip)."


def _lateness(policy: Policy, slot: datetime, taken: datetime, superseded: Callable[[], bool]) -> Iterator[str]:
    """Yield why a slot that was taken then comes too late; `superseded` tells whether a newer one was due."""
    late = taken - slot
    if late <= GRACE:
        return
    if policy.catch_up is CatchUp.SKIP:
        yield f"{_name(slot)} had waited {_words(late)}, and this deployment does not catch up (--catch-up skip)."
    if policy.catch_up is CatchUp.LATEST and superseded():
        yield f"{_name(slot)} had waited {_words(late)}, and a newer one was due (--catch-up latest)."


def _hopeless(current: CurrentFlow, policy: Policy) -> Iterator[tuple[FlowRun, str]]:
    """Yield the slots that wait and come too late already, with the reason: no process is to be started for them.

    Only those that mean the same as the current one; others have a run of their own that looks at them.
    """
    now = datetime.now(UTC)
    waiting = [(each.expected_start_time, each) for each in _slots(current, BEGINNING, now, WAITING)]
    newest = max((slot for slot, _ in waiting if slot), default=BEGINNING)
    for slot, run in waiting:
        if slot:
            yield from ((run, reason) for reason in _lateness(policy, slot, now, partial(lt, slot, newest)))


def _name(slot: datetime) -> str:
    return f"The slot of {slot:%Y-%m-%d %H:%M:%S} UTC"


def _slots(current: CurrentFlow, first: datetime, last: datetime, states: Sequence[str] | None = None) -> list[FlowRun]:
    """Return the deployment's other runs of slots in this time that mean the same: their parameters are the same.

    Of more than `SEEN`, the newest.
    """
    found = current.client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=_same_deployment(current),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"after_": first, "before_": last}),
            state=FlowRunFilterState(name=FlowRunFilterStateName(any_=list(states))) if states else None,
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=SEEN,
    )
    return [
        each
        for each in found
        if each.auto_scheduled and each.id != current.run.id and each.parameters == current.run.parameters
    ]


def _same_deployment(current: CurrentFlow) -> FlowRunFilterDeploymentId:
    identifier = current.run.deployment_id
    return FlowRunFilterDeploymentId(any_=[identifier] if identifier else [])


def _going(current: CurrentFlow) -> list[FlowRun]:
    return current.client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=_same_deployment(current),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=GOING)),
        ),
        limit=SEEN,
    )


def _ahead(run: FlowRun, others: Iterable[FlowRun]) -> list[FlowRun]:
    """Return the runs that began before this one and were not skipped: of two that meet, one goes on."""
    mine = (run.start_time, run.id)
    return [
        each
        for each in others
        if each.start_time and mine[0] and (each.start_time, each.id) < mine and each.state_name != SKIPPED
    ]


def _words(late: timedelta) -> str:
    """Return a length of time in words.

    Example:
        >>> _words(timedelta(hours=2, minutes=5))
        '2 h 5 min'
    """
    minutes, seconds = divmod(int(late.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"
