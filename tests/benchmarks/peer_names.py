"""What other tools say of cells: run by `tests.benchmarks.peers` with the interpreter of an environment that has them.

python peer_names.py < ["source", ...] > {"tool": [[defines, uses] or null, ...]}
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable

Names = tuple[set[str], set[str]]


def kale() -> Callable[[str], Names]:
    """Kale: pyflakes finds what a step needs, any name of an earlier step may provide it."""
    from kale.common import astutils, flakeutils, utils

    def find(source: str) -> Names:
        plain = utils.comment_magic_commands(source)
        return astutils.get_marshal_candidates(plain), flakeutils.pyflakes_report(plain)

    return find


def marimo() -> Callable[[str], Names]:
    """marimo: definitions and references of its compiled cells, without builtins."""
    import builtins

    from marimo._ast.compiler import compile_cell

    def find(source: str) -> Names:
        cell = compile_cell(source, cell_id="0")
        return {*cell.defs}, {*cell.refs} - {*dir(builtins)}

    return find


def soorgeon() -> Callable[[str], Names]:
    """soorgeon: inputs and outputs of a snippet, and the names of its imports and definitions."""
    import parso
    from soorgeon.definitions import find_defined_names
    from soorgeon.io import find_inputs_and_outputs

    def find(source: str) -> Names:
        inputs, outputs = find_inputs_and_outputs(source)
        known = {*find_defined_names(parso.parse(source))}
        return {*outputs, *known}, {*inputs} - known

    return find


def ipyflow() -> Callable[[str], Names]:
    """ipyflow: live and dead symbols of its static half."""
    import builtins

    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "ipyflow")
    from ipyflow.analysis.live_refs import compute_live_dead_symbol_refs

    def find(source: str) -> Names:
        live, dead, *_ = compute_live_dead_symbol_refs(ast.parse(shell.transform_cell(source)))
        uses = {str(each.ref.chain[0].value) for each in live} - {*dir(builtins)}
        return {str(each.chain[0].value) for each in dead if len(each.chain) == 1}, uses

    return find


def attempt(find: Callable[[str], Names], source: str) -> list[list[str]] | None:
    """What a tool says, None where it ends with an exception."""
    try:
        return [sorted(names) for names in find(source)]
    except Exception:  # a tool's own bug, or Python that it does not read
        return None


def main() -> None:
    """Ask all tools about all cells."""
    sources = json.load(sys.stdin)
    answers = {}
    for tool in (kale, marimo, soorgeon, ipyflow):
        find = tool()
        answers[tool.__name__] = [attempt(find, source) for source in sources]
    json.dump(answers, sys.stdout)


main()
