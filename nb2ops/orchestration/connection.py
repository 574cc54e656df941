"""Where Prefect's API is and how to be let in.

Found without importing Prefect, which costs 1.3 CPU-seconds: the environment first, then the active profile, as
Prefect itself does it.
"""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from nb2ops.errors import ServiceError

CLOUD_API = "https://api.prefect.cloud/api/accounts/"
CLOUD_UI = "https://app.prefect.cloud/account/"
SETTINGS = ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING")
LOCAL = "local server"
CHOSEN = "PREFECT_API_URL"


@dataclass(frozen=True, slots=True)
class Connection:
    """Prefect's API.

    Attributes:
        url: the address, ending in `/api` for a server of one's own.
        origin: where it was said: "PREFECT_API_URL", "profile NAME" or "local server".
        auth: user and password of a server with basic auth, as `user:password`.
        key: the API key of Prefect Cloud.
    """

    url: str
    origin: str
    auth: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What every request must carry."""
        if self.key:
            return {"Authorization": f"Bearer {self.key}"}
        if self.auth:
            return {"Authorization": f"Basic {base64.b64encode(self.auth.encode()).decode()}"}
        return {}

    @property
    def environment(self) -> dict[str, str]:
        """The settings for a process that imports Prefect."""
        chosen = dict(zip(SETTINGS, (self.url, self.key, self.auth), strict=True))
        return {name: value for name, value in chosen.items() if value}

    @property
    def loopback(self) -> bool:
        """Whether the API is on this machine, where a proxy has no business."""
        return urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}

    def page(self, path: str) -> str:
        """Return the address of a page of Prefect's own UI.

        Example:
            >>> Connection("http://127.0.0.1:4200/api", "local server").page("runs/flow-run/7")
            'http://127.0.0.1:4200/runs/flow-run/7'
        """
        if self.url.startswith(CLOUD_API):
            root = self.url.replace(CLOUD_API, CLOUD_UI).replace("/workspaces/", "/workspace/")
        else:
            root = os.environ.get("PREFECT_UI_URL") or self.url.removesuffix("/api")
        return f"{root.rstrip('/')}/{path}"

    @property
    def command(self) -> str:
        """What to type for a server of nb2ops's own, where this one does not answer."""
        if self.origin == LOCAL:
            return "nb2ops up"
        return "unset PREFECT_API_URL" if self.origin == CHOSEN else "prefect config unset PREFECT_API_URL"

    @property
    def remedy(self) -> str:
        """What to do when it does not answer, as a sentence."""
        if self.origin == LOCAL:
            return "Type `nb2ops up`; `nb2ops doctor` says more."
        return f"Start that server, or type `{self.command}` so that nb2ops runs one of its own."

    def __str__(self) -> str:
        return f"{self.url} ({self.origin})"


def configured() -> Connection | None:
    """Return the API that the user chose, None where nothing is said: then nb2ops runs a server of its own."""
    profile, settings = _active_profile()
    said = {**settings, **{name: os.environ[name] for name in SETTINGS if os.environ.get(name)}}
    if not said.get("PREFECT_API_URL"):
        return None
    origin = CHOSEN if os.environ.get("PREFECT_API_URL") else f"profile {profile}"
    url, credentials = _without_credentials(said["PREFECT_API_URL"].rstrip("/"))
    auth = said.get("PREFECT_API_AUTH_STRING") or credentials
    return Connection(url, origin, auth, said.get("PREFECT_API_KEY"))


def _without_credentials(url: str) -> tuple[str, str | None]:
    """Return an address that may be shown, and the `user:password` that it held.

    Example:
        >>> _without_credentials("https://ann:secret@prefect.example:4200/api")
        ('https://prefect.example:4200/api', 'ann:secret')
    """
    parts = urlsplit(url)
    credentials, at, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=place)), unquote(credentials) if at else None


def _active_profile() -> tuple[str, Mapping[str, str]]:
    """Return name and settings of Prefect's active profile."""
    folder = Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser()
    path = Path(os.environ.get("PREFECT_PROFILES_PATH") or folder / "profiles.toml")
    try:
        content: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "", {}
    except tomllib.TOMLDecodeError as error:
        raise ServiceError(f"{path}: not TOML ({error}). Mend it, or set PREFECT_API_URL.") from error
    name = os.environ.get("PREFECT_PROFILE") or content.get("active", "")
    return name, content.get("profiles", {}).get(name, {})
