"""What the documents say of the code is true."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"\"(NB\d{3})\"")
ROW = re.compile(r"^\| (NB\d{3}) \| (error|warning|notice)[^|]*\| [^|]+ \| [^|]+ \|$", re.MULTILINE)


def codes_in(folder: str) -> set[str]:
    return {code for path in (ROOT / folder).rglob("*.py") for code in CODE.findall(path.read_text())}


def rows() -> list[str]:
    return [code for code, _ in ROW.findall((ROOT / "docs" / "problems.md").read_text())]


def test_the_table_of_problems_has_each_code_of_the_source_once_and_no_other():
    assert Counter(rows()) == Counter(codes_in("nb2ops"))
    assert rows() == sorted(rows())


def test_every_problem_is_brought_about_by_a_test():
    assert codes_in("nb2ops") - codes_in("tests") == set()
