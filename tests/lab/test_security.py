"""What the extension refuses: strangers, readers who want to act, paths that lead out, bodies of the wrong kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jupyter_server.auth import Authorizer

from nb2ops.lab.routes import ID, ROUTES
from tests.lab.asking import Fetch, ask, send
from tests.notebooks import write_notebook

SOME = str(UUID(int=1))
VERBS = ("get", "post", "patch", "delete")
ALL = [
    (method.upper(), path.replace(ID, SOME))
    for path, handler in ROUTES.items()
    for method in VERBS
    if method in vars(handler)
]
READING = {"tags", "schedule/preview"}
"""What is posted and changes nothing."""


def test_all_endpoints_are_tested() -> None:
    assert len(ALL) == 22, "a verb that is new: say above whether it changes nothing, then count it"


def body_of(method: str) -> dict[str, str]:
    return {"body": "{}"} if method in {"POST", "PATCH"} else {}


async def test_no_token_no_answer(jp_fetch: Fetch) -> None:
    for method, endpoint in ALL:
        options = {"method": method, "headers": {"Authorization": ""}, **body_of(method)}
        status, fault = await ask(jp_fetch, endpoint, **options)
        assert (status, fault["code"]) == (403, "forbidden"), (method, endpoint)


class Reader(Authorizer):
    """Lets everybody read, and nobody do anything else."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        assert resource == "nb2ops"
        return action == "read"


async def test_a_reader_may_look_and_not_act(jp_fetch: Fetch, jp_web_app: Any, no_prefect: None) -> None:
    jp_web_app.settings["authorizer"] = Reader(parent=None)
    for method, endpoint in ALL:
        status, _ = await ask(jp_fetch, endpoint, method=method, **body_of(method))
        may = method == "GET" or endpoint in READING
        assert (status != 403) == may, (method, endpoint)


async def test_a_reader_may_have_tags_proposed_and_not_written(
    jp_fetch: Fetch, jp_web_app: Any, jp_root_dir: Path
) -> None:
    path = write_notebook(jp_root_dir / "nb.ipynb", *["x = 1", "print(x)"] * 3)
    before = path.read_bytes()
    jp_web_app.settings["authorizer"] = Reader(parent=None)
    assert (await send(jp_fetch, "POST", "tags", {"path": "nb.ipynb", "every": 2}))[0] == 200
    status, fault = await send(jp_fetch, "POST", "tags", {"path": "nb.ipynb", "every": 2, "write": True})
    assert (status, fault["code"], path.read_bytes()) == (403, "forbidden", before)


@pytest.fixture
def cookie(jp_http_port: int, jp_web_app: Any) -> Callable[[], dict[str, str]]:
    """The headers of a browser that is logged in and sends no token of its own."""

    def make() -> dict[str, str]:
        from tornado.web import create_signed_value

        user = json.dumps(
            {
                "username": "ada",
                "name": "Ada",
                "display_name": "Ada",
                "initials": "A",
                "avatar_url": None,
                "color": None,
            }
        )
        secret = jp_web_app.settings["cookie_secret"]
        names = [f"username-{host}-{jp_http_port}" for host in ("127-0-0-1", "localhost")]
        cookies = [f"{name}={create_signed_value(secret, name, user).decode()}" for name in names]
        return {"Authorization": "", "Cookie": "; ".join(cookies)}

    return make


async def test_a_page_from_elsewhere_that_rides_on_the_cookie(
    jp_fetch: Fetch, no_prefect: None, cookie: Callable[[], dict[str, str]]
) -> None:
    assert (await ask(jp_fetch, "health", headers=cookie()))[0] == 200
    for method, endpoint in ALL:
        if method != "GET":
            status, fault = await ask(jp_fetch, endpoint, method=method, headers=cookie(), **body_of(method))
            assert (status, fault["code"]) == (403, "forbidden"), (method, endpoint)
            assert "_xsrf" in fault["message"], (method, endpoint)


