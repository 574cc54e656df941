"""Values given for parameters: converted by the declared type, or refused with a reason."""

from __future__ import annotations

import pytest

from nb2ops.errors import UsageError
from nb2ops.model import Parameter
from nb2ops.parameter_types import Field, convert, field_of


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
        ("Annotated[int, Ge(1), Le(10)]", 1, "10", 10),
        ("Annotated[float, Field(gt=0, description='a share')]", 1, "1e-9", 1e-9),
        ("Annotated[Optional[int], Ge(1)]", None, "None", None),
        ("Optional[Annotated[int, Ge(1)]]", None, "2", 2),
        ("list[Annotated[int, Interval(ge=0)]]", [], "[0, 1]", [0, 1]),
        ("Annotated[date, Lt(date(2024, 2, 1))]", "2024-01-01", "2024-01-31", "2024-01-31"),
        ("Annotated[Decimal, Gt(Decimal('0.1'))]", "1", "0.2", "0.2"),
        ("Annotated[int, 'how many']", 1, "-5", -5),
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


# the type -> how it is said, a value that is out of range
RANGES = [
    ("Annotated[int, Ge(1), Le(10)]", "int, from 1 to 10", 11),
    ("typing.Annotated[int, annotated_types.Gt(0)]", "int, above 0", 0),
    ("Annotated[float, Interval(gt=0, lt=1)]", "float, above 0 and below 1", 1.0),
    ("Annotated[float, pydantic.Field(ge=0.5)]", "float, at least 0.5", 0.4),
    ("Annotated[date, Le(date(2024, 2, 1))]", "date, at most 2024-02-01", "2024-02-02"),
    ("Annotated[Optional[int], Ge(1)]", "Optional[int], at least 1", 0),
    ("Optional[Annotated[int, Ge(1)]]", "Optional[Annotated[int, Ge(1)]]", 0),
    ("list[Annotated[int, Ge(1)]]", "list[Annotated[int, Ge(1)]]", [1, 0]),
]


@pytest.mark.parametrize(("kind", "words", "value"), RANGES)
def test_a_value_out_of_range_is_refused_with_name_range_and_value(kind, words, value):
    with pytest.raises(UsageError) as caught:
        convert([parameter(kind)], {"x": value})
    assert f'"x" is {words}: {value!r} does not fit' in str(caught.value)
    with pytest.raises(UsageError, match="does not fit"):
        convert([parameter(kind)], {"x": str(value)}, texts=frozenset({"x"}))


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("int", Field("integer", words="int")),
        ("Annotated[int, Ge(1), Le(10)]", Field("integer", False, None, 1, 10, "int, from 1 to 10")),
        ("Annotated[int, Gt(1), Lt(10)]", Field("integer", False, None, 2, 9, "int, above 1 and below 10")),
        ("Annotated[float, Gt(0)]", Field("number", False, None, 0, None, "float, above 0")),
        (
            "Annotated[date, Ge(date(2024, 2, 1))]",
            Field("date", False, None, "2024-02-01", None, "date, at least 2024-02-01"),
        ),
        ("Optional[Annotated[int, Le(9)]]", Field("integer", True, None, None, 9, "Optional[Annotated[int, Le(9)]]")),
        ("Annotated[str, Ge(1)]", Field(words="Annotated[str, Ge(1)]")),
        ("Annotated[int, Even()]", Field(words="Annotated[int, Even()]")),
        ("pd.DataFrame", Field(words="pd.DataFrame")),
    ],
)
def test_a_type_has_the_field_of_a_form_that_fits(kind, field):
    assert field_of(kind) == field


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
