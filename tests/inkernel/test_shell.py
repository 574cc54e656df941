"""Settings of IPython and of libraries: a second kernel shows what the first one, going on, shows.

Each row is a statement of a setup step, a look at its effect in a later step, and what the look shows by it. All rows
share one row of kernels, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .notebook import Kernel, pack, write_job

CASES = {
    "%precision": ("import numpy as np\n%precision 3", "2 / 3, np.float64(2 / 3), np.array([2 / 3])", "0.667"),
    "%pprint": ("%pprint", "list(range(40))", "38, 39]"),
    "the width of what is shown": (
        "get_ipython().display_formatter.formatters['text/plain'].max_width = 20",
        "print(get_ipython().display_formatter.formatters['text/plain'].max_width)",
        "20",
    ),
    "ast_node_interactivity": ("%config InteractiveShell.ast_node_interactivity = 'all'", "'first'\n'last'", "'first'"),
    "an AST transformer of the notebook": (
        "import ast\n"
        "class Sevens(ast.NodeTransformer):\n"
        "    def visit_Constant(self, node): return ast.Constant(7) if node.value == 13 else node\n"
        "get_ipython().ast_transformers.append(Sevens())",
        "print(13)",
        "7",
    ),
    "a figure format": (
        "import matplotlib.pyplot as plt\n%config InlineBackend.figure_format = 'svg'",
        "print(sorted(get_ipython().display_formatter.format(plt.subplots()[0])[0]), plt.close('all'))",
        "['image/svg+xml', 'text/plain']",
    ),
    "the inline backend's traits": (
        "%config InlineBackend.rc = {'figure.dpi': 50}\n%config InlineBackend.close_figures = False",
        "%config InlineBackend.rc\n%config InlineBackend.close_figures",
        "{'figure.dpi': 50}",
    ),
    "sklearn.set_config": (
        "import sklearn\nsklearn.set_config(transform_output='pandas')",
        "from sklearn.preprocessing import StandardScaler\nprint(type(StandardScaler().fit_transform([[1.0], [2.0]])))",
        "DataFrame",
    ),
    "an extension and its mode": (
        "%load_ext autoreload\n%autoreload 2\n%aimport -json",
        "%aimport",
        "all-except-skipped\n\nModules to skip:\njson",
    ),
    "an alias": ("%alias hi echo hello", "hi there", "hello there"),
    "an alias that was removed": ("%unalias ls", "%ls", "Line magic function `%ls` not found"),
    "a magic of the notebook": (
        "from IPython.core.magic import register_line_magic\n"
        "@register_line_magic\ndef shout(line): return line.upper() + mark\n"
        "mark = '!'",
        "%shout aha",
        "AHA!",
    ),
    "a printer of the notebook": (
        "class Point: pass\n"
        "get_ipython().display_formatter.formatters['text/html'].for_type(Point, lambda point: 'a point')",
        "get_ipython().display_formatter.format(Point())[0]['text/html']",
        "a point",
    ),
    "%xmode": ("%xmode Minimal", "1 / 0", "ZeroDivisionError: division by zero"),
    "figures that are not interactive": (
        "import matplotlib.pyplot as plt\nplt.figure(); plt.close('all'); plt.ioff()",
        "fig = plt.figure(); plt.close('all'); print(plt.isinteractive())",
        "False",
    ),
    "the recursion limit": ("import sys; sys.setrecursionlimit(4321)", "print(sys.getrecursionlimit())", "4321"),
    "a time zone that was set": (
        "import os, time; os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()",
        "print(time.localtime(0).tm_hour)",
        "9",
    ),
}
STATES = ["environment", "settings"]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """What each look shows in the kernel of the setups, and in the second next kernel after it."""
    folder = tmp_path_factory.mktemp("settings")
    first = write_job(folder, "first", saves={"everything": True, "state": STATES})
    passing = {"saves": {"everything": True, "state": STATES}, "execution_count": 100}
    second = write_job(folder, "second", loads=[_load(folder, "first")], **passing)
    third = write_job(folder, "third", loads=[_load(folder, "second")], execution_count=100)
    with Kernel() as kernel, Kernel() as middle, Kernel() as last:
        kernel.begin(first)
        for number, (setup, _, _) in enumerate(CASES.values(), 1):
            kernel.cell(f"setup{number}", setup, number)
        assert kernel.finish(first)["uncrossable"] == []
        middle.begin(second)
        middle.finish(second)
        last.begin(third)
        yield _look(kernel), _look(last)


def _load(folder: Path, name: str) -> dict[str, object]:
    return {"path": pack(folder, name), "left": None, "names": None, "state": STATES}


def _look(kernel: Kernel) -> dict[str, str]:
    return {name: kernel.cell(name, look, 100 + i) for i, (name, (_, look, _)) in enumerate(CASES.items())}


@pytest.mark.xdist_group("settings")
@pytest.mark.parametrize("name", CASES)
def test_a_setting_crosses(name: str, shown: tuple[dict[str, str], dict[str, str]]) -> None:
    linear, crossed = shown
    assert CASES[name][2] in linear[name]
    assert crossed[name] == linear[name]


def test_figure_formats_that_were_set_by_a_function_cross(tmp_path: Path) -> None:
    look = "print(sorted(get_ipython().display_formatter.format(plt.subplots()[0])[0]))"
    setup = "import matplotlib.pyplot as plt\nfrom matplotlib_inline.backend_inline import set_matplotlib_formats\n"
    first = write_job(tmp_path, "first", saves={"everything": True, "state": STATES})
    second = write_job(tmp_path, "second", loads=[_load(tmp_path, "first")])
    with Kernel() as kernel, Kernel() as other:
        kernel.begin(first)
        kernel.cell("a", setup + "set_matplotlib_formats('pdf', 'jpeg', metadata={'Title': 'mine'})", 1)
        kernel.finish(first)
        other.begin(second)
        assert other.cell("b", look, 2) == kernel.run(look)
        assert "application/pdf" in other.run(look)


def test_an_untouched_kernel_has_no_settings_of_the_shell(tmp_path: Path) -> None:
    job = write_job(tmp_path, "first")
    captured = "__import__('sys').modules['_nb2ops.states'].capture_all(['settings'])[0]['settings']"
    with Kernel() as kernel:
        kernel.begin(job)
        kernel.cell("a", "import sklearn, pandas, matplotlib.pyplot as plt\nplt.plot([1])\n1 / 3", 1)
        found = kernel.run(f"print(sorted({captured}))")
    assert found == "['calendar', 'decimal', 'locale', 'logging', 'numpy', 'warnings']\n"
