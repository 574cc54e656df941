"""Widgets by their state: the ids of their models are random and say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nb2ops.model import Json

VIEW = "application/vnd.jupyter.widget-view+json"
_STATES = "application/vnd.jupyter.widget-state+json"
_REFERENCE = "IPY_MODEL_"


def models(notebook: Json) -> Mapping[str, Json]:
    """Return the state of every widget that a notebook has saved, by the id of its model."""
    found: Mapping[str, Json] = notebook["metadata"].get("widgets", {}).get(_STATES, {}).get("state", {})
    return found


def tree(view: Json, known: Mapping[str, Json]) -> Json:
    """Return a widget's view with the states of all models that it shows in place of their ids.

    A model that was met before is named by its number, so that it matters which widgets share one.
    """
    met: dict[str, int] = {}

    def open_up(value: Any) -> Any:
        match value:
            case str() if value.startswith(_REFERENCE):
                return model(value.removeprefix(_REFERENCE))
            case dict():
                return {name: open_up(each) for name, each in value.items()}
            case list():
                return [open_up(each) for each in value]
        return value

    def model(name: str) -> Any:
        if name in met:
            return {"model": met[name]}
        met[name] = len(met) + 1
        return {"model": met[name], **open_up(known.get(name, {}))}

    return {**view, "model_id": model(view.get("model_id", ""))}
