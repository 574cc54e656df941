"""Talking with a kernel: every answer is heard."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from queue import Empty

import pytest
import zmq
import zmq.asyncio
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.session import Session

from nb2ops.runtime.conversation import Answers

SOON = 5.0


async def heard(kind: type[AsyncZMQSocketChannel], address: str) -> bool:
    """Whether an answer is heard that comes just before something is sent."""
    session = Session(key=b"key")
    with zmq.Context() as of_kernel, zmq.asyncio.Context() as context:
        kernel, socket = of_kernel.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        kernel.bind(address)
        socket.connect(address)
        channel = kind(socket, session)
        channel.send(session.msg("execute_request"))
        identity, _ = session.feed_identities(kernel.recv_multipart())
        answer = asyncio.ensure_future(channel.get_msg())
        await asyncio.sleep(0.1)
        session.send(kernel, "execute_reply", ident=identity)
        time.sleep(0.1)  # the answer comes while the loop is busy
        channel.send(session.msg("comm_msg"))
        done, _ = await asyncio.wait([answer], timeout=SOON)
        answer.cancel()
        for each in (kernel, socket):
            each.close(0)
    return bool(done) and answer.result()["msg_type"] == "execute_reply"


@pytest.mark.parametrize(("kind", "is_heard"), [(Answers, True), (AsyncZMQSocketChannel, False)])
def test_an_answer_is_heard_while_something_is_sent(tmp_path: Path, kind, is_heard):
    """Where jupyter_client's own channel hears it too, `Answers` can go."""
    assert asyncio.run(heard(kind, f"ipc://{tmp_path}/k")) is is_heard


def test_it_is_waited_for_as_long_as_is_said(tmp_path: Path):
    async def wait() -> float:
        with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as socket:
            socket.connect(f"ipc://{tmp_path}/k")
            begun = time.monotonic()
            with pytest.raises(Empty):
                await Answers(socket, Session(key=b"key")).get_msg(timeout=1.2)
            socket.close(0)
            return time.monotonic() - begun

    assert 1.19 < asyncio.run(wait()) < SOON
