"""Frames on a socket: a fixed prefix, a strict JSON header, raw bytes.

Both ends treat what they read as hostile: every length is capped before anything is allocated,
nothing is unpickled, and a deadline covers a whole message, so that a peer that drips bytes or
stops half-way is a time-out and not a hang.
"""

import json
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

PREFIX = struct.Struct("<IQ")  # header length, body length
MAX_HEADER = 8 << 20
MAX_BODY = 1 << 30
OUTPUT_KEPT = 64 << 10
JOINED = 256 << 10  # bodies up to here go out in one write

Bytes = bytes | bytearray | memoryview


class Closed(Exception):
    """The peer has gone."""


class Malformed(Exception):
    """The peer sent something that is not a frame."""


class Late(Exception):
    """The deadline passed before the message was whole."""


@dataclass
class Deadline:
    """A moment of the monotonic clock, and a word on how many seconds to add once it has come."""

    at: float
    more: Callable[[], float]

    def left(self) -> float:
        """The seconds left; none or fewer when the time is up for good."""
        left = self.at - time.monotonic()
        if left <= 0:
            extra = self.more()
            self.at += extra
            left += extra
        return left


class Channel:
    """One end of a stream socket that carries frames.

    `output` is a second descriptor that is drained (and kept, capped) while waiting, because a
    peer that prints more than a pipe holds would otherwise block for ever.
    """

    def __init__(self, sock: socket.socket, output: int | None = None) -> None:
        self._socket = sock
        self._output = output
        self.printed = bytearray()
        self.dropped = 0
        sock.setblocking(False)
        if output is not None:
            os.set_blocking(output, False)

    def send(
        self,
        header: dict[str, Any],
        body: Sequence[bytes | bytearray | memoryview] = (),
        deadline: float | None = None,
    ) -> None:
        """Send one message. Raises Closed or Late."""
        text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
        views = [memoryview(part).cast("B") for part in body]
        prefix = PREFIX.pack(len(text), sum(len(view) for view in views))
        if sum(len(view) for view in views) <= JOINED:
            views = [memoryview(b"".join([prefix, text, *views]))]
        else:
            views = [memoryview(prefix + text), *views]
        for view in views:
            self._send_all(view, deadline)

    def receive(
        self, deadline: float | Deadline | None = None, max_body: int = MAX_BODY
    ) -> tuple[dict[str, Any], bytearray]:
        """The next message. Raises Closed, Late or Malformed."""
        header_length, body_length = PREFIX.unpack(self._receive(PREFIX.size, deadline))
        if header_length > MAX_HEADER or body_length > max_body:
            raise Malformed(f"a message of {header_length} + {body_length} bytes")
        text = self._receive(header_length, deadline)
        body = self._receive(body_length, deadline)
        try:
            header = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Malformed("a header that is not JSON") from error
        if not isinstance(header, dict):
            raise Malformed("a header that is not an object")
        return header, body

    def send_descriptor(self, descriptor: int) -> None:
        """Hand on a descriptor, between two messages. Raises Closed."""
        try:
            socket.send_fds(self._socket, [b"d"], [descriptor])
        except OSError as error:
            raise Closed from error

    def receive_descriptor(self) -> int:
        """What `send_descriptor` handed on. Raises Closed."""
        self._wait(False, None)
        try:
            _, found, _, _ = socket.recv_fds(self._socket, 1, 1)
        except OSError as error:
            raise Closed from error
        if not found:
            raise Closed
        return found[0]

    def close(self) -> None:
        """Take in what is still in the output pipe and close both descriptors."""
        self.drain()
        self._socket.close()
        if self._output is not None:
            os.close(self._output)
            self._output = None

    def drain(self) -> None:
        """Read what the peer has printed, without waiting."""
        # Bounded: a peer that prints for ever must not keep us here.
        for _ in range(64):
            if self._output is None:
                return
            try:
                chunk = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return
            if not chunk:
                os.close(self._output)
                self._output = None
                return
            room = max(0, OUTPUT_KEPT - len(self.printed))
            self.printed += chunk[:room]
            self.dropped += max(0, len(chunk) - room)

    def _wait(self, write: bool, deadline: float | Deadline | None) -> None:
        readers: list[socket.socket | int] = [] if write else [self._socket]
        while True:
            left = _left(deadline)
            if left is not None and left <= 0:
                raise Late
            watched = readers + ([self._output] if self._output is not None else [])
            ready, writable, _ = select.select(watched, [self._socket] if write else [], [], left)
            if self._output in ready:
                self.drain()
            if writable or self._socket in ready:
                return

    def _send_all(self, view: memoryview, deadline: float | None) -> None:
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                self._wait(True, deadline)
            except OSError as error:
                raise Closed from error

    def _receive(self, size: int, deadline: float | Deadline | None) -> bytearray:
        buffer = bytearray(size)
        view = memoryview(buffer)
        while view:
            try:
                got = self._socket.recv_into(view)
            except BlockingIOError:
                self._wait(False, deadline)
                continue
            except OSError as error:
                raise Closed from error
            if not got:
                raise Closed
            view = view[got:]
        return buffer


def _left(deadline: float | Deadline | None) -> float | None:
    if isinstance(deadline, Deadline):
        return deadline.left()
    return None if deadline is None else deadline - time.monotonic()
