"""Garbage that needs SQLite's locks is collected beside the event loop, and soon."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nb2ops.orchestration.serving import PAUSE

from .deployed import ENOUGH

BUSY = 3.0
"""Seconds that SQLite waits for a writer; Prefect's server has it wait for 60."""
DATABASE = """
import gc, sqlite3, sys, threading, time
from nb2ops.orchestration.serving import collect_beside

def connect(timeout=0.0):
    return sqlite3.connect("prefect.db", timeout=timeout, isolation_level=None, check_same_thread=False)

def leave(cursor):
    cycle = [cursor]
    cycle.append(cycle)

gc.disable()
if sys.argv[1] == "beside":
    collect_beside()
first = connect()
first.execute("pragma journal_mode = wal").fetchall()
first.execute("create table runs (state)")
"""
WRITER_THAT_WAITS_FOR_THE_LOOP = f"""
shared, writer = connect({BUSY}), connect({BUSY})
leave(shared.execute("select 1 union select 2"))
writer.execute("begin immediate")
waiting = threading.Thread(target=shared.execute, args=["update runs set state = 1"])
waiting.start()
time.sleep(0.1)
if sys.argv[1] == "within":
    gc.enable()
begin = time.monotonic()
while time.monotonic() - begin < 2 * {PAUSE}:
    kept = [[] for _ in range(10_000)]
    time.sleep(0.01)
writer.execute("commit")
print(time.monotonic() - begin)
waiting.join()
"""
TRANSACTION_LEFT_OPEN = f"""
def break_off():
    connection = connect()
    connection.execute("begin immediate")
    leave(connection.execute("insert into runs values (1), (2) returning state"))
    connection.close()

def is_free():
    try:
        first.execute("begin immediate")
    except sqlite3.OperationalError:
        return False
    first.execute("rollback")
    return True

break_off()
before, begin = is_free(), time.monotonic()
while not is_free() and time.monotonic() - begin < {ENOUGH}:
    time.sleep(0.01)
print(before, time.monotonic() - begin)
"""


def said(folder: Path, collected: str, *parts: str) -> list[str]:
    command = [sys.executable, "-c", DATABASE + "".join(parts), collected]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=ENOUGH)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(("collected", "loop_waits"), [("beside", False), ("within", True)])
def test_the_loop_does_not_wait_for_a_connection_that_waits_for_the_loop(tmp_path, collected, loop_waits):
    """`within` is what Prefect's server does by itself; where that has changed, the module can go."""
    (seconds,) = said(tmp_path, collected, WRITER_THAT_WAITS_FOR_THE_LOOP)
    assert (float(seconds) > BUSY * 0.9) == loop_waits


def test_a_lock_that_a_broken_request_holds_is_free_within_seconds(tmp_path):
    was_free, seconds = said(tmp_path, "beside", TRANSACTION_LEFT_OPEN)
    assert was_free == "False"
    assert float(seconds) < 2 * PAUSE + BUSY


def test_it_is_so_also_after_a_collection_that_had_to_wait(tmp_path):
    waited, was_free, seconds = said(tmp_path, "beside", WRITER_THAT_WAITS_FOR_THE_LOOP, TRANSACTION_LEFT_OPEN)
    assert float(waited) < BUSY
    assert was_free == "False"
    assert float(seconds) < 2 * PAUSE + BUSY


READ_THEN_WRITE = """
import asyncio, sys
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy import text
from nb2ops.orchestration.serving import write_in_turn

if sys.argv[1] == "turn":
    write_in_turn()
config = AioSqliteConfiguration("sqlite+aiosqlite:///prefect.db")

async def main():
    engine = await config.engine()

    async def add(seconds):
        session, beside = await config.session(engine), await config.session(engine)
        async with session, config.begin_transaction(session):
            await session.execute(text("select * from runs"))
            await asyncio.sleep(seconds)
            async with beside:
                await asyncio.wait_for(beside.execute(text("select * from runs")), 10)
            await session.execute(text("insert into runs values (1)"))

    session = await config.session(engine)
    async with session, config.begin_transaction(session):
        await session.execute(text("create table runs (state)"))
    found = await asyncio.gather(add(0.1), add(0.3), return_exceptions=True)
    print([type(each).__name__ for each in found])

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "ends"), [("prefect", ["NoneType", "OperationalError"]), ("turn", ["NoneType", "NoneType"])]
)
def test_of_two_that_read_and_then_write_none_is_refused(tmp_path: Path, kind: str, ends: list[str]) -> None:
    command = [sys.executable, "-c", READ_THEN_WRITE, kind]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=ENOUGH, check=False)
    assert done.stdout == f"{ends}\n", done.stderr
