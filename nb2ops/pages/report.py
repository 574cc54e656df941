"""The report of a run: one page that a colleague can read, with nothing in it that runs or loads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from nb2ops.model import Json, Pipeline
from nb2ops.pages import cells, fragments, graph
from nb2ops.pages.formulas import with_formulas
from nb2ops.pages.markup import seconds, state, table, text, value
from nb2ops.pages.timeline import timeline
from nb2ops.pages.trend import trend
from nb2ops.parameter_types import said

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Account:
    """What a report tells.

    Attributes:
        name: Prefect's name of the run.
        record: the run's record.
        pipeline: what ran, None where its bundle is gone.
        notebook: the executed notebook, None where there is none.
        earlier: metric -> its values in earlier runs of the notebook, oldest first.
        commit: git's commit of the notebook, where it is known.
    """

    name: str
    record: Json
    pipeline: Pipeline | None = None
    notebook: Json | None = None
    earlier: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    commit: str | None = None

    @property
    def title(self) -> str:
        """The notebook's first heading, or its name."""
        return self.pipeline.title if self.pipeline else str(self.record["run"]["name"])


def page(account: Account, *, code: bool = True) -> str:
    """Return a report as one page of HTML.

    Args:
        account: what it tells.
        code: whether the cells' code is in it, folded.
    """
    style = files("nb2ops.pages").joinpath("report.css").read_text(encoding="utf-8")
    body = "".join(_section(title, found) for title, found in _sections(account, code=code) if found)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(account.title)}: {text(account.name)}</title><style>{style}</style></head>"
        f"<body><main>{_head(account)}{body}</main></body></html>\n"
    )


def markdown(account: Account, *, code: bool = True) -> str:
    """Return a report as Markdown; pictures are in it, graph and timeline are not."""
    notebook = cells.as_markdown(account.notebook, code=code) if account.notebook else ""
    return f"{_summary(account)}\n---\n\n{notebook}"


