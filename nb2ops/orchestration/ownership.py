"""Whose deployment it is: owner, project and notebook, so that two notebooks of one name do not collide."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OWNER_VARIABLE = "NB2OPS_OWNER"
PROJECT_VARIABLE = "NB2OPS_PROJECT"
PATH_VARIABLE = "NB2OPS_PATH"
SOURCE_VARIABLE = "NB2OPS_SOURCE"
COMMIT_VARIABLE = "NB2OPS_COMMIT"
GIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a deployment comes from. `owner`, `project` and `path` say whose it is.

    Attributes:
        owner: who deploys: JupyterHub's user, else the login name.
        project: the name in pyproject.toml, else of the git repository; else the notebook's folder.
        path: the notebook's path inside the project.
        source: the digest of what the author wrote.
        commit: git's commit, with "+changes" where the notebook differs from it; None without git.
    """

    owner: str
    project: str
    path: str
    source: str
    commit: str | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What stays the same when the notebook is deployed again."""
        return self.owner, self.project, self.path

    @property
    def environment(self) -> dict[str, str]:
        """How a deployment carries it."""
        said = {
            OWNER_VARIABLE: self.owner,
            PROJECT_VARIABLE: self.project,
            PATH_VARIABLE: self.path,
            SOURCE_VARIABLE: self.source,
            COMMIT_VARIABLE: self.commit,
        }
        return {name: value for name, value in said.items() if value is not None}

    @property
    def names(self) -> Iterator[str]:
        """Endings that keep apart what would have the same name."""
        owner, project = (re.sub(r"[^\w-]+", "-", each).strip("-") for each in (self.owner, Path(self.project).name))
        yield owner
        yield f"{owner}-{project}"


def origin_of(notebook: Path, source: str) -> Origin:
    """Return where a notebook comes from.

    Args:
        notebook: its path.
        source: the digest of what the author wrote.
    """
    notebook = notebook.resolve()
    root, project = _project(notebook.parent)
    return Origin(current_owner(), project, notebook.relative_to(root).as_posix(), source, _commit(notebook))


def read_origin(environment: Mapping[str, str]) -> Origin | None:
    """Return the origin that a deployment carries, None where nb2ops did not make it."""
    if OWNER_VARIABLE not in environment:
        return None
    return Origin(
        environment[OWNER_VARIABLE],
        environment.get(PROJECT_VARIABLE, ""),
        environment.get(PATH_VARIABLE, ""),
        environment.get(SOURCE_VARIABLE, ""),
        environment.get(COMMIT_VARIABLE),
    )


def current_owner() -> str:
    """Return who deploys."""
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user-{os.getuid()}"


def _project(folder: Path) -> tuple[Path, str]:
    """Return the root of the project that a folder belongs to, with its name."""
    for parent in (folder, *folder.parents):
        name = _declared_name(parent / "pyproject.toml")
        if name or (parent / ".git").exists():
            return parent, name or parent.name
    return folder, str(folder)


def _declared_name(file: Path) -> str | None:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    name = content.get("tool", {}).get("nb2ops", {}).get("project") or content.get("project", {}).get("name")
    return str(name) if name else None


def _commit(notebook: Path) -> str | None:
    commit = _git(notebook.parent, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(notebook.parent, "status", "--porcelain", "--", notebook.name)
    return f"{commit[:12]}+changes" if changed else commit[:12]


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
