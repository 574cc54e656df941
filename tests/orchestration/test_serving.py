"""Garbage that needs SQLite's locks is collected beside the event loop, and soon."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nb2ops.orchestration.serving import PAUSE

from .deployed import ENOUGH

BUSY = 3.0
"""Seconds that SQLite waits for a writer; Prefect's server has it wait for 60."""
WRITER_THAT_WAITS_FOR_THE_LOOP = f"""
import gc, sqlite3, sys, threading, time
from nb2ops.orchestration.serving import collect_beside

def connect():
    return sqlite3.connect("prefect.db", timeout={BUSY}, isolation_level=None, check_same_thread=False)

def break_off():
    cursor = shared.execute("select 1 union select 2")
    cycle = [cursor]
    cycle.append(cycle)

def update():
    shared.execute("update runs set state = 1")

gc.disable()
if sys.argv[1] == "beside":
    collect_beside()
shared, writer = connect(), connect()
shared.execute("pragma journal_mode = wal").fetchall()
shared.execute("create table runs (state)")
break_off()
writer.execute("begin immediate")
waiting = threading.Thread(target=update)
waiting.start()
time.sleep(0.1)
if sys.argv[1] == "within":
    gc.enable()
begin = time.monotonic()
while time.monotonic() - begin < {PAUSE} * 1.5:
    kept = [[] for _ in range(10_000)]
    time.sleep(0.01)
writer.execute("commit")
print(time.monotonic() - begin)
waiting.join()
"""
TRANSACTION_LEFT_OPEN = f"""
import gc, sqlite3, time
from nb2ops.orchestration.serving import collect_beside

def break_off():
    connection = sqlite3.connect("prefect.db", isolation_level=None)
    connection.execute("begin immediate")
    cycle = [connection.execute("insert into runs values (1), (2) returning state")]
    cycle.append(cycle)
    connection.close()

def is_free():
    with sqlite3.connect("prefect.db", timeout=0, isolation_level=None) as connection:
        try:
            connection.execute("begin immediate")
        except sqlite3.OperationalError:
            return False
        connection.execute("rollback")
    return True

collect_beside()
with sqlite3.connect("prefect.db") as connection:
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table runs (state)")
break_off()
before, begin = is_free(), time.monotonic()
while not is_free() and time.monotonic() - begin < {ENOUGH}:
    time.sleep(0.01)
print(before, time.monotonic() - begin)
"""


AFTER_A_COLLECTION_THAT_WAITED = WRITER_THAT_WAITS_FOR_THE_LOOP.replace(
    "* 1.5", "* 2.5"
) + TRANSACTION_LEFT_OPEN.replace("collect_beside()\n", "").replace(
    "create table runs", "create table if not exists runs"
)


def said(program: str, folder, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=ENOUGH)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(("collected", "loop_waits"), [("beside", False), ("within", True)])
def test_the_loop_does_not_wait_for_a_connection_that_waits_for_the_loop(tmp_path, collected, loop_waits):
    """`within` is what Prefect's server does by itself; where that has changed, the module can go."""
    (seconds,) = said(WRITER_THAT_WAITS_FOR_THE_LOOP, tmp_path, collected)
    assert (float(seconds) > BUSY * 0.9) == loop_waits


def test_a_lock_that_a_broken_request_holds_is_free_within_seconds(tmp_path):
    was_free, seconds = said(TRANSACTION_LEFT_OPEN, tmp_path)
    assert was_free == "False"
    assert float(seconds) < 2 * PAUSE + BUSY


def test_it_is_so_also_after_a_collection_that_had_to_wait(tmp_path):
    waited, was_free, seconds = said(AFTER_A_COLLECTION_THAT_WAITED, tmp_path, "beside")
    assert float(waited) < BUSY
    assert was_free == "False"
    assert float(seconds) < 2 * PAUSE + BUSY
