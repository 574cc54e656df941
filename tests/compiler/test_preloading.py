"""Which imports a fork server may do ahead."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.errors import UsageError
from tests.notebooks import Pair, write_notebook

NP, PD, PLT = "import numpy as np", "import pandas as pd", "import matplotlib.pyplot as plt"
METRICS = "from sklearn import metrics"

# cells -> imports that may be done ahead, with their cell
CELLS: list[tuple[list[Pair | str], list[tuple[str, int]]]] = [
    ([NP], [(NP, 0)]),
    (
        ["import os, sys\nimport numpy as np\nfrom sklearn import metrics"],
        [(NP, 0), ("from sklearn import metrics", 0)],
    ),
    ([("imports", NP), ("step:a", f"{PD}\nx = f()"), ("step:b", "import scipy")], [(NP, 0), (PD, 1)]),
    ([("markdown", "# t"), ("skip", "import scipy"), NP], [(NP, 2)]),
    ([("parameters", "n: int = 3\nname = 'x'"), NP], [(NP, 1)]),
    (["'''Words.'''\n%matplotlib inline\nimport matplotlib.pyplot as plt"], [(PLT, 0)]),
    ([f"import warnings\nwarnings.filterwarnings('ignore')\n{NP}"], [(NP, 0)]),
    ([f"{PD}\npd.options.display.max_rows = 5\npd.set_option('display.width', 9)\n{NP}"], [(PD, 0), (NP, 0)]),
    (
        [f"import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 50\n{NP}"],
        [("import matplotlib.pyplot as plt", 0), (NP, 0)],
    ),
    ([f"def f(x):\n    return x\n{NP}"], [(NP, 0)]),
    # what may change importing
    (["import os\nos.environ['OMP_NUM_THREADS'] = '1'", NP], []),
    (["%env OMP_NUM_THREADS=1", NP], []),
    (["import sys\nsys.path.insert(0, 'lib')", NP], []),
    ([f"import matplotlib\nmatplotlib.use('Agg')\n{NP}"], [("import matplotlib", 0)]),
    ([f"{PD}\npd.options.mode = f()\n{NP}"], [(PD, 0)]),
    (["!pip install numpy", NP], []),
    (["%matplotlib widget", NP], []),
    (["def f(x=g()):\n    pass", NP], []),
    (["x = f()", NP], []),
    (["import other", NP], []),
    (["import numpy, other", PD], []),
    (["from . import numpy", NP], []),
    ([("raises-exception", NP), PD], []),
]


@pytest.mark.parametrize(("cells", "expected"), CELLS)
def test_imports_before_anything_that_may_change_importing(
    tmp_path: Path, cells: list[Pair | str], expected: list[tuple[str, int]]
) -> None:
    found = compile_notebook(write_notebook(tmp_path / "nb.ipynb", *cells)).pipeline.preloads
    assert [(each.statement, each.index) for each in found] == expected


# cells -> which of the imports their own step may find done
PLAIN: list[tuple[list[Pair | str], list[bool]]] = [
    ([f"{NP}\n{PD}"], [True, True]),
    ([("parameters", "n: int = 3\nname = 'x'"), f"'Words.'\nimport os\ndef f(x):\n    return x\n{NP}"], [True]),
    ([NP, f"warnings = 1\n{PD}"], [True, True]),
    ([f"{NP}\nnp.random.seed(1)\n{PD}"], [True, False]),
    ([f"import warnings\n{NP}\nwarnings.simplefilter('ignore')", PD], [True, False]),
    ([f"import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 50\n{NP}"], [True, False]),
    ([f"%matplotlib inline\n{PLT}"], [False]),
    (["print('on')", NP], [False]),
]


@pytest.mark.parametrize(("cells", "expected"), PLAIN)
def test_imports_that_the_step_itself_cannot_tell_from_later_ones(
    tmp_path: Path, cells: list[Pair | str], expected: list[bool]
) -> None:
    found = compile_notebook(write_notebook(tmp_path / "nb.ipynb", *cells)).pipeline.preloads
    assert [each.plain for each in found] == expected


def test_a_module_beside_the_notebook_is_never_loaded_ahead(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").touch()
    assert compile_notebook(write_notebook(tmp_path / "nb.ipynb", NP, PD)).pipeline.preloads == ()


def test_a_project_may_add_modules(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.nb2ops]\npreload = ["lightgbm"]\n')
    [found] = compile_notebook(write_notebook(tmp_path / "nb.ipynb", "import lightgbm")).pipeline.preloads
    assert found.statement == "import lightgbm"


def test_a_list_is_expected(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.nb2ops]\npreload = "lightgbm"\n')
    with pytest.raises(UsageError, match=r"pyproject.toml: \[tool.nb2ops\] preload is to be a list of strings"):
        compile_notebook(write_notebook(tmp_path / "nb.ipynb", "1"))
