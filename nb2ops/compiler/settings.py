"""What a project says to nb2ops: `[tool.nb2ops]` of the next pyproject.toml above a notebook."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb2ops.errors import UsageError
from nb2ops.model import Json


@dataclass(frozen=True, slots=True)
class Project:
    """A project's settings.

    Attributes:
        file: the pyproject.toml, None where there is none.
        settings: its table `tool.nb2ops`.
    """

    file: Path | None = None
    settings: Json = field(default_factory=dict)

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of strings, empty where nothing is said.

        Raises:
            UsageError: something else is there.
        """
        found: Any = self.settings.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise UsageError(f'{self.file}: [tool.nb2ops] {key} is to be a list of strings, for example ["one"].')
        return tuple(found)


def read_project(folder: Path) -> Project:
    """Return the settings that hold in a folder.

    Raises:
        UsageError: the file is not TOML.
    """
    for parent in (folder.resolve(), *folder.resolve().parents):
        file = parent / "pyproject.toml"
        if file.is_file():
            return Project(file, _table(file))
    return Project()


def _table(file: Path) -> Json:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not TOML ({error}). Mend it: nb2ops looks for [tool.nb2ops] there.") from error
    found: Json = content.get("tool", {}).get("nb2ops", {})
    return found
