"""Lists of 25 with 10,000 in the database, through the extension of a Jupyter server; jupyter-scheduler beside it.

Both are asked as their own panels ask: nb2ops for health, runs and deployments at once, jupyter-scheduler for the
newest jobs. While several panels ask, `tests.benchmarks.ticking` measures how long the event loop is held up, which is
how long everything else of the server waits: kernels' messages, saving.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import httpx

from nb2ops.orchestration.connection import Connection
from nb2ops.runtime.processes import wait_until
from tests.history import History, copy_runs

COUNT = 10_000
PANELS = 4
ROUNDS = 20
"""How often each panel asks; the figures are of all answers."""
NB2OPS = ("nb2ops/api/runs?limit=25", "nb2ops/api/deployments?history=20", "nb2ops/api/health")
SCHEDULER = ("scheduler/jobs?max_items=25&sort_by=desc(create_time)",)
STARTS_WITHIN = 120.0


@dataclass(frozen=True)
class Peer:
    """A Jupyter server with one extension, and what its panel asks for; the list stands first."""

    extension: str
    questions: Sequence[str]
    client: httpx.Client

    def seconds(self, question: str) -> float:
        """Return how long an answer takes."""
        begun = time.perf_counter()
        self.client.get(question).raise_for_status()
        return time.perf_counter() - begun

    def stall(self) -> dict[str, float]:
        """Return the longest that the event loop was held up since this was asked last, in ms."""
        found: dict[str, float] = self.client.get("ticking").raise_for_status().json()
        return found


def lists(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """(h) The list of runs with 10,000 of them, and what it does to the Jupyter server's event loop."""
    os.environ.update(NB2OPS_HOME=str(folder / "home"), PREFECT_HOME=str(folder / "home" / "client"))
    subprocess.run([sys.executable, "-m", "nb2ops", "up"], check=True, stdout=subprocess.DEVNULL)
    try:
        _fill_prefect(folder / "home" / "prefect" / "prefect.db")
        with _jupyter(folder / "nb2ops", "nb2ops.lab", NB2OPS) as ours:
            if find_spec("jupyter_scheduler") is None:
                return _figures([ours])
            _fill_scheduler(folder / "scheduler")
            with _jupyter(folder / "scheduler", "jupyter_scheduler", SCHEDULER) as theirs:
                return _figures([ours, theirs])
    finally:
        subprocess.run([sys.executable, "-m", "nb2ops", "down"], check=True, stdout=subprocess.DEVNULL)


def _figures(peers: Sequence[Peer]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for peer in peers:  # imports, connections, caches
        for question in peer.questions * 3:
            peer.seconds(question)
    alone: dict[str, list[float]] = {peer.extension: [] for peer in peers}
    for _ in range(ROUNDS * 2):
        for peer in peers:
            alone[peer.extension].append(peer.seconds(peer.questions[0]))
    for peer in peers:
        peer.stall()
        time.sleep(2)
        idle = peer.stall()
        with ThreadPoolExecutor(PANELS) as panels:
            waited = [each for panel in panels.map(_ask, [peer] * PANELS) for each in panel]
        held = peer.stall()
        name = peer.extension
        result[f"{name}: list, ms (median, 95 %)"] = _spread(alone[name])
        result[f"{name}: list while {PANELS} panels ask, ms"] = _spread(waited)
        result[f"{name}: loop held up, ms: idle"] = {each: round(value, 1) for each, value in idle.items()}
        result[f"{name}: loop held up, ms: load"] = {each: round(value, 1) for each, value in held.items()}
    if len(peers) == 2:
        ours, theirs = (median(alone[peer.extension]) for peer in peers)
        result["nb2ops / jupyter-scheduler: list"] = round(ours / theirs, 2)
    return result


def _ask(peer: Peer) -> list[float]:
    """Ask as one panel: everything at once, again and again; return the seconds for each list."""
    with ThreadPoolExecutor(len(peer.questions)) as questions:
        return [next(iter(questions.map(peer.seconds, peer.questions))) for _ in range(ROUNDS)]


def _spread(seconds: Sequence[float]) -> tuple[float, float]:
    return round(median(seconds) * 1000, 1), round(quantiles(seconds, n=20)[-1] * 1000, 1)


def _fill_prefect(database: Path) -> None:
    history = History(_connected())
    deployments = [history.deployment(f"report_{number}.ipynb", "nb2ops", {"interval": 3600}) for number in range(10)]
    runs = [
        history.run(f"report_{number}.ipynb", state, deployment=deployment)
        for number, deployment in enumerate(deployments)
        for state in ("Completed", "Failed")
    ]
    copy_runs(database, runs, COUNT, timedelta(minutes=10))


def _connected() -> Connection:
    from nb2ops.orchestration.services import connect

    return connect()


def _fill_scheduler(folder: Path) -> None:
    from jupyter_scheduler.orm import Job, create_session, create_tables

    address = f"sqlite:///{folder / 'data' / 'scheduler.sqlite'}"
    (folder / "data").mkdir(parents=True)
    create_tables(address)
    common: dict[str, Any] = {
        "runtime_environment_name": "python3",
        "input_filename": "report.ipynb",
        "output_formats": ["ipynb"],
        "output_filename_template": "{{input_filename}}-{{create_time}}",
        "status": "COMPLETED",
    }
    with create_session(address)() as session:
        session.add_all(
            Job(job_id=str(uuid4()), name=f"job {number}", create_time=number, start_time=number, **common)
            for number in range(COUNT)
        )
        session.commit()


@contextmanager
def _jupyter(folder: Path, extension: str, questions: Sequence[str]) -> Iterator[Peer]:
    """Run a Jupyter server with an extension, and nothing of the user's."""
    for name in ("config", "data", "runtime", "notebooks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    others = {"nb2ops.lab": False, "jupyter_scheduler": False, "jupyterlab": False}
    extensions = json.dumps({**others, extension: True, "tests.benchmarks.ticking": True})
    (folder / "config" / "jupyter_server_config.json").write_text(
        f'{{"ServerApp": {{"jpserver_extensions": {extensions}}}}}'
    )
    environment = {f"JUPYTER_{name.upper()}_DIR": str(folder / name) for name in ("config", "data", "runtime")}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"],
            cwd=folder / "notebooks",
            env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=log,
            stderr=log,
        )
    try:
        runtime = folder / "runtime"
        assert wait_until(lambda: _answers(runtime), STARTS_WITHIN), (folder / "log").read_text()
        known = json.loads(next(runtime.glob("jpserver-*.json")).read_text())
        headers = {"Authorization": f"token {known['token']}"}
        with httpx.Client(base_url=known["url"], headers=headers, timeout=STARTS_WITHIN) as client:
            yield Peer(extension, questions, client)
    finally:
        server.terminate()
        server.wait(timeout=STARTS_WITHIN)


def _answers(runtime: Path) -> bool:
    try:
        known = json.loads(next(runtime.glob("jpserver-*.json")).read_text())
        return httpx.get(f"{known['url']}api").is_success
    except (StopIteration, ValueError, httpx.TransportError):
        return False
