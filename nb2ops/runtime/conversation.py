"""Talking with a kernel over jupyter_client's channels, aware that it may end at any moment."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from queue import Empty
from typing import Any, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import KernelConnectionInfo
from traitlets import Type

from nb2ops.inkernel.masking import Mask
from nb2ops.model import Json
from nb2ops.runtime.kernels import Kernel

START_TIMEOUT = 60.0
_LOOK = 0.5
"""Seconds after which whoever waits for an answer looks whether one is there."""
_GREETING = 0.25
"""Seconds to wait for the kernel's first sign on IOPub before asking again."""


class KernelEnded(Exception):
    """The kernel's process has ended, or never answered."""


class EvaluationError(Exception):
    """An expression that was evaluated silently raised.

    Attributes:
        ename, evalue, traceback: as the kernel sends them.
    """

    def __init__(self, ename: str, evalue: str, traceback: list[str]) -> None:
        super().__init__(f"{ename}: {evalue}")
        self.ename, self.evalue, self.traceback = ename, evalue, tuple(traceback)


class Answers(AsyncZMQSocketChannel):
    """What a kernel answers, heard also while something is sent to it.

    jupyter_client 8 sends past asyncio's socket. ZeroMQ then takes in an answer that has just come, and whoever waits
    in `poll` is not woken for it: with Output widgets, which send while their cell runs, for ever.
    """

    async def get_msg(self, timeout: float | None = None) -> Json:  # type: ignore[override]  # a mapping there
        """Return the next message.

        Raises:
            Empty: there was none in so many seconds.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return await super().get_msg(min(_LOOK, max(0.0, end - time.monotonic())))
            except Empty:
                if time.monotonic() >= end:
                    raise


class Client(AsyncKernelClient):
    """jupyter_client's client, which hears every answer."""

    shell_channel_class = Type(Answers)


class MaskedOutput(AsyncZMQSocketChannel):
    """What a kernel publishes, without secrets, also where one comes in pieces.

    Attributes:
        mask: hides them.
    """

    mask: Mask

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ready: deque[Json] = deque()
        self._kept: Json | None = None

    async def get_msg(self, *arguments: Any, **options: Any) -> Json:  # type: ignore[override]  # a mapping there
        """Return the next message."""
        while not self._ready:
            try:
                self._take(await super().get_msg(*arguments, **options))
            except Empty:
                if self._kept is None:
                    raise
                self._ready.append(self._kept)
                self._kept = None
        return self._ready.popleft()

    def _take(self, message: Json) -> None:
        """Keep the end of a stream back that may be the beginning of a secret, until something else comes."""
        if self._goes_on(message):
            assert self._kept is not None
            message["content"]["text"] = self._kept["content"]["text"] + message["content"]["text"]
        elif self._kept:
            self._ready.append(self._kept)
        self._kept = None
        message["content"] = self.mask.data(message["content"])
        if message["msg_type"] == "stream":
            message = self._cut(message)
        self._ready.append(message)

    def _goes_on(self, message: Json) -> bool:
        return self._kept is not None and _source(self._kept) == _source(message)

    def _cut(self, message: Json) -> Json:
        text = message["content"]["text"]
        whole = len(text) - self.mask.open_end(text)
        if whole < len(text):
            self._kept = {**message, "content": {**message["content"], "text": text[whole:]}}
        return {**message, "content": {**message["content"], "text": text[:whole]}}


def _source(message: Json) -> tuple[str, str | None]:
    """The request that a message belongs to, and the stream that it is of."""
    name = message["content"].get("name") if message["msg_type"] == "stream" else None
    return message["parent_header"].get("msg_id", ""), name


