"""The steps of a pipeline as a picture: SVG with the look of the sidebar's graph, Mermaid, Graphviz."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nb2ops.model import Json, Pipeline
from nb2ops.pages.layout import BOX_HEIGHT, BOX_WIDTH, Box, Line, lay_out, without_implied
from nb2ops.pages.markup import COLOURS, SIGNS, number, seconds, text, tone

MARGIN = 4
STRIPES = ("#7b4fc9", "#1976d2", "#2e7d32", "#c2185b", "#ef6c00", "#00838f", "#6d4c41")
"""Colours of steps, made to be told apart; beyond them they come again, the name stands beside."""
PIXELS_PER_LETTER = 7.2
STYLE = (
    ".nb2ops-graph .line{fill:none;stroke:#9aa0a6;stroke-width:1.5}"
    ".nb2ops-graph .joined{stroke-width:3;stroke-dasharray:4 2}"
    ".nb2ops-graph .box{fill:#fff;stroke:#9aa0a6}.nb2ops-graph .live{stroke:#1565c0}.nb2ops-graph .bad{stroke:#b3261e}"
    ".nb2ops-graph text{font:600 13px system-ui,sans-serif;fill:#202124}"
    ".nb2ops-graph .facts{font-weight:400;font-size:11px;fill:#5f6368}"
)


@dataclass(frozen=True, slots=True)
class _Step:
    """What a box says: small print, the state of a run (None for a notebook), all there is to say."""

    facts: str
    state: str | None
    details: str


def picture(pipeline: Pipeline, steps: Iterable[Json] = ()) -> str:
    """Return a pipeline as SVG.

    Args:
        pipeline: the steps and why they wait.
        steps: how they went in a run, as its record or `RunView.steps` has it; none for a notebook.
    """
    shown = _described(pipeline, steps)
    joined = {(edge.upstream, edge.downstream) for edge in pipeline.edges if _is_joined(edge.reasons)}
    layout = lay_out([each.name for each in pipeline.steps], _links(pipeline))
    width, height = number(layout.width + 2 * MARGIN), number(layout.height + 2 * MARGIN)
    lines = "".join(_line(each, each.link in joined) for each in layout.lines)
    boxes = "".join(
        _box(each, STRIPES[_place(pipeline, each.name) % len(STRIPES)], shown[each.name]) for each in layout.boxes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nb2ops-graph" width="{width}" height="{height}" '
        f'viewBox="-{MARGIN} -{MARGIN} {width} {height}" role="img" aria-label="Steps of {text(pipeline.title)}">'
        f"<style>{STYLE}</style>{lines}{boxes}</svg>"
    )


def mermaid(pipeline: Pipeline, steps: Iterable[Json] = ()) -> str:
    """Return a pipeline as Mermaid text, which GitHub and many editors draw.

    Example:
        >>> print(mermaid(pipeline))
        flowchart TD
            s0["load"]
            s1["fit"]
            s0 --> s1
    """
    shown = _described(pipeline, steps)
    names = {each.name: f"s{place}" for place, each in enumerate(pipeline.steps)}
    boxes = [f'    {names[name]}["{_quoted(name)}{_told(each, "<br>")}"]' for name, each in shown.items()]
    lines = [f"    {names[upper]} --> {names[lower]}" for upper, lower in without_implied(_links(pipeline))]
    return "\n".join(["flowchart TD", *boxes, *lines, ""])


def dot(pipeline: Pipeline, steps: Iterable[Json] = ()) -> str:
    """Return a pipeline as text for Graphviz.

    Example:
        >>> print(dot(pipeline))
        digraph "sales" {
            node [shape=box];
            "load";
            "fit";
            "load" -> "fit";
        }
    """
    shown = _described(pipeline, steps)
    boxes = [f"    {_dotted(name)}{_label(name, each)};" for name, each in shown.items()]
    lines = [f"    {_dotted(upper)} -> {_dotted(lower)};" for upper, lower in without_implied(_links(pipeline))]
    return "\n".join([f"digraph {_dotted(pipeline.name)} {{", "    node [shape=box];", *boxes, *lines, "}", ""])


FORMS: Mapping[str, Callable[[Pipeline, Iterable[Json]], str]] = {"svg": picture, "mmd": mermaid, "dot": dot}
"""Ending of the file -> what makes its text."""


def _links(pipeline: Pipeline) -> list[tuple[str, str]]:
    return [(edge.upstream, edge.downstream) for edge in pipeline.edges]


def _is_joined(reasons: Iterable[object]) -> bool:
    return any(getattr(each, "kind", None) == "kernel" for each in reasons)


def _place(pipeline: Pipeline, name: str) -> int:
    return [each.name for each in pipeline.steps].index(name)


def _described(pipeline: Pipeline, steps: Iterable[Json]) -> dict[str, _Step]:
    told = {each["name"]: each for each in steps}
    found = {}
    for step in pipeline.steps:
        reasons = [reason.text for edge in pipeline.edges if edge.downstream == step.name for reason in edge.reasons]
        cells = f"{len(step.cells)} cell{'s' if len(step.cells) != 1 else ''}"
        ours = told.get(step.name)
        facts = seconds(ours["seconds"]) or cells if ours else cells
        found[step.name] = _Step(
            facts, str(ours["state"]) if ours else None, "\n".join([f"{step.name}: {cells}", *reasons])
        )
    return found


def _line(line: Line, is_joined: bool) -> str:
    """Straight past the boxes, bent between the layers."""
    (x, y), *rest = line.points
    path = f"M{number(x)} {number(y)}"
    for to_x, to_y in rest:
        middle = number((y + to_y) / 2)
        path += f"C{number(x)} {middle} {number(to_x)} {middle} {number(to_x)} {number(to_y)}"
        x, y = to_x, to_y
    return f'<path class="line{" joined" if is_joined else ""}" d="{path}"/>'


def _box(box: Box, stripe: str, step: _Step) -> str:
    x, y = number(box.x), number(box.y)
    sign = ""
    if step.state:
        found = tone(step.state)
        sign = f'<tspan style="fill:{COLOURS[found]}">{SIGNS[found]}</tspan> {text(step.state)} · '
    look = f" {tone(step.state)}" if step.state else ""
    return (
        f'<g><title>{text(step.details)}</title><rect class="box{look}" x="{x}" y="{y}" width="{BOX_WIDTH:g}" '
        f'height="{BOX_HEIGHT:g}" rx="2"/><rect x="{x}" y="{y}" width="4" height="{BOX_HEIGHT:g}" fill="{stripe}"/>'
        f'<text x="{number(box.x + 11)}" y="{number(box.y + 16)}">{text(_cut(box.name))}</text>'
        f'<text class="facts" x="{number(box.x + 11)}" y="{number(box.y + 31)}">{sign}{text(step.facts)}</text></g>'
    )


def _cut(name: str) -> str:
    """Return a name that a box holds; all of it is in the box's title."""
    longest = int((BOX_WIDTH - 18) / PIXELS_PER_LETTER)
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _told(step: _Step, between: str) -> str:
    return f"{between}{step.state}, {step.facts}" if step.state else ""


def _quoted(name: str) -> str:
    """Return a name inside quotes of Mermaid, which knows HTML's entities."""
    return text(name)


def _label(name: str, step: _Step) -> str:
    return f" [label={_dotted(name + _told(step, chr(10)))}]" if step.state else ""


def _dotted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
