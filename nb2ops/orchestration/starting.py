"""Starting a run that outlives whoever starts it: a flow run of Prefect first, so that it can be followed at once.

The process is `python -m nb2ops.orchestration.detached`; it executes the flow run as `nb2ops run` would, leads a
session of its own and logs into the run's folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nb2ops.compiler.bundle import build_bundle, write_bundle
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.compiler.selection import select
from nb2ops.errors import Conflict
from nb2ops.model import Bundle, Json, Run
from nb2ops.orchestration import labels
from nb2ops.orchestration.api import request
from nb2ops.orchestration.bundle import version_of
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.details import FINAL
from nb2ops.orchestration.finding import find_run
from nb2ops.orchestration.history import describe_one
from nb2ops.orchestration.options import RunOptions, kept_at, new_run_id, store
from nb2ops.orchestration.resuming import Interrupted
from nb2ops.orchestration.store import SHOWN_DIGITS
from nb2ops.parameter_types import convert
from nb2ops.wire import encode, read_pipeline

LOG = "process.log"


@dataclass(frozen=True, slots=True)
class Order:
    """A run that is to be started.

    Attributes:
        bundle: what runs.
        flow: the flow's name.
        version: the bundle's digest.
        parameters: values for the flow's parameters, as the flow takes them.
        options: how it shall happen; its id and folder are there.
    """

    bundle: Path
    flow: str
    version: str
    parameters: Json = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)


@dataclass(frozen=True, slots=True)
class Started:
    """A run under way, and the process that executes it."""

    run: Run
    process: subprocess.Popen[bytes]


def prepare(
    notebook: Path,
    *,
    parameters: Json,
    texts: Sequence[str] = (),
    steps: Sequence[str] = (),
    from_step: str | None = None,
    to_step: str | None = None,
    timeout: float | None = None,
    cell_timeout: float | None = None,
    kernel: str | None = None,
    jobs: int | None = None,
    cache: bool | None = None,
    force: bool = False,
) -> Order:
    """Return the order for a run of a notebook; its bundle is built into the notebook's store.

    Args:
        notebook: the source.
        parameters: values, by name.
        texts: names of those values that are text to be converted.
        steps: only these, and what they need.
        from_step: only this one and all that wait for it.
        to_step: only up to this one.
        timeout: seconds for the whole run.
        cell_timeout: seconds for each cell.
        kernel: instead of the notebook's.
        jobs: steps at once.
        cache: whether earlier results of steps may stand in and new ones are kept; as `NB2OPS_CACHE` says for None.
        force: every step runs, whatever there is of it.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: a parameter or a step is not one of the notebook's.
    """
    compilation = compile_notebook(notebook)
    bundle = build_bundle(compilation, notebook.parent)
    values = convert(bundle.pipeline.parameters, parameters, texts=frozenset(texts))
    options = RunOptions(
        notebook=notebook.absolute(),
        timeout=timeout,
        cell_timeout=cell_timeout,
        kernel=kernel,
        jobs=jobs,
        selection=select(bundle.pipeline, steps, from_step, to_step),
        cache=kept_at(cache),
        forced=force,
    )
    return Order(_written(bundle, notebook), bundle.pipeline.name, bundle.digest, values, _placed(options))


def resumed(found: Interrupted) -> Order:
    """Return the order for going on with a run that did not complete: its notebook as it is now, its parameters.

    Raises:
        InvalidNotebook: the notebook has errors.
    """
    run = new_run_id()
    options = found.options(RunOptions(run=run, notebook=found.notebook, folder=found.folder.with_name(run)))
    options.run_folder(run)
    if found.target.is_dir():
        pipeline = read_pipeline(found.target)
        return Order(found.target, pipeline.name, version_of(found.target, pipeline), found.values(pipeline), options)
    bundle = build_bundle(compile_notebook(found.target), found.target.parent)
    folder = _written(bundle, found.target)
    return Order(folder, bundle.pipeline.name, bundle.digest, found.values(bundle.pipeline), options)


def start(connection: Connection, order: Order) -> Started:
    """Start a run in a process of its own; the run is there as "Pending" before the process is.

    Raises:
        ServiceError: Prefect does not answer or refuses.
    """
    options = order.options
    flow = request(connection, "POST", "/flows/", {"name": order.flow})
    notebook = str(options.notebook or read_pipeline(order.bundle).notebook)
    marks = {
        labels.NOTEBOOK: notebook,
        labels.VERSION: order.version,
        labels.RUN: options.run,
        labels.FOLDER: str(options.folder),
    }
    body = {
        "flow_id": flow["id"],
        "parameters": order.parameters,
        "labels": marks,
        "tags": [labels.notebook_tag(notebook)],
        "state": {"type": "PENDING", "message": "Its process is starting."},
    }
    row: Json = request(connection, "POST", "/flow_runs/", body)
    process = _spawn({"flow_run": row["id"], **encode(order)}, options, connection)
    return Started(describe_one(connection, row), process)


def again(connection: Connection, run: str) -> Order:
    """Return the order for a run of the same version with the same parameters as one that is over.

    Raises:
        UsageError: there is no such run, it is still going, or what it ran is not on this machine.
    """
    row = find_run(connection, run)
    if row["state_type"] not in FINAL:
        raise Conflict(f"{row['name']} is {row['state_name']}: only a run that is over can be tried again.")
    notebook, version = (labels.text(row["labels"], each) for each in (labels.NOTEBOOK, labels.VERSION))
    folder = store(Path(notebook).parent) / "bundles" / version[:SHOWN_DIGITS] if notebook and version else None
    if notebook is None or version is None or folder is None or not folder.is_dir():
        raise Conflict(f"What {row['name']} ran is not on this machine. Run its notebook again.")
    completed = row["state_type"] == "COMPLETED"  # then all of it is wanted once more
    options = _placed(RunOptions(notebook=Path(notebook), cache=kept_at(), forced=completed))
    return Order(folder, read_pipeline(folder).name, version, row["parameters"], options)


def report_end(connection: Connection, started: Started) -> None:
    """Wait for a run's process; tell Prefect where it ended without a word."""
    code = started.process.wait()
    row = find_run(connection, started.run.id)
    if row["state_type"] not in FINAL:
        state = {"type": "CRASHED", "name": "Crashed", "message": f"Its process ended with code {code}."}
        request(connection, "POST", f"/flow_runs/{row['id']}/set_state", {"state": state, "force": True})


def _written(bundle: Bundle, notebook: Path) -> Path:
    """Write a bundle into its notebook's store and return the folder."""
    folder = store(notebook.absolute().parent) / "bundles" / bundle.digest[:SHOWN_DIGITS]
    write_bundle(bundle, folder)
    return folder


def _placed(options: RunOptions) -> RunOptions:
    run = new_run_id()
    return replace(options, run=run, folder=options.run_folder(run))


def _spawn(order: Json, options: RunOptions, connection: Connection) -> subprocess.Popen[bytes]:
    assert options.folder is not None
    with (options.folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "nb2ops.orchestration.detached"],
            env={**os.environ, **connection.environment},
            cwd=options.working_directory,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdin is not None
    with process.stdin as pipe:
        pipe.write(json.dumps(order).encode())
    return process