class Conversation:
    """The channels to one kernel; lives in one event loop.

    Args:
        kernel: the kernel.
        mask: hides secrets in what it says.

    Attributes:
        client: jupyter_client's client.
        language: what the kernel says about its language.
        gone: set once the kernel's process has ended.
    """

    def __init__(self, kernel: Kernel, mask: Mask | None = None) -> None:
        self.kernel = kernel
        self.client = Client()
        self._mask = mask or None
        if self._mask:
            self.client.iopub_channel_class = MaskedOutput
            unpack = self.client.session.unpack
            self.client.session.unpack = lambda data: self._mask.data(unpack(data))
        self.client.context.rcvhwm = 0  # else the kernel drops what is printed faster than it is read
        self.client.load_connection_info(cast(KernelConnectionInfo, kernel.connection))
        self.language: Json = {}
        self.gone = asyncio.Event()

    async def open(self) -> None:
        """Wait until the kernel answers and its output reaches us.

        Raises:
            KernelEnded: the kernel ended, or does not answer within `START_TIMEOUT`.
        """
        loop = asyncio.get_running_loop()
        self.kernel.on_end(lambda: _wake(loop, self.gone))
        self.client.start_channels(hb=False, stdin=False)
        if self._mask:
            self.client.iopub_channel.mask = self._mask
        deadline = time.monotonic() + START_TIMEOUT
        while not await self._greeted():
            if time.monotonic() > deadline:
                raise KernelEnded

    async def evaluate(self, expression: str) -> str:
        """Evaluate an expression without a trace in the notebook's namespace, history or counts.

        Returns:
            The id of the request.

        Raises:
            EvaluationError: it raised.
            KernelEnded: the kernel ended.
        """
        status = "aborted"
        while status == "aborted":  # for a moment after a failed cell the kernel refuses what follows
            request: str = self.client.execute(expression, silent=True, store_history=False)
            reply = await self._reply(request)
            status = reply["content"]["status"]
        if status == "error":
            content = reply["content"]
            raise EvaluationError(content["ename"], content["evalue"], content["traceback"])
        return request

    async def leave(self) -> None:
        """Let the kernel end itself: its exit handlers run, and processes that the notebook started live on."""
        if self.kernel.spec.is_ipykernel:
            await self.evaluate("__import__('IPython').get_ipython().ask_exit()")
        else:
            self.client.shutdown()

    async def hear(self) -> Json:
        """Return the next message of what the kernel publishes.

        Raises:
            KernelEnded: the kernel ended.
        """
        return await self._message(self.client.iopub_channel)

    async def rest(self) -> AsyncIterator[Json]:
        """Yield what the kernel had published before it ended."""
        while True:
            try:
                yield await self.client.iopub_channel.get_msg(timeout=_GREETING)
            except Empty:
                return

    def close(self) -> None:
        """Close the channels."""
        self.client.stop_channels()

    async def _greeted(self) -> bool:
        """Whether the kernel answers and IOPub is connected (ipykernel 7 says so, others show by their status)."""
        reply = await self._reply(self.client.kernel_info())
        self.language = reply["content"].get("language_info", {})
        with suppress(TimeoutError):
            await asyncio.wait_for(self._message(self.client.iopub_channel), _GREETING)
            return True
        return False

    async def _reply(self, request: str) -> Json:
        while True:
            message = await self._message(self.client.shell_channel)
            if message["parent_header"].get("msg_id") == request:
                return message

    async def _message(self, channel: Any) -> Json:
        message = asyncio.ensure_future(channel.get_msg())
        gone = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait((message, gone), return_when=asyncio.FIRST_COMPLETED)
            if not message.done():
                raise KernelEnded
            found: Json = message.result()
            return found
        finally:
            message.cancel()
            gone.cancel()


async def dismiss(kernel: Kernel, seconds: float) -> None:
    """Let a kernel that was kept end itself, if it does so in that time."""
    conversation = Conversation(kernel)
    try:
        with suppress(KernelEnded, TimeoutError):
            async with asyncio.timeout(seconds):
                await conversation.open()
                await conversation.leave()
    finally:
        conversation.close()


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop may have been closed before the kernel ended
        loop.call_soon_threadsafe(event.set)
