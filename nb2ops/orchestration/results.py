"""Variables of finished runs: found by the run's record, read from its packs once their digest was found right.

A record that comes from a storage may have been written by anybody who can write there, so that nothing it says is
run or entered: this process's interpreter and folder take the place of the kernel's. Packs prove themselves.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import move
from typing import Any

from nb2ops.errors import ServiceError, UsageError
from nb2ops.model import Json
from nb2ops.orchestration import labels
from nb2ops.orchestration.home import home, signing_key
from nb2ops.orchestration.options import STORE
from nb2ops.orchestration.runstorage import PACKS, pulled
from nb2ops.runtime.handover import lent_packages, pack_key

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
        run: the run's folder, its record, its address in a storage, its id or the beginning of it, Prefect's id or
            name of it.
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

    with found(run, name, step) as stored:
        try:
            return read_variable(str(stored.pack), name, bytes.fromhex(_key()))
        except PackError as error:
            raise UsageError(f'Variable "{name}": {error}') from error


@contextmanager
def found(run: str | Path, name: str, step: str | None = None) -> Iterator[Stored]:
    """Yield where a variable of a run is stored; arguments and errors as for `result`."""
    place = find_record(run)
    if isinstance(place, Path):
        record = read_record(place)
        holder, variable = _choose(record, name, step)
        yield _here(record, holder, variable)
        return
    with pulled(place, RECORD) as copy:
        record = read_record(copy)
    holder, variable = _choose(record, name, step)
    with pulled(place, f"{PACKS}/{_file_name(holder)}.pack") as pack:
        yield Stored(name, holder, variable["type"], variable["bytes"], pack, sys.executable, Path.cwd())


@contextmanager
def record_at(run: str | Path) -> Iterator[Path]:
    """Yield the record of a run, which the executed notebook is beside; from a storage both are copied.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    place = find_record(run)
    if isinstance(place, Path):
        yield place
        return
    with pulled(place, RECORD) as copy:
        notebook = read_record(copy)["run"]["bundle"]["notebook"]
        with suppress(UsageError), pulled(place, notebook) as executed:
            move(executed, copy.parent)
        yield copy


def _choose(record: Json, name: str, step: str | None) -> tuple[str, Json]:
    """Return the step that handed the variable over, and what the record says of it."""
    kept = [(each["name"], variable) for each in record["steps"] for variable in each["variables"]]
    chosen = [(holder, each) for holder, each in kept if each["name"] == name and step in (None, holder)]
    if not chosen:
        raise UsageError(_unknown(name, step, record, kept))
    return chosen[-1]


def _here(record: Json, holder: str, variable: Json) -> Stored:
    """A variable of a run of this machine."""
    name, location, environment = variable["name"], variable["location"], record["environment"]
    if not location or not Path(location).exists():
        raise UsageError(f'Variable "{name}" of step "{holder}": its file {location} is gone. Run again.')
    interpreter, directory = environment["interpreter"], Path(environment["directory"])
    return Stored(name, holder, variable["type"], variable["bytes"], Path(location), interpreter, directory)


def _file_name(step: str) -> str:
    if PurePosixPath(step).name != step:
        raise UsageError(f'The record names a step "{step}", which no notebook can have: it is not to be trusted.')
    return step


def show(stored: Stored, file: Path | None = None) -> Json:
    """Return shape, length and text of a variable, and write it to a file if one is named.

    The interpreter of the run's kernel does it: this process need not have the notebook's libraries, and rebuilds
    nothing that it does not know.

    Raises:
        UsageError: it cannot be rebuilt, or not written in the form that the file's name says.
    """
    job = {
        "package": str(_INKERNEL),
        **lent_packages(),
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


def find_record(run: str | Path) -> Path | str:
    """Return the record of a run, or the run's address in a storage where this machine has not got it.

    Raises:
        UsageError: there is none.
    """
    if "://" in str(run):
        return str(run)
    path = Path(run)
    if (path / RECORD).is_file():
        return path / RECORD
    if path.is_file():
        return path
    local = sorted(_local_records(str(run)))
    if len(local) > 1:
        raise UsageError(f"{run} begins {len(local)} runs: {', '.join(each.parent.name for each in local)}.")
    known = local[0] if local else _told_by_prefect(str(run))
    if known is None:
        raise UsageError(f"No run {run} is known here. Name its folder (.nb2ops/runs/...), or see `nb2ops runs`.")
    return known


def _local_records(run: str) -> Iterator[Path]:
    """Yield the records beside this folder's notebooks, and the user's own, of runs whose ids begin so."""
    for store in (Path.cwd() / STORE, home() / "notebooks"):
        yield from (path for path in (store / "runs").glob(f"*/{RECORD}") if path.parent.name.startswith(run))


def _told_by_prefect(run: str) -> Path | str | None:
    """Return the record, or the address in a storage, of a run that Prefect knows by this id or name."""
    from nb2ops.orchestration.finding import find_run
    from nb2ops.orchestration.services import reach

    try:
        marks = find_run(reach(), run)["labels"]
    except (ServiceError, UsageError):  # what is here was looked at
        return None
    folder = labels.text(marks, labels.FOLDER)
    if folder and (Path(folder) / RECORD).exists():
        return Path(folder) / RECORD
    return labels.text(marks, labels.STORAGE)


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