@pytest.fixture
def outside(jp_root_dir: Path, tmp_path: Path) -> Iterator[Path]:
    """Notebooks where no client may reach: beside Jupyter's folder, behind a link, hidden."""
    sibling = jp_root_dir.with_name(f"{jp_root_dir.name}-more")
    sibling.mkdir()
    write_notebook(sibling / "nb.ipynb", "x = 1")
    (jp_root_dir / "link").symlink_to(sibling)
    (jp_root_dir / "link.ipynb").symlink_to(sibling / "nb.ipynb")
    (jp_root_dir / ".hidden").mkdir()
    write_notebook(jp_root_dir / ".hidden" / "nb.ipynb", "x = 1")
    (jp_root_dir / "seen.ipynb").symlink_to(jp_root_dir / ".hidden" / "nb.ipynb")
    return sibling


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("../{sibling}/nb.ipynb", 400),
        ("a/../../{sibling}/nb.ipynb", 400),
        ("{root}-more/nb.ipynb", 400),
        ("link/nb.ipynb", 400),
        ("link.ipynb", 400),
        ("RTC:../{sibling}/nb.ipynb", 400),
        ("/etc/passwd", 400),
        (".hidden/nb.ipynb", 404),
        ("seen.ipynb", 404),
        ("missing.ipynb", 404),
        ("", 400),
    ],
)
async def test_a_path_leads_to_notebooks_in_jupyters_folder_only(
    jp_fetch: Fetch, jp_root_dir: Path, outside: Path, path: str, status: int
) -> None:
    asked = path.format(sibling=outside.name, root=jp_root_dir)
    found = await ask(jp_fetch, "pipeline", params={"path": asked})
    assert (found[0], found[1]["field"]) == (status, "path")
    for endpoint in ("runs", "build", "deployments", "tags"):
        found = await send(jp_fetch, "POST", endpoint, {"path": asked})
        assert (found[0], found[1]["field"]) == (status, "path"), endpoint


async def test_a_bundle_is_not_built_outside(jp_fetch: Fetch, jp_root_dir: Path, outside: Path) -> None:
    write_notebook(jp_root_dir / "nb.ipynb", "x = 1")
    for folder in (f"../{outside.name}/new", "link/new", str(outside / "new")):
        status, fault = await send(jp_fetch, "POST", "build", {"path": "nb.ipynb", "folder": folder})
        assert (status, fault["field"]) == (400, "folder")
    assert [path.name for path in outside.iterdir()] == ["nb.ipynb"]


@pytest.mark.parametrize(
    ("endpoint", "body", "status", "field"),
    [
        ("runs", b"{", 400, None),
        ("runs", b"[]", 400, None),
        ("runs", b"[" * 100_000, 400, None),
        ("runs", b'{"path": "' + b"a" * 1_000_001 + b'"}', 413, None),
        ("runs", b'{"path": "a.ipynb", "sort": 1}', 400, "sort"),
        ("runs", b'{"path": "a.ipynb", "jobs": 0}', 400, "jobs"),
        ("runs", b'{"path": "a.ipynb", "timeout": "NaN"}', 400, "timeout"),
        ("build", b'{"path": 1}', 400, "path"),
        ("build", b'{"path": "nb\\u0000.ipynb"}', 400, "path"),
        ("deployments", b'{"path": "a.ipynb", "schedules": [{"cron": 1}]}', 400, "schedules.0.cron"),
        ("deployments", b'{"path": "a.ipynb", "overlap": "never"}', 400, "overlap"),
        ("schedule/preview", b'{"cron": "0 6 * * *", "when": 1}', 400, "when"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_body_is_what_the_endpoint_takes(
    jp_fetch: Fetch, endpoint: str, body: bytes, status: int, field: str | None
) -> None:
    found = await ask(jp_fetch, endpoint, method="POST", body=body)
    assert (found[0], found[1]["field"]) == (status, field)
