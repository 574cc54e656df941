"""What a cell shows, taken apart into pieces that can be compared one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nb2ops.comparison import pictures, texts, widgets
from nb2ops.comparison.texts import Lines
from nb2ops.model import Json

COUNT = "execution count"
NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file in base64."""

    data: str


Content = Lines | Picture
Shown = Mapping[tuple[int, str], Content]
"""(output, part) -> content; see `findings.PartDifference`."""


def shown(cell: Json, models: Mapping[str, Json]) -> Shown:
    """Return what a code cell shows.

    Chunks of a stream are one text up to the next display, whatever their number and however the streams mingle:
    both depend on timing.

    Args:
        cell: a code cell as a notebook file holds it.
        models: the states of the notebook's widgets.
    """
    found: dict[tuple[int, str], Content] = {(0, COUNT): (_count(cell),)}
    streams: dict[tuple[int, str], str] = {}
    place = 0
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            key = place, output["name"]
            streams[key] = streams.get(key, "") + _joined(output["text"])
        else:
            place += 1
            found |= {(place, part): content for part, content in _display(output, models)}
    written = {key: texts.comparable(texts.overwritten(text)) for key, text in streams.items()}
    return found | {key: lines for key, lines in written.items() if lines}


def _count(cell: Json) -> str:
    count = cell["execution_count"]
    return NOT_RUN if count is None else str(count)


def _display(output: Json, models: Mapping[str, Json]) -> Iterator[tuple[str, Content]]:
    yield "kind", (_kind(output),)
    if output["output_type"] == "error":
        yield "error", texts.comparable(f"{output['ename']}: {output['evalue']}")
        yield "traceback", texts.comparable("\n".join(output["traceback"]))
        return
    for mime, data in output["data"].items():
        yield mime, _content(mime, data, models)
    if output["metadata"]:
        yield "metadata", _json_lines(output["metadata"])


def _kind(output: Json) -> str:
    """The sort of output; a result has a prompt of its own."""
    sort: str = output["output_type"]
    return f"{sort} [{output['execution_count']}]" if sort == "execute_result" else sort


def _content(mime: str, data: Any, models: Mapping[str, Json]) -> Content:
    if mime == widgets.VIEW:
        return _json_lines(widgets.tree(data, models))
    if mime == "application/json" or mime.endswith("+json"):
        return _json_lines(data)
    text = _joined(data)
    return Picture(text) if mime in pictures.FORMATS else texts.comparable(text)


def _json_lines(data: Any) -> Lines:
    return texts.comparable(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False))


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
