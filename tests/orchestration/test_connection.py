"""Which API the user chose, and what of it may be shown."""

from __future__ import annotations

import pytest

from nb2ops.orchestration.connection import configured


@pytest.fixture
def chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch.setenv


def test_nothing_said_is_none(chosen):
    assert configured() is None


def test_the_environment_comes_before_the_profile(chosen, tmp_path):
    (tmp_path / "profiles.toml").write_text('active = "team"\n[profiles.team]\nPREFECT_API_URL = "http://team:1/api"\n')
    assert str(configured()) == "http://team:1/api (profile team)"
    chosen("PREFECT_API_URL", "http://mine:2/api/")
    assert str(configured()) == "http://mine:2/api (PREFECT_API_URL)"


@pytest.mark.parametrize(
    ("url", "auth", "shown", "used"),
    [
        ("http://ann:s%40cret@host:1/api", None, "http://host:1/api", "ann:s@cret"),
        ("http://ann:secret@host/api", "bob:other", "http://host/api", "bob:other"),
        ("http://host/api", None, "http://host/api", None),
    ],
)
def test_a_password_in_the_address_is_used_and_never_shown(chosen, url, auth, shown, used):
    chosen("PREFECT_API_URL", url)
    if auth:
        chosen("PREFECT_API_AUTH_STRING", auth)
    found = configured()
    assert (found.url, found.auth, found.page("runs").startswith("http://host")) == (shown, used, True)
    assert "secret" not in repr(found)
