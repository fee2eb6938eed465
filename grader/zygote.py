"""The zygote: one process with torch imported, forked in about 10 ms into judges and players.

Started as `python -P -B -c ...` with a clean environment and one control socket. A request names
a role and carries two descriptors by SCM_RIGHTS: the child's channel and its output pipe.

    {"op": "spawn", "role": "judge" | "player"}  + (channel, output)   -> {"pid": n}
    {"op": "import", "modules": [...]}                                 -> {}
    {"op": "end", "pid": n}                                            -> {"status": n}

A judge gets a control socket of its own, so that it can ask for players. When a control socket
closes, what was spawned through it is killed. The zygote runs no torch op and no thread: forking
a process whose OpenMP pool exists hangs the child (gcc PR 60035).
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
from pathlib import Path
from typing import Any, NoReturn

LENGTH = struct.Struct("<I")
# What every child would import by itself: once here is cheaper than in each of them.
EVERYONES = (
    *("torch", "numpy.random", "hypothesis"),
    *("drill.grader.judge", "drill.grader.player", "drill.grader.cases"),
)

CHANNEL = 3  # the descriptor that every child speaks through
CONTROL = 4  # a judge's way to the zygote
LARGEST_REQUEST = 64 << 10


def send_request(
    control: socket.socket, request: dict[str, Any], fds: tuple[int, ...] = ()
) -> None:
    """Write one control message, with descriptors if any."""
    text = json.dumps(request).encode()
    socket.send_fds(control, [LENGTH.pack(len(text)) + text], list(fds))


def receive_request(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Read one control message. Raises EOFError when the other end is gone."""
    head, fds, _, _ = socket.recv_fds(control, LENGTH.size, 4)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    text = bytearray()
    while len(text) < min(length, LARGEST_REQUEST):
        chunk = control.recv(length - len(text))
        if not chunk:
            raise EOFError
        text += chunk
    return json.loads(text), fds


class Server:
    """The zygote's loop over its clients: the command and the judges."""

    def __init__(self, control: socket.socket) -> None:
        self._clients: dict[socket.socket, set[int]] = {control: set()}
        self._first = control

    def run(self) -> None:
        """Serve until the first client is gone."""
        while self._first in self._clients:
            ready, _, _ = select.select(list(self._clients), [], [])
            for client in ready:
                if client in self._clients:
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            request, fds = receive_request(client)
            send_request(client, self._answer(client, request, fds))
        except (EOFError, OSError):
            self._forget(client)

    def _answer(
        self, client: socket.socket, request: dict[str, Any], fds: list[int]
    ) -> dict[str, Any]:
        match request["op"]:
            case "spawn":
                return {"pid": self._spawn(client, request["role"], fds)}
            case "import":
                for name in request["modules"]:
                    importlib.import_module(name)
                gc.freeze()
                return {}
            case "end":
                self._clients[client].discard(request["pid"])
                return {"status": self._end(request["pid"])}
        raise ValueError(request["op"])

    def _spawn(self, client: socket.socket, role: str, fds: list[int]) -> int:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            _become(role, fds, theirs.fileno() if role == "judge" else None)
        for fd in fds:
            os.close(fd)
        theirs.close()
        if role == "judge":
            self._clients[ours] = set()
        else:
            ours.close()
        self._clients[client].add(pid)
        return pid

    def _end(self, pid: int) -> int:
        # The child is ours and not reaped yet, so the number can't belong to another process.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            _, status = os.waitpid(pid, 0)
            self._sweep()
            return os.waitstatus_to_exitcode(status)
        return 0

    def _sweep(self) -> None:
        """Kill orphans that a player left behind: as subreaper they became our children."""
        known = {pid for pids in self._clients.values() for pid in pids}
        for _ in range(8):
            orphans = {int(child) for child in _children()} - known
            if not orphans:
                return
            for pid in orphans:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)

    def _forget(self, client: socket.socket) -> None:
        for pid in self._clients.pop(client):
            self._end(pid)
        client.close()


def _children() -> list[str]:
    try:
        return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    except OSError:
        return []


def _become(role: str, fds: list[int], control: int | None) -> NoReturn:
    """Turn the forked child into a judge or a player; never returns."""
    try:
        channel, output = (os.dup(fd) for fd in fds)
        kept = os.dup(control) if control is not None else None
        silent = os.open(os.devnull, os.O_RDWR)
        for source, target in ((silent, 0), (output, 1), (output, 2), (channel, CHANNEL)):
            os.dup2(source, target)
        if kept is not None:
            os.dup2(kept, CONTROL)
        os.closerange(CHANNEL + 1 if kept is None else CONTROL + 1, 4096)
        if role == "judge":
            from drill.grader.judge import main
        else:
            from drill.grader.player import main
        main()
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def main(control_fd: int, modules: list[str]) -> None:
    """Import what every child needs, say so, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=control_fd)
    for name in (*EVERYONES, *modules):
        importlib.import_module(name)
    from drill.grader.readable import readable_paths

    readable_paths()  # it keeps its answer: players need not look again
    _adopt_orphans()
    gc.collect()
    gc.freeze()
    send_request(control, {"ready": True, "threads": _threads()})
    Server(control).run()
    os._exit(0)  # nothing is left to tidy up, and taking torch apart takes a tenth of a second


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def _adopt_orphans() -> None:
    import ctypes

    set_child_subreaper = 36
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)
