"""From a notebook to what is deployed: compiled, built, kept in the store, with what its runs will look for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nb2ops.compiler.bundle import build_bundle
from nb2ops.compiler.compilation import Compilation, compile_notebook
from nb2ops.compiler.folder import read_files, read_manifest
from nb2ops.compiler.imports import imported_modules
from nb2ops.compiler.reads import Read, literal_reads
from nb2ops.model import Pipeline, Problem
from nb2ops.orchestration.deploying import Parcel
from nb2ops.orchestration.ownership import origin_of
from nb2ops.orchestration.pinning import Pins, keep_pins, pin
from nb2ops.orchestration.store import keep
from nb2ops.wire import read_pipeline

BUNDLED = "files/"


@dataclass(frozen=True, slots=True)
class Contents:
    """A bundle that is not yet in the store.

    Attributes:
        pipeline: what it runs.
        files: relative path -> content.
        version: its digest.
        notebook: the source notebook, None for a bundle that was built before.
        compilation: what is known of the notebook, None for a bundle that was built before.
    """

    pipeline: Pipeline
    files: Mapping[str, bytes]
    version: str
    notebook: Path | None = None
    compilation: Compilation | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found in the notebook."""
        return self.compilation.problems if self.compilation else ()


def read_contents(target: Path) -> Contents:
    """Return what a notebook builds to, or what a bundle's folder holds. Nothing is written.

    Raises:
        InvalidNotebook: the notebook has errors.
        UsageError: the folder is no bundle.
    """
    if target.is_dir():
        files = read_files(target)
        return Contents(read_pipeline(target), files, read_manifest(target)[0])
    compilation = compile_notebook(target)
    bundle = build_bundle(compilation, target.parent)
    return Contents(bundle.pipeline, bundle.files, bundle.digest, target.absolute(), compilation)


def pack(contents: Contents, target: Path, pins: Pins | None = None) -> Parcel:
    """Put a bundle and its pins into the store.

    Args:
        contents: the bundle.
        target: the notebook or folder that was named: whose it is follows from its place.
        pins: what it needs.

    Raises:
        UsageError: the store holds something else under that name.
    """
    folder = keep(contents.files, contents.version)
    notebook = contents.notebook or (target / contents.pipeline.notebook).absolute()
    origin = origin_of(notebook, contents.pipeline.digest)
    if pins:
        keep_pins(pins)
    return Parcel(folder, contents.version, notebook, origin, pins.version if pins else None)


def reads_of(contents: Contents, directory: Path | None) -> tuple[Read, ...]:
    """Return the files that the notebook's runs will look for; none are known of a bundle that was built before.

    Args:
        contents: the bundle.
        directory: the working directory; else the notebook's folder.
    """
    if contents.compilation is None or contents.notebook is None:
        return ()
    bundled = {path.removeprefix(BUNDLED) for path in contents.files if path.startswith(BUNDLED)}
    return literal_reads(contents.compilation, directory or contents.notebook.parent, bundled)


def pins_of(contents: Contents, kernel: str | None) -> Pins | None:
    """Return the pins of what a Python notebook imports; None for a bundle that was built before.

    Args:
        contents: the bundle.
        kernel: the kernel in place of the notebook's.
    """
    if contents.compilation is None or contents.notebook is None or contents.pipeline.language != "python":
        return None
    imports = imported_modules(contents.compilation, contents.notebook.parent)
    return pin(imports, kernel or contents.pipeline.kernel, contents.pipeline.notebook)
