"""Registering a bundle as a Prefect deployment. Nothing of the user's is imported or run.

What is wanted is compared with what Prefect lists, field by field, so that the same again changes nothing and
keeps the scheduled runs. What is not said stays as it was. Both sides are JSON: that is why the REST API is used here
and not Prefect's client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from nb2ops.errors import Conflict, UsageError
from nb2ops.model import Json, Pipeline, Schedule
from nb2ops.orchestration import labels, secrets
from nb2ops.orchestration.api import RequestRefused, request
from nb2ops.orchestration.blocks import check_blocks
from nb2ops.orchestration.bundle import flow_function
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.datafiles import DATA_VARIABLE, chosen, watching
from nb2ops.orchestration.index import api_of
from nb2ops.orchestration.notifications import NOTIFY_VARIABLE, Notifications, Targets
from nb2ops.orchestration.options import DIRECTORY_VARIABLE, RunOptions
from nb2ops.orchestration.ownership import COMMIT_VARIABLE, Origin, read_origin
from nb2ops.orchestration.pinning import pins_path
from nb2ops.orchestration.policies import CatchUp, Overlap, Policy
from nb2ops.orchestration.scheduling import new_schedules, set_schedules
from nb2ops.orchestration.storage import push
from nb2ops.orchestration.store import bundle_folder, note_place
from nb2ops.orchestration.worker import POOL, ensure_pool
from nb2ops.wire import read_pipeline

Change = Literal["created", "updated", "unchanged"]
STORAGE_VARIABLE = "NB2OPS_STORAGE"
PULL = "nb2ops.orchestration.pulling.pull"
INVALID = {409, 422}
NOT_IN_NAMES = "/%&<>"
"""What Prefect refuses in names."""
ORDINARY = RunOptions()


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is deployed.

    Attributes:
        folder: the bundle in the store.
        version: its digest.
        notebook: path of the source notebook.
        origin: whose it is.
        pins: the digest of its `requirements.lock`, None where nothing is pinned.
    """

    folder: Path
    version: str
    notebook: Path
    origin: Origin
    pins: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is said about a deployment; None leaves what is there, or nb2ops's choice for a new one.

    Attributes:
        name: the deployment's name; else the flow's, or one that says whose it is where that is taken.
        schedules: all of them; the empty tuple removes those that are there.
        parameters: values in place of the notebook's defaults, besides those that are there.
        pool: the work pool, created as a process pool where it is missing.
        paused: registered, but no schedule fires.
        catch_up, overlap, retries, concurrency: see `Policy`.
        options: how its runs shall happen; the notebook is the parcel's.
        storage: address of a folder that workers elsewhere reach, where the bundle is put.
        take_over: replace also what belongs to somebody else.
        data: globs of the files whose content starts runs; the empty tuple: none does.
        settle: seconds for which these files may not change before a change counts.
        notify: occasion ("failure", "success", "rejected") -> who is told; what is not said stays.

    Raises:
        UsageError: the policies contradict each other.
    """

    name: str | None = None
    schedules: tuple[Schedule, ...] | None = None
    parameters: Json = field(default_factory=dict)
    pool: str | None = None
    paused: bool | None = None
    catch_up: CatchUp | None = None
    overlap: Overlap | None = None
    retries: int | None = None
    concurrency: int | None = None
    options: RunOptions = ORDINARY
    storage: str | None = None
    take_over: bool = False
    notify: Mapping[str, Targets] = field(default_factory=dict)
    data: tuple[str, ...] | None = None
    settle: float | None = None

    def __post_init__(self) -> None:
        if self.catch_up and self.overlap:
            Policy(self.catch_up, self.overlap)


@dataclass(frozen=True, slots=True)
class Registered:
    """What `deploy` did.

    Attributes:
        id: Prefect's id of the deployment.
        name: its full name, `flow/deployment`.
        url: its page in Prefect's own UI.
        change: what had to be done.
        version: the bundle's digest.
        notices: what else the author should know.
    """

    id: str
    name: str
    url: str
    change: Change
    version: str
    notices: tuple[str, ...] = ()


def deploy(connection: Connection, parcel: Parcel, wish: Wish) -> Registered:
    """Make a bundle a deployment of Prefect; the same again changes nothing.

    Raises:
        ServiceError: Prefect does not answer or refuses us.
        UsageError: a parameter is unknown or does not fit, or the deployment belongs to somebody else.
    """
    pipeline = read_pipeline(parcel.folder)
    _check_name(wish.name)
    _check_names(pipeline, _all_parameters(wish))
    check_blocks(connection, wish.notify)
    _note_places(connection, parcel)
    name, known, notices = _choose(connection, pipeline, parcel.origin, wish)
    wanted, dropped = _wanted(pipeline, parcel, wish, known)
    ensure_pool(connection, wanted["work_pool_name"])
    try:
        identifier, change = _apply(connection, pipeline, name, wanted, wish, known)
    except RequestRefused as error:
        if error.status in INVALID:
            raise UsageError(f"{pipeline.notebook}: {error}") from error
        raise
    told = (*secrets.notices(connection, pipeline), *watching(identifier, wanted["job_variables"]["env"]))
    page = connection.page(f"deployments/deployment/{identifier}")
    return Registered(identifier, f"{pipeline.name}/{name}", page, change, parcel.version, (*notices, *dropped, *told))


def _note_places(connection: Connection, parcel: Parcel) -> None:
    api = api_of(connection)
    note_place(bundle_folder(parcel.version), api)
    if parcel.pins:
        note_place(pins_path(parcel.pins).parent, api)


def _all_parameters(wish: Wish) -> Iterable[str]:
    return [*wish.parameters, *(name for schedule in wish.schedules or () for name in schedule.parameters)]


def _check_name(name: str | None) -> None:
    if name and set(name) & set(NOT_IN_NAMES):
        text = f'"{name}" is no name for a deployment: {" ".join(NOT_IN_NAMES)} may not be in it.'
        raise UsageError(text, fields={"name": text})


def _check_names(pipeline: Pipeline, parameters: Iterable[str]) -> None:
    known = [each.name for each in pipeline.parameters]
    for name in parameters:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f' Did you mean "{close[0]}"?' if close else f" It has: {', '.join(known) or 'none'}."
            text = f'{pipeline.notebook} has no parameter "{name}".{hint}'
            raise UsageError(text, fields={f"parameters.{name}": text})


def _choose(
    connection: Connection, pipeline: Pipeline, origin: Origin, wish: Wish
) -> tuple[str, Json | None, tuple[str, ...]]:
    """Return the deployment's name, what is there under it, and what to say about the choice."""
    found = _of_flow(connection, pipeline.name)
    default = wish.name or pipeline.name
    if default not in found or wish.take_over or _is_ours(found[default], origin):
        return default, found.get(default), ()
    whose = _owner(found[default])
    if wish.name:
        text = f"{pipeline.name}/{default} belongs to {whose}. Choose another --name, or replace it with --take-over."
        raise Conflict(text, fields={"name": text})
    candidates = [f"{default}-{ending}" for ending in origin.names]
    for name in candidates:
        if name not in found or _is_ours(found[name], origin):
            return name, found.get(name), (f'The name "{default}" belongs to {whose}, so this one is "{name}".',)
    raise Conflict(f"The names {default}, {', '.join(candidates)} are taken by others. Choose a --name.")


