"""Links to what a run left: by the sidebar's command and by the path from the kernel's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.widgets import links


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_below_the_kernels_folder_is_linked_by_its_relative_path(here):
    made = links.link(here / ".nb2ops" / "a b" / "<x>.ipynb", "open", links.EXECUTED, "7f")
    assert 'href=".nb2ops/a%20b/%3Cx%3E.ipynb"' in made
    assert "<x>" not in made
    assert 'data-commandlinker-command="nb2ops:open-executed-notebook"' in made
    assert 'data-commandlinker-args="{&quot;id&quot;: &quot;7f&quot;}"' in made
    assert made.endswith(">open</a>")


def test_a_file_elsewhere_is_told_and_not_linked(here):
    elsewhere = here.parent / "store" / "nb.ipynb"
    assert links.link(elsewhere, "a<b", links.REPORT, "7f") == f'<span title="{elsewhere}">a&lt;b</span>'
    assert links.from_here(elsewhere) == elsewhere


def test_the_sidebar_has_the_commands():
    commands = (Path(__file__).parents[2] / "labextension" / "src" / "commands.ts").read_text()
    assert f"'{links.EXECUTED}'" in commands
    assert f"'{links.REPORT}'" in commands
