from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from nb2ops.orchestration.packing import pins_of, read_contents
from nb2ops.orchestration.pinning import Pins


@pytest.fixture
def pins(notebook, tmp_path: Path):
    def pins(*cells, kernel: str | None = None) -> Pins:
        found = pins_of(read_contents(notebook(*cells)), kernel)
        assert found
        return found

    return pins


def rows(found: Pins) -> dict[str, tuple[str, str]]:
    return {name: (version, why) for name, version, why in re.findall(r"^(\S+)==(\S+)  # (.*)$", found.text, re.M)}


def test_imports_are_pinned_by_the_name_of_their_distribution_with_what_they_need(pins):
    found = rows(pins(("imports", "import os\nimport sklearn.svm as svm\nfrom dateutil import tz"), ("step:a", "1")))
    assert found["scikit-learn"] == (version("scikit-learn"), "imported in cell 1")
    assert found["python-dateutil"] == (version("python-dateutil"), "imported in cell 1")
    assert found["numpy"] == (version("numpy"), "needed by scikit-learn")
    assert found["ipykernel"][1] == "the kernel"
    assert not {"os", "sklearn", "dateutil", "pytest"} & found.keys()


def test_imports_of_local_modules_count_and_local_modules_do_not(pins, tmp_path):
    (tmp_path / "shop.py").write_text("import yaml\nimport prices\n")
    (tmp_path / "prices.py").write_text("import click\n")
    found = rows(pins(("step:a", "import shop")))
    assert (found["PyYAML"][1], found["click"][1]) == ("imported in shop.py", "imported in prices.py")
    assert not {"shop", "prices"} & found.keys()


def test_what_nobody_installed_is_a_problem_with_its_place_and_never_a_guess(pins):
    found = pins(
        ("step:a", "x = 1"), ("step:b", "try:\n    import nowhere_to_be_found.deep\nexcept ImportError:\n    pass")
    )
    (problem,) = found.problems
    assert (problem.code, problem.cell, problem.line) == ("NB401", 2, 2)
    assert '"nowhere_to_be_found"' in problem.message
    assert "nowhere" not in found.text


def test_skipped_cells_do_not_count(pins):
    assert "click" not in rows(pins(("step:a", "x = 1"), ("skip", "import click")))


@pytest.fixture
def roastery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel whose interpreter sees one distribution of its own only; the folder of what is known of that one."""
    known = tmp_path / "site" / "coffee-7.dist-info"
    known.mkdir(parents=True)
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: coffee\nVersion: 7\n")
    (known / "RECORD").write_text("beans/__init__.py,,\n")
    interpreter = tmp_path / "python"
    interpreter.write_text(
        f"#!/bin/sh\nshift\nexec {sys.executable} -S -c \"import sys; sys.path[:0] = ['{known.parent}']; $2\"\n"
    )
    interpreter.chmod(0o755)
    kernel = tmp_path / "kernels" / "roastery"
    kernel.mkdir(parents=True)
    spec = {"argv": [str(interpreter), "-m", "ipykernel"], "language": "python", "display_name": "Roastery"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return known


def test_they_are_read_through_the_interpreter_of_the_kernel(pins, roastery):
    found = pins(("step:a", "import beans\nimport click"), kernel="roastery")
    assert rows(found)["coffee"] == ("7", "imported in cell 1")
    assert [each.code for each in found.problems] == ["NB401"]


def test_what_is_installed_from_a_folder_has_no_version_to_pin(pins, roastery):
    (roastery / "direct_url.json").write_text('{"url": "file:///beans", "dir_info": {"editable": true}}')
    found = pins(("step:a", "1"), ("step:b", "x = 1\nimport beans"), kernel="roastery")
    assert [(each.code, each.cell, each.line) for each in found.problems] == [("NB402", 2, 2)]
    assert "coffee" not in rows(found)


def test_a_kernel_that_is_not_here_pins_nothing_and_says_so(pins):
    found = pins(("step:a", "import click"), kernel="no-such-kernel")
    assert [each.code for each in found.problems] == ["NB403"]
    assert found.text == ""


def test_the_bundle_does_not_depend_on_them(notebook):
    path = notebook(("step:a", "import click"))
    assert read_contents(path).version == read_contents(path).version
    assert "requirements.lock" not in read_contents(path).files
