"""The parameters cell: names, types, defaults, help."""

from __future__ import annotations

import pytest

from nb2ops.compiler.parameters import read_parameters
from nb2ops.compiler.syntax import parse
from nb2ops.model import Cell


def read(source: str):
    return read_parameters(Cell(0, "a", "code", source, ("parameters",), 1), parse(source, 1), "nb.ipynb")


@pytest.mark.parametrize(
    ("source", "kind", "value"),
    [
        ("n = 10", "int", 10),
        ("rate = 0.5", "float", 0.5),
        ("low = -1", "int", -1),
        ("name = 'x'", "str", "x"),
        ("fast = True", "bool", True),
        ("nothing = None", "Any", None),
        ("items = [1, 2]", "list", [1, 2]),
        ("table = {'a': 1}", "dict", {"a": 1}),
        ("pair = (1, 2)", "tuple", [1, 2]),
        ("day = date(2024, 2, 29)", "date", "2024-02-29"),
        ("day = datetime.date(2024, 2, 29)", "datetime.date", "2024-02-29"),
        ("folder = Path('data')", "Path", "data"),
        ("price = Decimal('1.10')", "Decimal", "1.10"),
        ("rate: float = 1", "float", 1),
        ("mode: Literal['a', 'b'] = 'a'", "Literal['a', 'b']", "a"),
        ("rows: Optional[int] = None", "Optional[int]", None),
        ("rows: int | None = 3", "int | None", 3),
        ("names: list[str] = ['a']", "list[str]", ["a"]),
        ("text = 'a' 'b'", "str", "ab"),
        ("n: Annotated[int, Ge(1), Le(9)] = 3", "Annotated[int, Ge(1), Le(9)]", 3),
        (
            "day: Annotated[date, Ge(date(2024, 1, 1))] = date(2024, 1, 1)",
            "Annotated[date, Ge(date(2024, 1, 1))]",
            "2024-01-01",
        ),
    ],
)
def test_type_and_default_are_read_from_the_source(source, kind, value):
    (parameter,), problems = read(source)
    assert (parameter.type, parameter.value, parameter.computed, problems) == (kind, value, False, [])


@pytest.mark.parametrize(
    "source", ["n = 2 * 3 + a", "day = date.today()", "x = os.environ['X']", "d = date(2024, 13, 1)"]
)
def test_a_default_that_is_not_a_literal_is_computed_by_the_cell(source):
    (parameter,), _ = read(source)
    assert (parameter.computed, parameter.value) == (True, None)


def test_help_is_the_trailing_comment_and_only_that():
    (a, b, c), _ = read("# above\na = 1  # rows to read\nb = '# no'\nc = [  # first\n  1,\n]  # last")
    assert (a.help, b.help, c.help) == ("rows to read", "", "last")


# a comment -> the bounds that it states, what is left as help
COMMENTS = [
    ("range: 1..10", "ge=1, le=10", ""),
    ("range: 1..10 how many", "ge=1, le=10", "how many"),
    ("range: -0.5 .. 1e3, a share", "ge=-0.5, le=1e3", "a share"),
    ("range: 0...5", "ge=0, le=.5", ""),
    ("range: 3..", "ge=3", ""),
    ("range: ..3: few", "le=3", "few"),
]


@pytest.mark.parametrize(("comment", "bounds", "text"), COMMENTS)
@pytest.mark.parametrize("declared", ["x: float = 0.5", "x = 0.5"])
def test_a_range_may_stand_in_the_comment(declared, comment, bounds, text):
    (parameter,), _ = read(f"{declared}  # {comment}")
    assert (parameter.type, parameter.help) == (f"Annotated[float, Field({bounds})]", text)


@pytest.mark.parametrize("source", ["token = ''", "token: str = os.environ.get('TOKEN', '')", "token = None"])
def test_of_a_secret_only_its_place_is_known(source):
    (parameter,), problems = read(f"{source}  # secret: api-token  the key")
    assert (parameter.secret, parameter.help, parameter.default, parameter.value) == ("api-token", "the key", "", None)
    assert (parameter.computed, problems) == (False, [])


def test_only_assignments_of_names_are_parameters_and_the_last_one_counts():
    parameters, _ = read("import os\na = 1\nx.y = 2\na = 2\nb, c = 3, 4\nprint(a)\n%matplotlib inline")
    assert [(each.name, each.value) for each in parameters] == [("a", 2)]


@pytest.mark.parametrize(
    ("source", "code", "severity"),
    [
        ("n: int = 'many'", "NB302", "error"),
        ("mode: Literal['a', 'b'] = 'c'", "NB302", "error"),
        ("df: pd.DataFrame = None", "NB301", "warning"),
        ("__file__ = 'x'", "NB303", "error"),
        ("n: Annotated[int, Ge(1)] = 0", "NB302", "error"),
        ("n = 11  # range: 1..10", "NB302", "error"),
        ("n: Annotated[int, Even()] = 2", "NB307", "warning"),
        ("n: Annotated[int, Ge(low)] = 2", "NB307", "warning"),
        ("n: Annotated[int, Ge(0.5)] = 2", "NB307", "warning"),
        ("n: Annotated[str, Ge(1)] = 'a'", "NB307", "warning"),
        ("n = 'a'  # range: 1..10", "NB307", "warning"),
        ("n = 1  # range: 1-10", "NB307", "warning"),
        ("n = 1  # range: .. of the sensor", "NB307", "warning"),
        ("token = ''  # secret: API_TOKEN", "NB304", "error"),
        ("token: int = 0  # secret: api-token", "NB304", "error"),
        ("token = 'abc'  # secret: api-token", "NB306", "warning"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_a_problem_at_its_line(source, code, severity):
    _, (problem,) = read(f"\n{source}")
    assert (problem.code, problem.severity.value, problem.line) == (code, severity, 2)
    assert problem.hint