def notebook(account: Account, *, code: bool = True) -> str:
    """Return the executed notebook with a first cell that tells of the run; code is folded where it is not wanted."""
    found: Json = json.loads(
        json.dumps(account.notebook or {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    for cell in found["cells"] if not code else ():
        if cell["cell_type"] == "code":
            cell["metadata"].setdefault("jupyter", {})["source_hidden"] = True
    told = {"cell_type": "markdown", "id": "nb2ops-report", "metadata": {}, "source": _summary(account)}
    return json.dumps({**found, "cells": [told, *found["cells"]]}, indent=1, ensure_ascii=False) + "\n"


FORMS: Mapping[str, Callable[..., str]] = {"html": page, "md": markdown, "ipynb": notebook}
"""Format -> what makes its text."""


def _sections(account: Account, *, code: bool) -> Iterator[tuple[str, str]]:
    record = account.record
    yield (
        "Results",
        fragments.metrics_table(record["metrics"], _trends(account) if account.earlier else None)
        + fragments.gates_table(record["gates"]),
    )
    yield "Parameters", _parameters(record)
    yield "Steps", _steps(account)
    yield "Notebook", cells.as_html(account.notebook, code=code) if account.notebook else ""
    yield "Versions", _versions(account)


def _section(title: str, content: str) -> str:
    name = f"nb2ops-{title.lower()}"
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{content}</section>'


def _head(account: Account) -> str:
    run = account.record["run"]
    purpose = account.pipeline.description if account.pipeline else ""
    failure = run["failure"]
    wrong = f'<p class="failure">{text(fragments.failure_sentence(failure))}</p>' if failure else ""
    warnings = "".join(f'<p class="failure">{text(each)}</p>' for each in account.record["warnings"])
    facts = [state(str(run["state"])), seconds(run["seconds"]), text(fragments.moment(run["start"])), text(_cause(run))]
    return (
        f"<header><h1>{with_formulas(account.title)}</h1>{f'<p>{with_formulas(purpose)}</p>' if purpose else ''}"
        f'<p class="facts">{" · ".join(filter(None, facts))}</p>{wrong}{warnings}</header>'
    )


def _cause(run: Json) -> str:
    by = f"by {run['deployment']}" if run["deployment"] else f"by {run['user']}" if run["user"] else "by hand"
    return f"started {by}" + (f" ({run['cause']})" if run["deployment"] else "")


def _trends(account: Account) -> dict[str, str]:
    found = {}
    for metric in account.record["metrics"]:
        if metric["kind"] == "number" and isinstance(metric["value"], int | float):
            values = (*account.earlier.get(metric["name"], ()), metric["value"])
            change = f" {_change(values[-2], values[-1])}" if len(values) > 1 else ""
            found[metric["name"]] = trend(metric["name"], values) + change
    return found


def _change(before: float, now: float) -> str:
    if now == before:
        return "as before"
    return f"{'+' if now > before else '-'}{text(value(abs(float(now - before))))}"


def _parameters(record: Json) -> str:
    rows = [
        (
            f"<code>{text(each['name'])}</code>",
            f"secret of block {text(each['secret'])}"
            if each["secret"]
            else f"<code>{text(_json(each['value']))}</code>",
            text(said(each["type"])),
            text(each["origin"]),
        )
        for each in record["parameters"]
    ]
    return table("", ("parameter", "value", "type", "from"), rows)


def _json(found: object) -> str:
    return json.dumps(found, ensure_ascii=False)


def _steps(account: Account) -> str:
    steps = account.record["steps"]
    picture = f'<div class="graph">{graph.picture(account.pipeline, steps)}</div>' if account.pipeline else ""
    return picture + timeline(steps)


def _versions(account: Account) -> str:
    run, environment = account.record["run"], account.record["environment"]
    facts = {
        "notebook": run["bundle"]["notebook"],
        "digest of its source": run["bundle"]["source"],
        "git commit": account.commit,
        "run": run["id"],
        "run in Prefect": f"{account.name} ({run['flow_run']})" if run["flow_run"] else None,
        "nb2ops": account.record["nb2ops"],
        "language": f"{environment['language']} {environment['language_version'] or ''}",
        "kernel": environment["kernelspec"],
        "platform": environment["platform"],
        "machine": run["host"],
    }
    told = table("Run", ("", ""), [(text(name), f"<code>{text(each)}</code>") for name, each in facts.items() if each])
    packages = sorted((environment["distributions"] or {}).items())
    listed = table("Packages", ("package", "version"), [(text(name), text(version)) for name, version in packages])
    return (
        told
        + _files(account.record)
        + (f"<details><summary>{len(packages)} packages</summary>{listed}</details>" if packages else "")
    )


def _files(record: Json) -> str:
    rows = [
        (
            f"<code>{text(each['path'])}</code>",
            f"{each['size']:,} bytes",
            f"<code>{text((each['digest'] or '')[:SHOWN_DIGITS])}</code>",
            text(each["step"]),
        )
        for each in record["inputs"]
        if each["size"] is not None
    ]
    return table("Files that were read", ("file", "size", "digest", "step"), rows)


def _summary(account: Account) -> str:
    """Return what the page says above the notebook, as Markdown."""
    run = account.record["run"]
    lines = [f"# {account.title}", account.pipeline.description if account.pipeline else ""]
    lines += [f"**{run['state']}** in {seconds(run['seconds'])}, {fragments.moment(run['start'])}, {_cause(run)}"]
    lines += [fragments.failure_sentence(run["failure"])] if run["failure"] else []
    metrics = [(each["name"], value(each["value"])) for each in account.record["metrics"]]
    gates = [(f"`{each['text']}`", fragments.SIDES[each["passed"]]) for each in account.record["gates"]]
    given = [
        (each["name"], "secret" if each["secret"] else f"`{_json(each['value'])}`")
        for each in account.record["parameters"]
    ]
    steps = [(each["name"], f"{each['state']}, {seconds(each['seconds'])}") for each in account.record["steps"]]
    tables = (("metric", metrics), ("gate", gates), ("parameter", given), ("step", steps))
    return "\n\n".join([*filter(None, lines), *(_rows(name, rows) for name, rows in tables if rows)]) + "\n"


def _rows(name: str, rows: list[tuple[str, str]]) -> str:
    written = [f"| {left} | {right} |".replace("\n", " ") for left, right in ((_bar(a), _bar(b)) for a, b in rows)]
    return "\n".join([f"| {name} | |", "|---|---|", *written])


def _bar(cell: str) -> str:
    return cell.replace("|", "\\|")
