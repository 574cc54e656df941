"""Problems, runs and lists of runs as HTML for a notebook's output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from nb2ops.model import Json, Problem, Run
from nb2ops.pages import markup
from nb2ops.pages.markup import seconds, state, table, text

SIDES = {None: "not reached", True: "passed", False: "red"}


def problems(found: Sequence[Problem]) -> str:
    """Return problems as a list, or that there are none."""
    if not found:
        return "<p>No problems.</p>"
    rows = "".join(f"<li><strong>{text(each.severity)}</strong>: {text(each)}</li>" for each in found)
    return f"<ul>{rows}</ul>"


def run(found: Run, steps: Iterable[Json], metrics: Iterable[Json], gates: Iterable[Json], failure: Json | None) -> str:
    """Return a run: how it stands, its steps, metrics and gates; the arguments are those of `RunView`."""
    head = (
        f"<p><strong>{text(found.flow)}</strong>, {text(found.name)}: {state(found.state)} {seconds(found.seconds)}</p>"
    )
    wrong = f"<p>{text(failure_sentence(failure))}</p>" if failure else ""
    return head + wrong + steps_table(steps) + metrics_table(metrics) + gates_table(gates)


def failure_sentence(failure: Json) -> str:
    """Return what went wrong, and in which cell."""
    where = [
        f"cell {failure['cell']}" if failure.get("cell") else "",
        f'step "{failure["step"]}"' if failure.get("step") else "",
    ]
    return ", ".join(filter(None, where)) + (": " if any(where) else "") + str(failure["message"])


def steps_table(steps: Iterable[Json]) -> str:
    """Return steps with state, cells and seconds."""
    rows = [
        (
            text(each["name"]),
            state(each["state"]),
            f"{each['done']} of {each['total']}" if each.get("total") is not None else "",
            seconds(each["seconds"]),
        )
        for each in steps
    ]
    return table("Steps", ("step", "state", "cells", "time"), rows)


def metrics_table(metrics: Iterable[Json], trends: Mapping[str, str] | None = None) -> str:
    """Return metrics, each perhaps with what earlier runs had: name -> HTML."""
    rows = [
        (text(each["name"]), text(markup.value(each["value"])), (trends or {}).get(each["name"], ""))
        for each in metrics
    ]
    if trends is None:
        return table("Metrics", ("metric", "value"), [row[:2] for row in rows])
    return table("Metrics", ("metric", "value", "earlier runs, this one last"), rows)


def gates_table(gates: Iterable[Json]) -> str:
    """Return gates with both sides of each comparison."""
    rows = [(f"<code>{text(each['text'])}</code>", _verdict(each), _sides(each)) for each in gates]
    return table("Gates", ("gate", "", "both sides"), rows)


def _verdict(gate: Json) -> str:
    passed: bool | None = gate["passed"]
    colour = markup.COLOURS[{None: "waiting", True: "good", False: "bad"}[passed]]
    return f'<span style="color:{colour}">{SIDES[passed]}</span>'


def _sides(gate: Json) -> str:
    if gate["operator"] is None or gate["left"] is None:
        return text(gate.get("message") or "")
    return f"<code>{text(gate['left'])} {text(gate['operator'])} {text(gate['right'])}</code>"


def runs(found: Iterable[Run]) -> str:
    """Return runs, newest first."""
    rows = [
        (
            text(each.flow),
            text(each.name),
            state(each.state),
            text(moment(each.start)),
            seconds(each.seconds),
            text(each.cause),
        )
        for each in found
    ]
    return table("Runs", ("notebook", "run", "state", "started", "time", "cause"), rows) or "<p>No runs.</p>"


def moment(time: str | None) -> str:
    """Return a time of ISO 8601 to the minute, in UTC."""
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if time else ""
