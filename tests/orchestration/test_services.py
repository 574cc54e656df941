from __future__ import annotations

import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer
from uuid import uuid4

import pytest

from nb2ops.errors import ServiceError, UsageError
from nb2ops.orchestration import doctor, home, services, serving
from nb2ops.orchestration.api import check, request
from nb2ops.orchestration.connection import Connection
from nb2ops.orchestration.daemon import Daemon, Launch
from nb2ops.orchestration.deploying import Wish, deploy
from nb2ops.orchestration.packing import pack, read_contents
from nb2ops.orchestration.server import Server
from nb2ops.orchestration.worker import Worker, ensure_pool, run_limit
from nb2ops.runtime.processes import wait_until
from tests.refusing import refusing_server


@pytest.fixture
def no_prefect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    for name in [each for each in os.environ if each.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NB2OPS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    yield tmp_path / "home"
    services.down()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def processes_with(text: str) -> list[str]:
    lines = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if text in line]


class TestServer:
    def test_two_starts_share_one_server_that_only_its_owner_can_use_and_down_leaves_nothing(self, no_prefect):
        said: list[str] = []
        with ThreadPoolExecutor() as pool:
            first, second = pool.map(lambda _: services.ensure_server(said.append), range(2))
        port = f"--port {first.url.split(':')[2].removesuffix('/api')}"

        assert first == second
        assert sum(f"-m {serving.__name__} " in each and "keeper" not in each for each in processes_with(port)) == 1
        assert (mode(no_prefect), mode(no_prefect / "server.json")) == (0o700, 0o600)
        assert (mode(no_prefect / "prefect"), mode(no_prefect / "logs")) == (0o700, 0o700)
        assert "Starting the local Prefect server" in said[0]
        assert check(first) == check(second)
        with pytest.raises(ServiceError, match="refuses the credentials"):
            check(Connection(first.url, "somebody else"))

        assert services.down().server
        assert processes_with(port) == []
        assert services.status() == services.Services(None, None, None)
        assert services.down() == services.Services(None, None, None)

    def test_nothing_is_started_by_asking(self, no_prefect):
        with pytest.raises(ServiceError, match="nb2ops up"):
            services.connect()
        assert services.status().server is None

    def test_one_that_cannot_start_says_why(self, no_prefect, monkeypatch, tmp_path):
        (tmp_path / "prefect.py").write_text("raise SystemExit('fastapi does not fit')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(ServiceError, match=r"did not start; .*server\.log says why:\nfastapi does not fit"):
            Server(no_prefect).start(services.silent)


class TestChosenServer:
    @pytest.mark.parametrize("door", [services.ensure_server, services.up])
    def test_one_that_does_not_answer_is_an_error_with_a_remedy(self, no_prefect, monkeypatch, door):
        with socket.socket() as unheard:
            unheard.bind(("127.0.0.1", 0))
            monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{unheard.getsockname()[1]}/api")
            with pytest.raises(ServiceError, match=r"does not answer.*unset PREFECT_API_URL") as error:
                door()
        assert error.value.exit_code == 3
        assert services.status().server is None

    def test_the_profile_of_prefect_counts_as_a_choice(self, no_prefect, monkeypatch, prefect):
        profiles = f"""
            active = "work"
            [profiles.work]
            PREFECT_API_URL = "{prefect.url}"
            PREFECT_API_AUTH_STRING = "{prefect.auth}"
            """
        folder = Path(os.environ["PREFECT_HOME"])
        folder.mkdir()
        (folder / "profiles.toml").write_text(profiles)
        assert services.ensure_server().origin == "profile work"

    @pytest.mark.parametrize(
        ("url", "page"),
        [
            ("http://127.0.0.1:4200/api", "http://127.0.0.1:4200/runs/flow-run/7"),
            (
                "https://api.prefect.cloud/api/accounts/1/workspaces/2",
                "https://app.prefect.cloud/account/1/workspace/2/runs/flow-run/7",
            ),
        ],
    )
    def test_the_pages_of_its_user_interface(self, no_prefect, url, page):
        assert Connection(url, "test").page("runs/flow-run/7") == page


class TestForeground:
    def test_it_stays_and_stops_the_one_worker_that_two_ups_share(self, no_prefect, monkeypatch, prefect):
        for name, value in prefect.environment.items():
            monkeypatch.setenv(name, value)
        commands = ["up", "--foreground", "--limit", "3"], ["up", "--limit", "3"]
        staying, passing = [
            subprocess.Popen([sys.executable, "-m", "nb2ops", *each], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for each in commands
        ]
        assert passing.wait(120) == 0, passing.stdout.read()
        assert services.status().worker
        assert staying.poll() is None
        assert processes_with(f"--name {Worker(no_prefect).name} --limit 3")
        staying.send_signal(signal.SIGTERM)
        assert staying.wait(60) == 0
        assert services.status().worker is None

    @pytest.mark.parametrize(
        ("variable", "words"),
        [("JUPYTERHUB_USER", "JupyterHub"), ("KUBERNETES_SERVICE_HOST", "pod"), ("SHELL", None)],
    )
    def test_says_where_schedules_do_not_last(self, no_prefect, monkeypatch, variable, words):
        for name in services.PASSING:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(variable, "x")
        told = services.caveat()
        assert told is None if words is None else words in told


class TestDaemon:
    SLEEP = Launch([sys.executable, "-c", "import time; time.sleep(600)"], dict(os.environ))
    STUBBORN = Launch(
        [
            sys.executable,
            "-c",
            "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)",
        ],
        dict(os.environ),
    )

    def test_is_there_once_and_then_not_at_all(self, tmp_path):
        daemon = Daemon("sleeper", tmp_path)
        assert (daemon.running(), daemon.pid(), daemon.stop(5)) == (False, None, False)
        assert [daemon.start(lambda: self.SLEEP), daemon.start(lambda: self.SLEEP)] == [True, False]
        assert daemon.running()
        assert os.getsid(daemon.pid()) == daemon.pid()
        assert daemon.stop(5)
        assert not daemon.running()

    def test_a_stranger_with_its_old_number_is_left_alone(self, tmp_path):
        stranger = subprocess.Popen(["sleep", "600"])
        daemon = Daemon("sleeper", tmp_path)
        daemon.lock.write_text(str(stranger.pid))
        assert (daemon.pid(), daemon.stop(5)) == (None, False)
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    def test_one_that_does_not_want_to_end_is_killed(self, tmp_path):
        daemon = Daemon("stubborn", tmp_path)
        daemon.start(lambda: self.STUBBORN)
        assert wait_until(lambda: daemon.last_words() != "", 10)
        assert daemon.stop(0.1)
        assert not daemon.running()

    def test_who_only_asks_keeps_nobody_from_starting_it(self, tmp_path):
        daemon = Daemon("sleeper", tmp_path)
        daemon.lock.touch()
        asking = os.open(daemon.lock, os.O_RDONLY)
        fcntl.flock(asking, fcntl.LOCK_SH)
        Timer(0.2, os.close, [asking]).start()
        assert daemon.start(lambda: self.SLEEP)
        assert daemon.stop(5)


class TestWorker:
    def test_of_another_prefect_is_refused_and_goes_on(self, prefect, tmp_path):
        worker = Worker(tmp_path)
        worker.daemon.start(lambda: TestDaemon.SLEEP)
        (tmp_path / "worker.json").write_text('{"api": "http://elsewhere:4200/api"}')
        with pytest.raises(ServiceError, match=r"works for Prefect at http://elsewhere:4200/api.*nb2ops down"):
            worker.start(prefect)
        assert worker.stop()

    def test_of_another_limit_is_refused_where_one_is_said_and_goes_on(self, prefect, tmp_path):
        worker = Worker(tmp_path)
        worker.daemon.start(lambda: TestDaemon.SLEEP)
        (tmp_path / "worker.json").write_text(f'{{"api": "{prefect.url}", "limit": 4}}')
        assert [worker.start(prefect, limit) for limit in (None, 4)] == [False, False]
        with pytest.raises(ServiceError, match=r"at most 4 runs at once, not 8\..*`nb2ops up --limit 8`"):
            worker.start(prefect, 8)
        assert worker.stop()

    @pytest.mark.parametrize(("said", "limit"), [("1", 1), ("20", 20)])
    def test_has_as_many_runs_at_once_as_is_said(self, monkeypatch, said, limit):
        monkeypatch.setenv("NB2OPS_WORKER_LIMIT", said)
        assert run_limit() == limit

    @pytest.mark.parametrize("said", ["0", "-1", "many", "1.5"])
    def test_a_limit_that_is_none_is_refused(self, monkeypatch, said):
        monkeypatch.setenv("NB2OPS_WORKER_LIMIT", said)
        with pytest.raises(UsageError, match=f'NB2OPS_WORKER_LIMIT is "{said}"'):
            run_limit()

    def test_without_a_word_the_processors_decide(self, monkeypatch):
        monkeypatch.delenv("NB2OPS_WORKER_LIMIT", raising=False)
        assert run_limit() >= 4


class TestHome:
    def test_a_folder_that_others_may_enter_is_refused_and_left_as_it_is(self, monkeypatch, tmp_path):
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(0o755)
        monkeypatch.setenv("NB2OPS_HOME", str(shared))
        with pytest.raises(UsageError, match=f"chmod 700 {shared}"):
            home.home()
        assert mode(shared) == 0o755

    def test_the_signing_key_is_the_given_one_or_made_once(self, no_prefect, monkeypatch):
        with ThreadPoolExecutor() as pool:
            (made,) = set(pool.map(lambda _: home.signing_key(), range(8)))
        assert len(made) == 64
        assert mode(no_prefect / "signing.key") == 0o600
        monkeypatch.setenv("NB2OPS_SIGNING_KEY", "given")
        assert home.signing_key() == "given"


class TestDoctor:
    def test_says_how_kernels_are_started(self, no_prefect, monkeypatch):
        assert doctor.diagnose()[0].text == "Kernels of python3 are forked ahead of need."
        monkeypatch.setenv("NB2OPS_KERNELS", "ordinary")
        assert doctor.diagnose()[0].text.endswith("not forked ahead of need: NB2OPS_KERNELS is ordinary.")

    def test_names_the_way_out_of_the_api_that_was_chosen(self, no_prefect, monkeypatch):
        monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
        _kernels, finding = doctor.diagnose()
        assert (finding.ok, finding.remedy) == (False, "unset PREFECT_API_URL")

    def test_says_what_to_type(self, no_prefect):
        _kernels, finding = doctor.diagnose()
        assert (finding.ok, finding.remedy) == (False, "nb2ops up")
        assert "No Prefect server runs here" in finding.text
        assert services.status().server is None

    def test_finds_a_server_that_is_older_than_the_client(self, no_prefect, monkeypatch):
        with refusing_server(version="3.0.0") as server:
            monkeypatch.setenv("PREFECT_API_URL", server.url)
            _kernels, answers, older, _pool = doctor.diagnose()
        assert (answers.ok, older.ok, older.remedy) == (True, False, 'pip install "prefect==3.0.0"')
        assert f"newer than the server at {server.url} (PREFECT_API_URL) (3.0.0)" in older.text

    def test_finds_the_paused_pool(self, prefect):
        request(prefect, "POST", "/work_pools/", {"name": "halted", "type": "process", "is_paused": True})
        _kernels, server, pool = doctor.diagnose("halted")
        assert server.ok
        assert (pool.ok, pool.remedy) == (False, "prefect work-pool resume halted")

    def test_finds_that_nobody_works(self, prefect):
        ensure_pool(prefect, "idle")
        _kernels, server, worker = doctor.diagnose("idle")
        assert server.ok
        assert (worker.ok, worker.remedy) == (False, "prefect worker start --pool idle")

    def test_looks_at_the_pools_of_ones_own_deployments(self, prefect, notebook, monkeypatch):
        for owner, pool in (("ann", "pool-of-ann"), ("bob", "pool-of-bob")):
            monkeypatch.setenv("JUPYTERHUB_USER", f"{owner}-{uuid4().hex[:8]}")  # no other test's deployments
            path = notebook(("step:a", "x = 1"), name="looked-at.ipynb")
            deploy(prefect, pack(read_contents(path), path), Wish(pool=pool))
        findings = [each for each in doctor.diagnose() if not each.ok]
        assert [each.remedy for each in findings] == ["prefect worker start --pool pool-of-bob"]
