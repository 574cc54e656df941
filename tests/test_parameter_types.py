"""Values given for parameters: converted by the declared type, or refused with a reason."""

from __future__ import annotations

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Parameter
from nb2ops.parameter_types import convert


def parameter(kind: str, default: object = None, name: str = "x") -> Parameter:
    return Parameter(name, kind, repr(default), default, annotated=True)


@pytest.mark.parametrize(
    ("kind", "default", "text", "value"),
    [
        ("int", 1, "10", 10),
        ("int", 1, "202402144809161001040", 202402144809161001040),
        ("float", 0.5, "1e-3", 0.001),
        ("float", 0.5, "2", 2.0),
        ("float", 0.5, "inf", "Infinity"),
        ("bool", False, "true", True),
        ("bool", False, "False", False),
        ("str", "a", "5", "5"),
        ("str", "a", "", ""),
        ("str", "a", 'a "quoted" é \U0001f600', 'a "quoted" é \U0001f600'),
        ("str", "a", "None", "None"),
        ("list", [], "[1, 2]", [1, 2]),
        ("list", [], "['a', None]", ["a", None]),
        ("list[str]", [], '["North", "West"]', ["North", "West"]),
        ("dict[str, float]", {}, '{"a": 1}', {"a": 1.0}),
        ("tuple", [], "(1, 2)", [1, 2]),
        ("Optional[int]", None, "None", None),
        ("Optional[int]", None, "null", None),
        ("Optional[int]", None, "3", 3),
        ("int | None", None, "3", 3),
        ("Optional[str]", None, "5", "5"),
        ("Optional[str]", None, "true", "true"),
        ("Optional[str]", None, "None", None),
        ("Optional[Path]", None, "2024", "2024"),
        ("int | None", None, "null", None),
        ("str | None", None, "null", None),
        ("Literal[1, 'auto']", 1, "1", 1),
        ("Literal[1, 'auto']", 1, "auto", "auto"),
        ("float | int", 1, "1.0", 1.0),
        ("Literal['a', 'b']", "a", "b", "b"),
        ("Literal[1, 2]", 1, "2", 2),
        ("date", "2024-01-01", "2024-02-29", "2024-02-29"),
        ("Path", "a", "data/x.csv", "data/x.csv"),
        ("Decimal", "1", "1.10", "1.10"),
        ("Any", None, "3", 3),
        ("Any", None, "abc", "abc"),
        ("pd.DataFrame", None, "abc", "abc"),
    ],
)
def test_text_of_the_command_line_becomes_a_value_of_the_type(kind, default, text, value):
    assert convert([parameter(kind, default)], {"x": text}, texts=frozenset({"x"})) == {"x": value}


@pytest.mark.parametrize(
    ("kind", "default", "text"),
    [
        ("int", 1, "high"),
        ("int", 1, "0.5"),
        ("float", 0.5, "high"),
        ("bool", False, "maybe"),
        ("list", [], "abc"),
        ("dict[str, float]", {}, '{"a": "b"}'),
        ("Literal['a', 'b']", "a", "c"),
        ("date", "2024-01-01", "2024-02-30"),
        ("list[str]", [], "[1"),
    ],
)
def test_text_that_does_not_fit_is_refused_with_name_type_and_value(kind, default, text):
    with pytest.raises(UsageError) as caught:
        convert([parameter(kind, default)], {"x": text}, texts=frozenset({"x"}))
    assert f'"x" is {kind}' in str(caught.value)
    assert repr(text)[:3] in str(caught.value)


def test_all_mistakes_come_at_once_with_suggestions():
    known = [parameter("float", 0.95, "min_auc"), parameter("int", 1, "rows")]
    with pytest.raises(UsageError) as caught:
        convert(known, {"min_acu": 0.5, "rows": "many", "zzz": 1})
    message = str(caught.value)
    assert 'Did you mean "min_auc"?' in message
    assert '"rows" is int' in message
    assert "It has: min_auc, rows." in message


def test_a_type_that_only_the_default_implies_says_how_to_allow_more():
    with pytest.raises(UsageError, match="annotate it to allow others"):
        convert([Parameter("alpha", "int", "1", 1)], {"alpha": "0.6"}, texts=frozenset({"alpha"}))
