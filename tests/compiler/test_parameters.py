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
        ("token = ''  # secret: API_TOKEN", "NB304", "error"),
        ("token: int = 0  # secret: api-token", "NB304", "error"),
        ("token = 'abc'  # secret: api-token", "NB306", "warning"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_a_problem_at_its_line(source, code, severity):
    _, (problem,) = read(f"\n{source}")
    assert (problem.code, problem.severity.value, problem.line) == (code, severity, 2)
    assert problem.hint