def _of_flow(connection: Connection, flow: str) -> dict[str, Json]:
    """Return the deployments of a flow by name."""
    query = {"flows": {"name": {"any_": [flow]}}}
    found: list[Json] = request(connection, "POST", "/deployments/filter", query)
    return {each["name"]: each for each in found}


def _is_ours(known: Json, origin: Origin) -> bool:
    found = read_origin(labels.environment_of(known))
    return found is not None and found.identity == origin.identity


def _owner(known: Json) -> str:
    found = read_origin(labels.environment_of(known))
    return f"{found.owner} (project {found.project}, {found.path})" if found else "somebody who did not use nb2ops"


def _wanted(pipeline: Pipeline, parcel: Parcel, wish: Wish, known: Json | None) -> tuple[Json, tuple[str, ...]]:
    """Return the deployment as it shall be, schedules left out, with what had to be dropped."""
    before: Json = known or {"parameters": {}, "work_pool_name": POOL, "paused": False, "job_variables": {}}
    entrypoint = f"flow.py:{flow_function(parcel.folder)}"
    policy = _policy(wish, labels.environment_of(known))
    environment = _environment(pipeline, parcel, wish, policy, known)
    source = _source(parcel, environment.get(STORAGE_VARIABLE))
    names = {each.name for each in pipeline.parameters}
    kept = {name: value for name, value in before["parameters"].items() if name in names}
    wanted = {
        "version": parcel.version,
        "description": pipeline.description or pipeline.title,
        "tags": [labels.notebook_tag(str(parcel.notebook))],
        "entrypoint": entrypoint,
        "pull_steps": [{PULL: {"source": source, "version": parcel.version}}],
        "job_variables": {**before["job_variables"], "env": environment},
        "parameter_openapi_schema": _schema(parcel.folder / entrypoint),
        "enforce_parameter_schema": True,
        "parameters": kept | wish.parameters,
        "work_pool_name": wish.pool or before["work_pool_name"] or POOL,
        "paused": before["paused"] if wish.paused is None else wish.paused,
        "concurrency_limit": policy.limit,
    }
    gone = [name for name in before["parameters"] if name not in names]
    return wanted, tuple(f'The notebook no longer has a parameter "{name}": its value is dropped.' for name in gone)


