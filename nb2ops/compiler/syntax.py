"""Cells as Python: what IPython makes of them, parsed. The one module that touches IPython."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from itertools import dropwhile
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.inputtransformer2 import TransformerManager


_MAY_BE_SPECIAL = re.compile(
    r"""\?                                                  # help: name?
        | (?: ^ | [=\r\v\f\x1c-\x1e\x85\u2028\u2029] ) \s* (?:
            [%!]                                            # magics and shell lines, with what they are assigned to
            | [,;/]                                         # calls that quote their arguments
            | >>> | \.\.\. | In[ ]\[                        # prompts
        )""",
    re.MULTILINE | re.VERBOSE,
)
"""What a cell has in it wherever IPython reads it in its own way, and some others have too."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a cell is not valid Python: its line and the parser's words."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A cell's code.

    Attributes:
        number: the cell's number.
        body: its statements; magics are calls of `get_ipython()`.
        offset: lines to add to a node's line to get the cell's.
        error: why it is not valid Python, None where it is.
        may_fail: the cell has the tag `raises-exception`: the notebook goes on after an error.
        line: the cell's text where it is one line: it may be a magic without its `%`.
    """

    number: int
    body: list[ast.stmt] = field(default_factory=list)
    offset: int = 0
    error: Flaw | None = None
    may_fail: bool = False
    line: str = ""


@cache
def _transformer() -> TransformerManager:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager()  # type: ignore[no-untyped-call]


def transform(source: str) -> str:
    r"""Return the Python that IPython runs for a cell.

    IPython itself is asked where the cell may be special: importing it costs a quarter of a second, and it tokenizes.

    Example:
        >>> transform("%matplotlib inline")
        "get_ipython().run_line_magic('matplotlib', 'inline')\n"
    """
    if not _MAY_BE_SPECIAL.search(source):
        return _plain(source)
    transformed: str = _transformer().transform_cell(source)
    return transformed


def _plain(source: str) -> str:
    """What IPython does to every cell (`inputtransformer2`): no empty lines before it, no common indentation."""
    lines = (source if source.endswith("\n") else f"{source}\n").splitlines(keepends=True)
    begun = [*dropwhile(str.isspace, lines)]
    return dedent("".join(begun or lines))


def parse(source: str, number: int = 1, *, may_fail: bool = False) -> Parsed:
    """Return a cell's statements, or the place and reason why it has none."""
    offset = len(source) - len(source.lstrip("\n"))
    if source.lstrip().startswith("%%"):
        offset = source[: len(source) - len(source.lstrip())].count("\n")
    text = source.strip()
    line = "" if "\n" in text else text
    try:
        body = ast.parse(transform(source)).body
    except (SyntaxError, ValueError, IndexError) as error:  # IPython stumbles over some that are not Python: =%'''
        place = (getattr(error, "lineno", None) or 1) + offset
        flaw = Flaw(place, getattr(error, "msg", None) or str(error))
        return Parsed(number, error=flaw, may_fail=may_fail, line=line)
    return Parsed(number, body, offset, may_fail=may_fail, line=line)
