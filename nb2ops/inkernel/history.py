"""IPython's history: results and sources of earlier cells, as `Out`, `_3`, `_` and `In` hand them over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_NAME = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|_[io]h|_dh")
_RESULT = re.compile(r"_(\d+)")
_RESULTS = ("Out", "_oh")
_LAST = ("_", "__", "___")


def is_history(name: str) -> bool:
    """Whether IPython keeps earlier inputs and results under a name, `In` and `Out` apart."""
    return _NAME.fullmatch(name) is not None


class History:
    """The history of a running shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def given(self, names: Iterable[str]) -> dict[str, Any]:
        """Return those of these variables that belong to the history, as they are to be handed over."""
        namespace = self._shell.user_ns
        found = {name: namespace[name] for name in names if is_history(name) and name in namespace}
        if "In" in names and namespace.get("In") is self._shell.history_manager.input_hist_parsed:
            found["In"] = [*namespace["In"]]
        if "Out" in names and namespace.get("Out") is namespace.get("_oh"):
            found["Out"] = namespace["Out"]
        return found

    def take(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Put what belongs to the history in its place; return the other variables."""
        namespace = self._shell.user_ns
        for name, value in variables.items():
            result = _RESULT.fullmatch(name)
            if result:
                namespace["_oh"][int(result[1])] = namespace[name] = value
            elif name in _LAST:
                namespace[name] = value
                setattr(self._shell.displayhook, name, value)
            elif name in _RESULTS and type(value) is dict:
                self._take_results(value)
            elif name == "In" and type(value) is list:
                self._take_sources(value)
        return {name: value for name, value in variables.items() if name not in ("In", *_RESULTS, *_LAST)}

    def _take_results(self, results: dict[int, Any]) -> None:
        self._shell.user_ns["_oh"].update(results)
        self._shell.user_ns.update({f"_{number}": value for number, value in results.items()})

    def _take_sources(self, sources: list[str]) -> None:
        manager = self._shell.history_manager
        for held in (manager.input_hist_parsed, manager.input_hist_raw):
            held[:] = sources
        self._shell.user_ns.update({f"_i{number}": text for number, text in enumerate(sources) if number})
        for name, text in zip(("_i00", "_i", "_ii"), reversed(sources[1:])):  # noqa: B905 - Python 3.9 knows no `strict`
            setattr(manager, name, text)
