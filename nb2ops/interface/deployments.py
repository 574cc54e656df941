"""A notebook put on a schedule."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from nb2ops.interface.loops import outside_loop
from nb2ops.orchestration.deploying import Wish
from nb2ops.orchestration.deploying import deploy as register
from nb2ops.orchestration.notifications import check_target
from nb2ops.orchestration.options import RunOptions
from nb2ops.orchestration.packing import Contents, pack, pins_of, read_contents, reads_of
from nb2ops.orchestration.policies import CatchUp, Overlap
from nb2ops.orchestration.reporting import Report
from nb2ops.orchestration.reporting import report as describe
from nb2ops.orchestration.services import ensure_server
from nb2ops.orchestration.timing import make_schedule
from nb2ops.parameter_types import convert


def deploy(
    notebook: str | PathLike[str],
    *,
    cron: str | Sequence[str] = (),
    interval: float | None = None,
    rrule: str | None = None,
    timezone: str = "UTC",
    parameters: Mapping[str, Any] | None = None,
    name: str | None = None,
    pool: str | None = None,
    paused: bool | None = None,
    retries: int | None = None,
    timeout: float | None = None,
    concurrency: int | None = None,
    catch_up: str | None = None,
    overlap: str | None = None,
    kernel: str | None = None,
    on_data: Sequence[str] | None = None,
    on_failure: Sequence[str] = (),
    on_success: Sequence[str] = (),
    report: bool | None = None,
) -> Report:
    """Make a notebook a deployment of Prefect. What is not said stays as it was; the same again changes nothing.

    Args:
        notebook: the source, or a bundle's folder.
        cron: one expression of five fields, or several.
        interval: seconds between two runs.
        rrule: a recurrence rule (RFC 5545).
        timezone: of cron and rrule, an IANA name.
        parameters: values in place of the notebook's defaults.
        name: the deployment's name; else the flow's.
        pool: the work pool; else "nb2ops", whose worker `nb2ops up` starts.
        paused: whether its schedules are kept from firing.
        retries: how often a failed run is tried again.
        timeout: seconds for a whole run.
        concurrency: runs at once.
        catch_up: "skip", "latest" or "all" of the slots that nobody took.
        overlap: "skip", "queue" or "parallel" for a slot that comes while a run is going.
        kernel: name of the kernelspec; else the notebook's.
        on_data: globs of files whose content starts runs; an empty list takes them away.
        on_failure: who is told of failures and red gates: "webhook:URL" or "block:TYPE/NAME".
        on_success: who is told of runs that completed.
        report: whether each run leaves a page about it, report.html in its folder.

    Returns:
        What was done, with the next five runs.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: a schedule or a parameter is wrong, or the deployment belongs to somebody else.
        ServiceError: the chosen Prefect does not answer.

    Examples:
        >>> found = nb2ops.deploy("sales.ipynb", cron="0 6 * * *", parameters={"rows": 4})
        >>> found.deployment.name, found.deployment.change, len(found.next_runs)
        ('sales/sales', 'created', 5)
    """
    contents = read_contents(Path(notebook))
    times: list[dict[str, Any]] = [{"cron": each} for each in ([cron] if isinstance(cron, str) else cron)]
    times += [{"interval": interval}] if interval is not None else []
    times += [{"rrule": rrule}] if rrule is not None else []
    told = {"failure": on_failure, "success": on_success}
    wish = Wish(
        name=name,
        schedules=tuple(make_schedule(**each, timezone=timezone) for each in times) or None,
        parameters=convert(contents.pipeline.parameters, parameters or {}),
        pool=pool,
        paused=paused,
        catch_up=CatchUp(catch_up) if catch_up else None,
        overlap=Overlap(overlap) if overlap else None,
        retries=retries,
        concurrency=concurrency,
        options=RunOptions(kernel=kernel, timeout=timeout, report=report),
        data=None if on_data is None else tuple(on_data),
        notify={name: tuple(map(check_target, each)) for name, each in told.items() if each},
    )
    return outside_loop(lambda: _registered(contents, Path(notebook), wish))


def _registered(contents: Contents, notebook: Path, wish: Wish) -> Report:
    pins = pins_of(contents, wish.options.kernel)
    parcel = pack(contents, notebook, pins)
    connection = ensure_server(_say)
    return describe(connection, register(connection, parcel, wish), reads_of(contents, None), pins)


def _say(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201  a notebook's cell shows it
