"""From a Prefect flow run to the plan of our run: its names, its parameters as JSON, its marks in Prefect."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import FlowRun
from prefect.settings import get_current_settings
from pydantic_core import to_jsonable_python

from nb2ops.errors import UsageError
from nb2ops.model import Json, Parameter, Pipeline
from nb2ops.orchestration import labels
from nb2ops.orchestration.bundle import version_of
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.current import CurrentFlow
from nb2ops.orchestration.home import signing_key
from nb2ops.orchestration.options import RunOptions, cache_limit, new_run_id
from nb2ops.orchestration.presence import LABELLING
from nb2ops.orchestration.runstorage import run_address
from nb2ops.orchestration.secrets import resolve
from nb2ops.parameter_types import typed
from nb2ops.runtime.supervision import RunPlan


def plan_run(
    current: CurrentFlow, pipeline: Pipeline, bundle: Path, options: RunOptions, parameters: Mapping[str, Any]
) -> RunPlan:
    """Return what the supervisor needs to know of a flow run that has begun.

    Raises:
        UsageError: a secret is not to be had.
    """
    flow_run = current.run
    secrets, places = resolve(pipeline, current.client)
    run = options.run or new_run_id()
    folder = options.run_folder(run)
    values = json_values(pipeline, parameters)
    return RunPlan(
        run=run,
        bundle=bundle,
        folder=folder,
        source=options.notebook,
        output=options.output,
        parameters=values,
        origins={**origins(pipeline, values), **dict.fromkeys(options.injected, "given"), **places},
        directory=working_directory(options, bundle, folder),
        kernel=options.kernel,
        timeout=options.timeout,
        cell_timeout=options.cell_timeout,
        selection=options.selection,
        hash_seed=options.hash_seed,
        temporary=options.temporary,
        jobs=options.jobs,
        flow_run=str(flow_run.id),
        deployment=current.deployment,
        cause=options.cause
        or labels.cause(
            flow_run.labels, scheduled=flow_run.auto_scheduled, deployed=flow_run.deployment_id is not None
        ),
        attempt=flow_run.run_count,
        on_death=obituary(flow_run),
        signing_key=signing_key(),
        secrets=secrets,
        cache=options.cache_folder,
        cache_limit=cache_limit(),
        cache_team=options.cache_team,
        forced=options.forced,
        resumed=options.resumed,
        anew=options.anew,
        marker=options.marker,
    )


def working_directory(options: RunOptions, bundle: Path, folder: Path) -> Path:
    """Return where the kernels work.

    Where the notebook's folder is not on this machine, or is gone, it is a folder of the run's own with the files
    that the bundle brings along.
    """
    wanted = options.working_directory
    if options.directory or wanted.is_dir():
        return wanted
    own = folder / "work"
    own.mkdir()
    if (bundle / "files").is_dir():
        shutil.copytree(bundle / "files", own, dirs_exist_ok=True, copy_function=shutil.copyfile)
    return own


def json_values(pipeline: Pipeline, parameters: Mapping[str, Any]) -> Json:
    """Return the parameters as JSON, without those whose value the notebook itself computes."""
    computed = {each.name for each in pipeline.parameters if each.computed}
    return {
        name: to_jsonable_python(value)
        for name, value in parameters.items()
        if value is not None or name not in computed
    }


def origins(pipeline: Pipeline, values: Json) -> Mapping[str, str]:
    """Return for each parameter whether its value is the notebook's ("default") or somebody's choice ("given")."""
    known = {each.name: each for each in pipeline.parameters if not each.computed}
    return {
        name: "default" if name in known and _is_default(known[name], value) else "given"
        for name, value in values.items()
    }


def _is_default(parameter: Parameter, value: Any) -> bool:
    """Whether a value is the default in value and type: as it is written, or as Prefect makes it fit the parameter.

    Example:
        >>> _is_default(Parameter("n", "Any", "0", 0), False), _is_default(Parameter("x", "float", "1", 1), 1.0)
        (False, True)
    """
    try:
        fitting = to_jsonable_python(typed(parameter, parameter.value))
    except UsageError:
        fitting = parameter.value
    return json.dumps(value) in {json.dumps(parameter.value), json.dumps(fitting)}


def mark(current: CurrentFlow, pipeline: Pipeline, options: RunOptions, plan: RunPlan) -> None:
    """Write on the flow run which notebook it runs and where our record of it is."""
    notebook = str(options.notebook or pipeline.notebook)
    marks: dict[str, bool | int | float | str] = {
        labels.NOTEBOOK: notebook,
        labels.VERSION: version_of(plan.bundle, pipeline),
        labels.RUN: plan.run,
        labels.FOLDER: str(plan.folder),
    }
    if options.cause:
        marks[labels.CAUSE] = options.cause
    if options.storage:
        marks[labels.STORAGE] = run_address(options.storage, plan.run)
    with LABELLING:
        current.client.update_flow_run_labels(current.run.id, marks)
    tags = [each for each in (labels.notebook_tag(notebook), *options.tags) if each not in current.run.tags]
    if tags:
        current.client.update_flow_run(current.run.id, tags=[*current.run.tags, *tags])


def flow_connection() -> Connection | None:
    """Return the API of the flow that is running; None for Prefect's ephemeral server, which dies with this process."""
    api = get_current_settings().api
    if api.url is None:
        return None
    return Connection(
        str(api.url).rstrip("/"),
        "flow run",
        auth=api.auth_string.get_secret_value() if api.auth_string else None,
        key=api.key.get_secret_value() if api.key else None,
    )


def obituary(flow_run: FlowRun) -> Json | None:
    """Return the request that tells Prefect of the run's death, for when this process cannot send it any more."""
    connection = flow_connection()
    if connection is None:
        return None
    state = {"type": "CRASHED", "name": "Crashed", "message": "The process of the flow ended without a word."}
    return {
        "url": f"{connection.url}/flow_runs/{flow_run.id}/set_state",
        "headers": connection.headers,
        "body": {"state": state, "force": True},
    }
