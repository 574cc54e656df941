"""Variables of finished runs: found by the run's record, read from its packs once their digest was found right."""

from __future__ import annotations

import difflib
import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nb2ops.errors import ServiceError, UsageError
from nb2ops.model import Json
from nb2ops.orchestration import labels
from nb2ops.orchestration.home import home, signing_key
from nb2ops.orchestration.options import STORE
from nb2ops.runtime.handover import pack_key, package_folder

RECORD = "record.json"
_INKERNEL = Path(__file__).parent.parent / "inkernel"
_RUN = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"


@dataclass(frozen=True, slots=True)
class Stored:
    """A variable that a step of a finished run has handed over.

    Attributes:
        step: the step.
        type: its class, with the module where that is not `builtins`.
        bytes: what it takes in the pack.
        pack: the file.
        interpreter: the one that the kernel ran.
        directory: where the kernel worked.
    """

    name: str
    step: str
    type: str
    bytes: int
    pack: Path
    interpreter: str
    directory: Path


def result(run: str | Path, name: str, *, step: str | None = None) -> Any:
    """Return a variable of a finished run, as it was when its step ended.

    Args:
        run: the run's folder, its record, its id or the beginning of it, Prefect's id or name of it.
        name: the variable, one that a later step has read.
        step: the step that had it; else the last one of the notebook that did.

    Raises:
        UsageError: there is no such run or variable, or what was stored is gone, damaged or signed by another key.

    Examples:
        >>> run = nb2ops.runs("sales.ipynb", state="Completed")[0]
        >>> nb2ops.result(run.id, "df")
        [0, 1, 2, 3]
    """
    from nb2ops.inkernel.pack import PackError, read_variable

    stored = find(run, name, step)
    try:
        return read_variable(str(stored.pack), name, bytes.fromhex(_key()))
    except PackError as error:
        raise UsageError(f'Variable "{name}": {error}') from error


def find(run: str | Path, name: str, step: str | None = None) -> Stored:
    """Return where a variable of a run is stored; arguments and errors as for `result`."""
    record = read_record(find_record(run))
    kept = [(each["name"], variable) for each in record["steps"] for variable in each["variables"]]
    found = [(holder, each) for holder, each in kept if each["name"] == name and step in (None, holder)]
    if not found:
        raise UsageError(_unknown(name, step, record, kept))
    holder, variable = found[-1]
    if not variable["location"] or not Path(variable["location"]).exists():
        raise UsageError(f'Variable "{name}" of step "{holder}": its file {variable["location"]} is gone. Run again.')
    environment = record["environment"]
    return Stored(
        name,
        holder,
        variable["type"],
        variable["bytes"],
        Path(variable["location"]),
        environment["interpreter"],
        Path(environment["directory"]),
    )


def show(stored: Stored, file: Path | None = None) -> Json:
    """Return shape, length and text of a variable, and write it to a file if one is named.

    The interpreter of the run's kernel does it: this process need not have the notebook's libraries, and rebuilds
    nothing that it does not know.

    Raises:
        UsageError: it cannot be rebuilt, or not written in the form that the file's name says.
    """
    job = {
        "package": str(_INKERNEL),
        "cloudpickle": package_folder("cloudpickle"),
        "blake3": package_folder("blake3"),
        "path": str(stored.pack),
        "name": stored.name,
        "key": _key(),
        "file": str(file.absolute()) if file else None,
    }
    command = [stored.interpreter, "-c", _RUN, str(_INKERNEL / "show.py")]
    directory = stored.directory if stored.directory.is_dir() else None
    try:
        done = subprocess.run(command, input=json.dumps(job), cwd=directory, capture_output=True, text=True)
    except OSError as error:
        raise UsageError(f"The kernel's interpreter {stored.interpreter} is gone ({error.strerror}).") from error
    if done.returncode or not done.stdout:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise UsageError(f'Variable "{stored.name}" cannot be read: {reason}')
    told: Json = json.loads(done.stdout)
    if "error" in told:
        raise UsageError(f'Variable "{stored.name}": {told["error"]}')
    return told


def find_record(run: str | Path) -> Path:
    """Return the record of a run.

    Raises:
        UsageError: there is none.
    """
    path = Path(run)
    if (path / RECORD).is_file():
        return path / RECORD
    if path.is_file():
        return path
    local = sorted(_local_records(str(run)))
    if len(local) > 1:
        raise UsageError(f"{run} begins {len(local)} runs: {', '.join(each.parent.name for each in local)}.")
    found = local[0] if local else _told_by_prefect(str(run))
    if found is None or not found.exists():
        raise UsageError(f"No run {run} is known here. Name its folder (.nb2ops/runs/...), or see `nb2ops runs`.")
    return found


def _local_records(run: str) -> Iterator[Path]:
    """Yield the records beside this folder's notebooks, and the user's own, of runs whose ids begin so."""
    for store in (Path.cwd() / STORE, home() / "notebooks"):
        yield from (path for path in (store / "runs").glob(f"*/{RECORD}") if path.parent.name.startswith(run))


def _told_by_prefect(run: str) -> Path | None:
    """Return the record of a run that Prefect knows by this id or name."""
    from nb2ops.orchestration.finding import find_run
    from nb2ops.orchestration.services import connect

    try:
        folder = labels.text(find_run(connect(), run)["labels"], labels.FOLDER)
    except (ServiceError, UsageError):  # what is here was looked at
        return None
    return Path(folder) / RECORD if folder else None


def read_record(path: Path) -> Json:
    """Return a record.

    Raises:
        UsageError: it is damaged, or a newer nb2ops wrote it.
    """
    try:
        record: Json = json.loads(path.read_text(encoding="utf-8"))
        schema = record["schema"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no record of a run ({error}).") from error
    if schema != "record/1":
        raise UsageError(f"{path}: schema {schema!r}; this nb2ops reads 'record/1'.")
    return record


def _unknown(name: str, step: str | None, record: Json, kept: Iterable[tuple[str, Json]]) -> str:
    steps = [each["name"] for each in record["steps"]]
    if step is not None and step not in steps:
        return f'The run has no step "{step}"; its steps: {", ".join(steps)}.'
    names = sorted({variable["name"] for holder, variable in kept if step in (None, holder)})
    near = difflib.get_close_matches(name, names, 1)
    advice = f'Did you mean "{near[0]}"?' if near else f"Kept: {', '.join(names) or 'nothing'}."
    where = f' of step "{step}"' if step else ""
    return f'No variable "{name}"{where} was kept: a run keeps what one step hands to another. {advice}'


def _key() -> str:
    secret = signing_key()
    if secret is None:
        raise UsageError("The home folder of nb2ops cannot be written, so that no run could leave its key there.")
    return pack_key(secret)