def _environment(pipeline: Pipeline, parcel: Parcel, wish: Wish, policy: Policy, known: Json | None) -> dict[str, str]:
    """Return what the flow's processes are given: what was there, under what is said now."""
    before = labels.environment_of(known)
    options = replace(wish.options, notebook=parcel.notebook).environment
    said = {labels.PINS_VARIABLE: parcel.pins, STORAGE_VARIABLE: wish.storage}
    own = {name: value for name, value in said.items() if value}
    found = {**before, **options, **parcel.origin.environment, **policy.environment, **own}
    if known and known["version"] == parcel.version and COMMIT_VARIABLE in before:
        found[COMMIT_VARIABLE] = before[COMMIT_VARIABLE]  # the commit that the content came with
    for name in (labels.SECRETS_VARIABLE, NOTIFY_VARIABLE, DATA_VARIABLE):
        found.pop(name, None)
    directory = wish.options.directory or before.get(DIRECTORY_VARIABLE) or parcel.notebook.parent
    trigger = chosen(before, wish.data, wish.settle, str(directory))
    notify = Notifications.from_environment(before).changed(wish.notify)
    return (
        found | labels.naming_secrets(pipeline.secrets) | notify.environment | (trigger.environment if trigger else {})
    )


def _source(parcel: Parcel, storage: str | None) -> str:
    """Return where workers get the bundle from, put there where that is a storage."""
    return push(parcel.folder, parcel.version, storage) if storage else str(parcel.folder)


def _policy(wish: Wish, environment: Mapping[str, str]) -> Policy:
    """Return the policy that is wanted; catching up with all slots means one after another, unless said otherwise."""
    before = Policy.from_environment(environment)
    catch_up = wish.catch_up or before.catch_up
    queue = wish.catch_up is CatchUp.ALL and before.overlap is Overlap.SKIP
    return Policy(
        catch_up,
        wish.overlap or (Overlap.QUEUE if queue else before.overlap),
        before.retries if wish.retries is None else wish.retries,
        before.concurrency if wish.concurrency is None else wish.concurrency,
    )


def _schema(entrypoint: Path) -> Json:
    from prefect.utilities.callables import parameter_schema_from_entrypoint

    return parameter_schema_from_entrypoint(str(entrypoint)).model_dump(mode="json")


def _apply(
    connection: Connection, pipeline: Pipeline, name: str, wanted: Json, wish: Wish, known: Json | None
) -> tuple[str, Change]:
    """Create or change the deployment; return its id and what had to be done."""
    if known is None:
        flow = request(connection, "POST", "/flows/", {"name": pipeline.name})
        body = {**wanted, "name": name, "flow_id": flow["id"], "schedules": new_schedules(wish.schedules or ())}
        return str(request(connection, "POST", "/deployments/", body)["id"]), "created"
    place = f"/deployments/{known['id']}"
    differs = not _same(known, wanted)
    if differs:
        request(connection, "PATCH", place, wanted)
    rescheduled = wish.schedules is not None and set_schedules(connection, known, wish.schedules)
    if not (differs or rescheduled):
        return str(known["id"]), "unchanged"
    if not wanted["paused"]:
        request(connection, "POST", f"{place}/schedule", {})  # at once: a slot may be due before Prefect comes round
    return str(known["id"]), "updated"


def _same(known: Json, wanted: Json) -> bool:
    limit = (known["global_concurrency_limit"] or {}).get("limit")
    return all({**known, "concurrency_limit": limit}[name] == value for name, value in wanted.items())
