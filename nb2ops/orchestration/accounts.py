"""What there is to report of a run: its record, executed notebook and pipeline, and the metrics of earlier runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from nb2ops.compiler.compilation import source_digest
from nb2ops.compiler.reading import read_notebook
from nb2ops.errors import Nb2opsError, UsageError
from nb2ops.model import Json, Pipeline, RunResult
from nb2ops.orchestration.index import api_of, recall
from nb2ops.orchestration.options import STORE, RunOptions
from nb2ops.orchestration.ownership import origin_of
from nb2ops.orchestration.results import read_record, record_at
from nb2ops.orchestration.services import connect
from nb2ops.pages.report import FORMS, Account
from nb2ops.runtime import files
from nb2ops.runtime.record import RECORD
from nb2ops.wire import read_pipeline

HISTORY = 20
"""Earlier runs whose metrics are shown."""
REPORT = "report.html"


def account_of(run: str | Path) -> Account:
    """Return what there is to report of a run that is over.

    Args:
        run: the run's folder, its record, its id or the beginning of it, Prefect's id or name of it.

    Raises:
        UsageError: there is no such run.
    """
    with record_at(run) as path:
        record = read_record(path)
        return Account(
            name=_name(record),
            record=record,
            pipeline=pipeline_of(record),
            notebook=_executed(record, path.parent),
            earlier=_values(islice(_earlier(record, path.parent), HISTORY)),
            commit=_commit(record, path.parent),
        )


def write_report(account: Account, target: Path, form: str = "html", *, code: bool = True) -> None:
    """Write a report in one of the forms "html", "md" and "ipynb".

    Raises:
        UsageError: there is no such form.
        OSError: it cannot be written.
    """
    if form not in FORMS:
        raise UsageError(f"{target}: a report is written as {', '.join(FORMS)}.")
    files.write_bytes(target, FORMS[form](account, code=code).encode())


def report_end(options: RunOptions, result: RunResult) -> None:
    """Write the report of a run that has just ended, into its folder and beside what else was asked for.

    Raises:
        OSError: it cannot be written.
    """
    folder = options.run_folder(result.run)
    account = account_of(folder)
    for place in (folder, options.output):
        if place:
            write_report(account, place / REPORT)


def pipeline_of(record: Json) -> Pipeline | None:
    """Return what ran, None where its bundle is gone."""
    with suppress(Nb2opsError):
        return read_pipeline(Path(record["run"]["bundle"]["path"]))
    return None


def _name(record: Json) -> str:
    """Return Prefect's name of a run where it is known here, else ours."""
    with suppress(Nb2opsError):
        entry = recall(api_of(connect()), record["run"]["flow_run"])
        if entry:
            return entry.run.name
    return str(record["run"]["id"])


def _executed(record: Json, folder: Path) -> Json | None:
    for path in (folder / record["run"]["bundle"]["notebook"], Path(record["notebook"] or folder)):
        with suppress(OSError, ValueError):
            found: Json = json.loads(path.read_text(encoding="utf-8"))
            return found
    return None


def _earlier(record: Json, folder: Path) -> Iterator[Json]:
    """Yield the records of earlier runs of the notebook, newest first: the names of their folders sort by time."""
    run = record["run"]
    folders = sorted((each for each in folder.parent.iterdir() if each.name < run["id"]), reverse=True)
    for each in folders if folder.name == run["id"] else ():
        with suppress(UsageError):
            found = read_record(each / RECORD)
            if found["run"]["name"] == run["name"]:
                yield found


def _values(records: Iterable[Json]) -> dict[str, tuple[float, ...]]:
    """Return metric -> its values, oldest first; the records come newest first."""
    values: dict[str, tuple[float, ...]] = {}
    for record in records:
        for metric in record["metrics"]:
            if metric["kind"] == "number" and isinstance(metric["value"], int | float):
                values[metric["name"]] = (metric["value"], *values.get(metric["name"], ()))
    return values


def _commit(record: Json, folder: Path) -> str | None:
    """Return git's commit of the notebook, where it is still what ran."""
    if folder.parent.parent.name != STORE:
        return None
    source = folder.parents[2] / record["run"]["bundle"]["notebook"]
    if not source.is_file():
        return None
    with suppress(Nb2opsError):
        digest = source_digest(read_notebook(source)[0])
        return origin_of(source, digest).commit if digest == record["run"]["bundle"]["source"] else None
    return None
