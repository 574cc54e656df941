"""A folder from which `docker build` makes an image that runs one deployed bundle."""

from __future__ import annotations

import sys
from pathlib import Path

from nb2ops.compiler.folder import read_files, write_file
from nb2ops.errors import UsageError
from nb2ops.model import Pipeline
from nb2ops.orchestration.deploying import Parcel
from nb2ops.orchestration.pinning import LOCK, Pins, lock_of
from nb2ops.orchestration.store import SHOWN_DIGITS
from nb2ops.runtime.kernels import DEFAULT_KERNEL

RUNTIME_LOCK = "nb2ops.lock"
HOME = "/home/nb2ops/store"
MARK = "# Written by nb2ops deploy --docker"
DOCKERFILE = """\
{mark}: notebook {notebook}, version {version}.
FROM python:{python}-slim
RUN useradd --create-home --uid 1000 nb2ops
COPY {runtime_lock} {lock} /tmp/locks/
RUN python -m venv /opt/nb2ops && /opt/nb2ops/bin/pip install --no-cache-dir -r /tmp/locks/{runtime_lock} \\
 && python -m venv /opt/kernel && /opt/kernel/bin/pip install --no-cache-dir -r /tmp/locks/{lock} \\
 && /opt/kernel/bin/python -m ipykernel install --prefix /opt/nb2ops --name {kernel}
ENV PATH=/opt/nb2ops/bin:$PATH NB2OPS_HOME={home} PYTHONUNBUFFERED=1
USER nb2ops
RUN mkdir -m 700 {home}
COPY --chown=nb2ops:nb2ops bundle {home}/bundles/{folder}
WORKDIR /home/nb2ops
"""


def write_image(folder: Path, parcel: Parcel, pipeline: Pipeline, pins: Pins | None, kernel: str | None) -> Path:
    """Write a Dockerfile with all it copies, and return its path.

    The image runs as a user of its own, with every package pinned: what nb2ops needs as in this environment, what the
    notebook needs as in its kernel's.

    Args:
        folder: where to; an older one of ours is replaced.
        parcel: the bundle in the store.
        pipeline: what it runs.
        pins: what the notebook needs.
        kernel: name of the kernel; else the notebook's.

    Raises:
        UsageError: something cannot be pinned, or a Dockerfile that nb2ops did not write is in the way.
    """
    if pins is None or not pins.text:
        why = str(pins.problems[0]) if pins else "Deploy the notebook itself, a Python one."
        raise UsageError(f"--docker: what {pipeline.notebook} needs cannot be pinned. {why}")
    path = folder / "Dockerfile"
    if path.exists() and not path.read_text(encoding="utf-8").startswith(MARK):
        raise UsageError(f"{path} was not written by nb2ops. Move it away, or choose another folder.")
    text = DOCKERFILE.format(
        mark=MARK,
        notebook=pipeline.notebook,
        version=parcel.version,
        python=pins.python,
        lock=LOCK,
        runtime_lock=RUNTIME_LOCK,
        kernel=kernel or pipeline.kernel or DEFAULT_KERNEL,
        home=HOME,
        folder=parcel.version[:SHOWN_DIGITS],
    )
    runtime = lock_of("nb2ops", sys.executable)
    for name, content in read_files(parcel.folder).items():
        write_file(folder / "bundle" / name, content)
    write_file(folder / LOCK, pins.text.encode())
    write_file(folder / RUNTIME_LOCK, runtime.encode())
    write_file(path, text.encode())
    return path
