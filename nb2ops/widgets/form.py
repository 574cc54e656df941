"""A form of a notebook's parameters: a field for each type, what is wrong beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import ipywidgets as widgets

from nb2ops.errors import UsageError
from nb2ops.model import Json, Parameter
from nb2ops.pages.markup import text
from nb2ops.parameter_types import Field, convert, field_of, said

NAME_WIDTH = "18em"
WHOLE = 2**53 - 1
"""The largest whole number that a browser has exactly."""
LEFT_OUT = "default"
"""What stands in an empty field whose default is kept."""


class Form(widgets.VBox):
    """Fields for parameters. What is not changed keeps the notebook's default.

    Attributes:
        fields: parameter -> its widget; a secret has none.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self._parameters = tuple(parameters)
        self.fields: dict[str, Any] = {each.name: _field(each) for each in parameters if not each.secret}
        self._before = {name: field.value for name, field in self.fields.items()}
        self._wrong = {each.name: widgets.HTML() for each in parameters}
        super().__init__([self._row(each) for each in parameters])

    def values(self) -> Json | None:
        """Return the values that were changed, converted; None where one does not fit, which its field says then."""
        for label in self._wrong.values():
            label.value = ""
        changed = {name: field.value for name, field in self.fields.items() if field.value != self._before[name]}
        given = {name: value for name, value in changed.items() if value not in (None, "")}
        kinds = {each.name: _kind(each).kind for each in self._parameters}
        texts = frozenset(name for name, value in given.items() if isinstance(value, str) and kinds[name] != "choice")
        try:
            return convert(self._parameters, given, texts=texts)
        except UsageError as error:
            for place, message in error.fields.items():
                self.complain(place.removeprefix("parameters."), message)
            return None

    def complain(self, name: str, message: str) -> None:
        """Say beside a field what is wrong."""
        self._wrong[name].value = f'<span role="alert" style="color:#b3261e">{text(message)}</span>'

    def _row(self, parameter: Parameter) -> widgets.HBox:
        name = widgets.Label(f"{parameter.name}: {said(parameter.type)}", tooltip=parameter.help)
        name.layout.width = NAME_WIDTH
        field = self.fields.get(parameter.name) or widgets.Label(f"from the Secret block {parameter.secret}")
        return widgets.HBox([name, field, self._wrong[parameter.name]])


def _kind(parameter: Parameter) -> Field:
    """Return the kind of a field; one whose default is not known here, or that may be None, is written as text."""
    found = field_of(parameter.type)
    unknown = parameter.computed or parameter.value is None
    return Field("json", found.optional) if unknown or (found.optional and found.kind != "choice") else found


def _number(kind: Field, value: Any, tooltip: str) -> Any:
    """Return the field of a number; one with bounds wants both of them."""
    whole = kind.kind == "integer"
    if kind.minimum is None and kind.maximum is None:
        return (widgets.IntText if whole else widgets.FloatText)(value, tooltip=tooltip)
    widest = WHOLE if whole else sys.float_info.max
    low = -widest if kind.minimum is None else kind.minimum
    high = widest if kind.maximum is None else kind.maximum
    bounded = widgets.BoundedIntText if whole else widgets.BoundedFloatText
    return bounded(value, min=low, max=high, tooltip=tooltip)


def _field(parameter: Parameter) -> Any:
    kind, value, tooltip = _kind(parameter), parameter.value, parameter.help or said(parameter.type)
    match kind.kind:
        case "integer" | "number":
            return _number(kind, value, tooltip)
        case "boolean":
            return widgets.Checkbox(value, indent=False, tooltip=tooltip)
        case "choice":
            choices = [*(kind.choices or ()), *([None] if kind.optional else [])]
            return widgets.Dropdown(options=[(str(each), each) for each in choices], value=value, tooltip=tooltip)
        case "date":
            low, high = (each and date.fromisoformat(each) for each in (kind.minimum, kind.maximum))
            return widgets.DatePicker(value=date.fromisoformat(value), min=low, max=high, tooltip=tooltip)
        case "datetime":
            return widgets.NaiveDatetimePicker(
                value=datetime.fromisoformat(value).replace(tzinfo=None), tooltip=tooltip
            )
        case "time":
            return widgets.TimePicker(value=time.fromisoformat(value), tooltip=tooltip)
        case "text":
            return widgets.Text(str(value), tooltip=tooltip)
    written = "" if value is None else json.dumps(value, ensure_ascii=False)
    return widgets.Textarea(written, rows=2, placeholder=f"{LEFT_OUT}: {parameter.default}", tooltip=tooltip)
