"""The supervisor process: `python -m nb2ops.runtime.supervisor FD`, one per run, or for runs one after another.

It leads a session of its own, adopts the orphans of its kernels, and outlives the flow process just long enough
to end every process of the run, write the record and report the death.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from nb2ops.errors import UsageError
from nb2ops.lean import FORMATS, STORES, do_without
from nb2ops.model import Failure, Json, StepState
from nb2ops.runtime import processes
from nb2ops.runtime.control import Channel

if TYPE_CHECKING:
    from nb2ops.runtime.ground import Ground
    from nb2ops.runtime.run import Run
    from nb2ops.runtime.supervision import Preparation

T = TypeVar("T")
_POSTS = 3
_POST_TIMEOUT = 5.0


def _nothing(*_: object) -> None:
    """Nothing has to be done."""


class Desk:
    """Takes the flow process's requests in the main thread: kernels end with the thread that started them."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._ground: Ground | None = None
        self._run: Run | None = None
        self._on_death: Json | None = None
        self._cancelled: Failure | None = None
        self._finishing = False
        self._orphaned = False
        self._answered = False

    def serve(self) -> None:
        """Work until the run is finished or the flow process has gone and all is cleaned up."""
        threading.Thread(target=self._listen, name="nb2ops-control-reader", daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: self._tasks.put(partial(self._cancel, {"exit_code": 143})))
        while (task := self._tasks.get()) is not None:
            task()

    def _listen(self) -> None:
        handlers = {
            "prepare": self._prepare,
            "begin": self._begin,
            "step": self._step,
            "cancel": self._cancel,
            "finish": self._finish,
        }
        for message in self._channel.receive():
            self._tasks.put(partial(handlers[message["op"]], message))
        self._tasks.put(self._vanished)

    def _prepare(self, message: Json) -> None:
        """Start what forks kernels, then load papermill, both while the flow process loads Prefect."""
        from nb2ops.runtime.ground import Ground
        from nb2ops.runtime.supervision import Preparation
        from nb2ops.wire import decode

        if message["preparation"]:
            with suppress(UsageError):  # the run meets it again when it begins, and somebody listens then
                self._ground = Ground.lay(decode(Preparation, message["preparation"]), self._perform)
        import nb2ops.runtime.run  # noqa: F401

    def _begin(self, message: Json) -> None:
        from nb2ops.runtime.run import Run
        from nb2ops.runtime.supervision import RunPlan
        from nb2ops.wire import decode

        def begin() -> str:
            plan = decode(RunPlan, message["plan"])
            self._on_death = plan.on_death
            self._ground = ground = self._ground_for(plan.preparation)
            self._run = Run(plan, ground, self._channel.send)
            if self._cancelled:  # before it began
                self._run.stop(self._cancelled)
            return str(ground.scratch)

        self._reply(message, begin)

    def _ground_for(self, preparation: Preparation) -> Ground:
        from nb2ops.runtime.ground import Ground

        if self._ground and self._ground.preparation == preparation:
            return self._ground
        self._drop_ground()
        return Ground.lay(preparation, self._perform)

    def _drop_ground(self) -> None:
        if self._ground:
            self._ground.end()
            self._ground.clear()

    def _step(self, message: Json) -> None:
        self._answer(message, lambda run: run.run_step(message["name"]))

    def _finish(self, message: Json) -> None:
        self._finishing = True
        self._answer(message, lambda run: run.close(stays=message["stays"]), self._note_finish)

    def _note_finish(self, run: Run) -> None:
        """Stay for the next run, or go: once the flow process hears the answer it may close, and that is no death."""
        if run.leaves_ground:
            self._tasks.put(self._rest)
        else:
            self._answered = True

    def _rest(self) -> None:
        self._run, self._finishing = None, False
        if self._orphaned:
            self._drop_ground()
            self._end()

    def _cancel(self, message: Json) -> None:
        signals = {130: "SIGINT", 143: "SIGTERM"}
        by = message.get("by") or signals.get(message["exit_code"], "a request")
        self._cancelled = Failure(StepState.CANCELLED, f"interrupted by {by}")
        if self._run:
            _in_thread(partial(self._run.stop, self._cancelled))

    def _answer(
        self, message: Json, act: Callable[[Run], object], before_sending: Callable[[Run], None] = _nothing
    ) -> None:
        """Answer from a thread of its own what takes its time."""
        run = self._run
        assert run is not None  # begin comes first

        def answer() -> None:
            self._reply(message, lambda: act(run), run, lambda: before_sending(run))
            if self._answered:
                self._end()

        _in_thread(answer)

    def _reply(
        self,
        message: Json,
        act: Callable[[], object],
        run: Run | None = None,
        before_sending: Callable[[], None] = _nothing,
    ) -> None:
        from nb2ops.wire import encode

        try:
            value = encode(act())
            reply = {"value": run.mask.data(value) if run else value}
        except UsageError as error:
            reply = {"error": str(error), "kind": "usage"}
        except Exception as error:  # whatever it is, the flow waits for an answer
            text = f"{type(error).__name__}: {error}"
            reply = {"error": run.mask.text(text) if run else text, "kind": "defect"}
        before_sending()
        self._channel.send({"reply": message["id"], **reply})

    def _perform(self, act: Callable[[], T]) -> T:
        """Do something in the main thread, for a thread that waits for it."""
        if threading.current_thread() is threading.main_thread():
            return act()
        done: Future[T] = Future()

        def perform() -> None:
            try:
                done.set_result(act())
            except OSError as error:
                done.set_exception(error)

        self._tasks.put(perform)
        return done.result()

    def _vanished(self) -> None:
        """The flow process has gone without a goodbye."""
        self._orphaned = not self._answered
        if self._run is None:
            self._drop_ground()
            self._tasks.put(None)
        elif not self._finishing:
            _in_thread(partial(self._clean_up, self._run))

    def _clean_up(self, run: Run) -> None:
        run.stop(Failure(StepState.CRASHED, "the flow process ended without a word"))
        run.close()
        self._end()

    def _end(self) -> None:
        if self._orphaned and self._on_death:
            post(self._on_death)
        self._channel.close()
        self._tasks.put(None)


def post(request: Json) -> None:
    """POST a JSON body, a few times if need be; a server that stays away is no reason not to end."""
    headers = {"content-type": "application/json", **request.get("headers", {})}
    call = urllib.request.Request(request["url"], json.dumps(request["body"]).encode(), headers, method="POST")
    for _ in range(_POSTS):
        try:
            with urllib.request.urlopen(call, timeout=_POST_TIMEOUT):
                return
        except OSError:
            time.sleep(1)


def _in_thread(act: Callable[[], None]) -> None:
    threading.Thread(target=act, daemon=True).start()


def main(descriptor: int) -> None:
    """Serve the flow process at the other end of the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.register(signal.SIGQUIT)
    processes.become_subreaper()
    do_without(*FORMATS, *STORES)
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    Desk(Channel(control)).serve()
    sys.stderr.flush()
    os._exit(0)  # no thread matters any more, and ZeroMQ would wait for its own


if __name__ == "__main__":
    main(int(sys.argv[1]))
