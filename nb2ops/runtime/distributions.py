"""Which installed distribution provides a module, in the environment of any interpreter."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, distributions

_TOP_LEVEL = re.compile(r"^(\w+)[/.]", re.MULTILINE)
"""The top-level module of a line of RECORD."""
_PROBE = """
import json, os, platform, sys
version = sys.implementation.version
markers = {
    "implementation_name": sys.implementation.name,
    "implementation_version": "%d.%d.%d" % version[:3],
    "os_name": os.name,
    "platform_machine": platform.machine(),
    "platform_python_implementation": platform.python_implementation(),
    "platform_release": platform.release(),
    "platform_system": platform.system(),
    "platform_version": platform.version(),
    "python_full_version": platform.python_version(),
    "python_version": "%d.%d" % sys.version_info[:2],
    "sys_platform": sys.platform,
}
print(json.dumps({"folders": sys.path, "standard": sorted(sys.stdlib_module_names), "markers": markers}))
"""
PROBE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Environment:
    """What an interpreter sees.

    Attributes:
        folders: where it looks for modules.
        standard: names of the standard library's modules.
        markers: the variables of requirements' environment markers.
    """

    folders: tuple[str, ...]
    standard: frozenset[str]
    markers: Mapping[str, str]


def environment_of(interpreter: str) -> Environment:
    """Ask an interpreter what it sees; nothing but the standard library is imported.

    Raises:
        OSError: it cannot be run, or does not answer as Python does.
    """
    try:
        done = subprocess.run(
            [interpreter, "-I", "-c", _PROBE], capture_output=True, text=True, timeout=PROBE_SECONDS, check=True
        )
        told = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise OSError(f"{interpreter} does not say what it sees: {error}") from error
    return Environment(tuple(told["folders"]), frozenset(told["standard"]), told["markers"])


def versions(packages: Mapping[str, str]) -> dict[str, str]:
    """Return distribution -> version of imported packages.

    Args:
        packages: top-level module -> the site-packages folder that holds it; of any interpreter.

    Example:
        >>> versions({"sklearn": "/opt/env/lib/python3.11/site-packages"})
        {'scikit-learn': '1.9.0'}
    """
    found = [each for name, folder in packages.items() for each in _providers(folder).get(name, ())]
    return dict(sorted({named(each) for each in found}))


def providers(module: str, environment: Environment) -> list[Distribution]:
    """Return the distributions that install a top-level module where an interpreter looks for it first."""
    for folder in environment.folders:
        found = _providers(folder).get(module)
        if found:
            return found
    return []


@lru_cache(maxsize=4096)
def named(distribution: Distribution) -> tuple[str, str]:
    """Return a distribution's name and version; its metadata, texts of many pages, are parsed once."""
    metadata = distribution.metadata
    return metadata["Name"], metadata["Version"]


@lru_cache(maxsize=8)
def _providers(folder: str) -> Mapping[str, list[Distribution]]:
    """Top-level module -> the distributions that install it into a folder."""
    found: dict[str, list[Distribution]] = {}
    for distribution in distributions(path=[folder]):
        for name in _modules(distribution):
            found.setdefault(name, []).append(distribution)
    return found


def _modules(distribution: Distribution) -> Iterable[str]:
    told = distribution.read_text("top_level.txt")
    if told is not None:
        return set(told.split())
    return set(_TOP_LEVEL.findall(distribution.read_text("RECORD") or ""))
