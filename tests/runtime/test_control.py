"""JSON lines over a socket pair."""

from __future__ import annotations

import socket

from nb2ops.runtime.control import Channel


def pair() -> tuple[Channel, Channel]:
    left, right = socket.socketpair()
    return Channel(left), Channel(right)


def test_messages_arrive_in_order_until_the_other_end_closes() -> None:
    left, right = pair()
    sent = [{"n": 0}, {"text": "é\n\udcff" + "x" * 200_000}, {"n": [1, {"m": None}]}]
    for message in sent:
        left.send(message)
    left.close()
    assert list(right.receive()) == sent


def test_sending_to_nobody_does_no_harm() -> None:
    left, right = pair()
    right.close()
    left.send({"n": 1})
    left.close()
    left.close()
    left.send({"n": 2})
