"""Which installed packages this kernel has imported."""

from __future__ import annotations

import sys
from os.path import basename, dirname
from types import ModuleType


def imported_packages() -> dict[str, str]:
    """Return the top-level modules of installed packages: name -> the site-packages folder that holds it.

    Example:
        >>> imported_packages()
        {'numpy': '/opt/env/lib/python3.11/site-packages', ...}
    """
    found = {name: _site_folder(module) for name, module in list(sys.modules.items()) if "." not in name}
    return {name: folder for name, folder in found.items() if folder}


def _site_folder(module: object) -> str | None:
    if not isinstance(module, ModuleType):
        return None
    known = vars(module)  # never getattr: a lazy module would import
    places = list(known.get("__path__") or ()) or [known.get("__file__")]
    folder = dirname(places[0]) if isinstance(places[0], str) else ""
    return folder if basename(folder) in ("site-packages", "dist-packages") else None
