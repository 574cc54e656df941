"""Which steps of a notebook would run now, and why: what its author is told before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from nb2ops.compiler.bundle import write_bundle
from nb2ops.errors import UsageError
from nb2ops.model import Bundle
from nb2ops.orchestration.options import STORE, RunOptions, kept_at
from nb2ops.runtime.caching.foreseeing import foresee
from nb2ops.runtime.kernels import find_kernel


def foretell(bundle: Bundle, notebook: Path) -> Mapping[str, tuple[str, ...]] | None:
    """Return the steps that will run, each with the reasons that are known before.

    The others need not run unless a parameter, an input or a file has changed. None: no results are kept, or none can
    be used since the kernel is not installed.

    Args:
        bundle: what the notebook builds to.
        notebook: the source.
    """
    options = RunOptions(notebook=notebook.absolute(), cache=kept_at())
    if options.cache is None or not (notebook.absolute().parent / STORE).is_dir():
        return None
    pipeline, cache = bundle.pipeline, options.cache_folder
    if cache is None or not cache.is_dir():
        return None
    try:
        spec = find_kernel(pipeline.kernel, pipeline.language)
    except UsageError:
        return None
    with TemporaryDirectory(prefix="nb2ops-") as folder:
        write_bundle(bundle, Path(folder) / "bundle")
        options, preparation = options.prepared(Path(folder) / "bundle")
        seed = preparation.hash_seed or ""
        source = str(options.notebook)
        return foresee(pipeline, preparation.bundle, source, cache, spec, preparation.directory, seed)
