"""Which notebook a cell stands in, as far as the front end tells."""

from __future__ import annotations

import sys

import pytest

from nb2ops.errors import UsageError
from nb2ops.widgets.place import own_notebook

# who tells -> what is told, relative to the kernel's folder or not
TOLD = [
    ("JPY_SESSION_NAME", "{folder}/sales.ipynb"),
    ("JPY_SESSION_NAME", "reports/sales.ipynb"),  # as seen from the server's root
    ("__vsc_ipynb_file__", "{folder}/sales.ipynb"),
]
NOT_TOLD = [None, "{folder}/gone.ipynb", "{folder}/console", "{folder}/folder.ipynb"]


@pytest.fixture
def tell(tmp_path, monkeypatch):
    (tmp_path / "sales.ipynb").touch()
    (tmp_path / "folder.ipynb").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    def tell(name: str, told: str | None) -> None:
        if told is None:
            return
        told = told.format(folder=tmp_path)
        if name.isupper():
            monkeypatch.setenv(name, told)
        else:
            monkeypatch.setattr(sys.modules["__main__"], name, told, raising=False)

    return tell


@pytest.mark.parametrize(("name", "told"), TOLD)
def test_a_front_end_that_tells_it_is_believed(tell, tmp_path, name, told):
    tell(name, told)
    assert own_notebook() == tmp_path / "sales.ipynb"


@pytest.mark.parametrize("told", NOT_TOLD)
def test_without_a_notebook_that_is_there_the_path_is_asked_for(tell, told):
    tell("JPY_SESSION_NAME", told)
    with pytest.raises(UsageError, match=r'nb2ops\.ui\("sales\.ipynb"\)'):
        own_notebook()
