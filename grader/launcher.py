"""Ways to get a judge or a player: forked from a zygote, or a fresh interpreter each.

Both give the same `Process`: a channel, what it printed, and a way to end it. Forking is fast
(10 ms) but unsafe where frameworks start threads at import (macOS) or hold a CUDA context.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from drill.grader.channel import Channel
from drill.grader.errors import GraderError
from drill.grader.zygote import CHANNEL, CONTROL, receive_request, send_request

BOOT = (
    "import sys, json\n"
    "sys.path[:] = json.loads(sys.argv[1])\n"
    "from drill.grader.{module} import main\n"
    "main({arguments})\n"
)
# glibc returns large freed blocks to the kernel by default, which makes timings jump (GRADER 2g).
TUNABLES = (
    "glibc.malloc.mmap_threshold=33554432:"
    "glibc.malloc.trim_threshold=8589934592:"
    "glibc.malloc.top_pad=268435456"
)


@dataclass(frozen=True)
class Process:
    """A running judge or player."""

    pid: int
    channel: Channel


class Launcher(Protocol):
    """What starts and ends processes for one owner."""

    def spawn(self, role: str) -> Process:
        """Start a "judge" or a "player". Raises GraderError."""

    def end(self, process: Process) -> int:
        """Kill it if it lives, reap it; its exit status, negative for a signal."""

    def close(self) -> None:
        """End everything that was spawned."""


def environment() -> dict[str, str]:
    """The environment of every process below the command: nothing of the user's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "GLIBC_TUNABLES": TUNABLES,
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        "PYTHONHASHSEED": "0",
        "TRITON_INTERPRET": "1",  # read when triton is first imported
        "LANG": "C.UTF-8",
    }


def interpreter(module: str, arguments: str = "") -> list[str]:
    """The command line of a fresh interpreter that sees what this one can import."""
    path = [entry for entry in sys.path if entry and os.path.isabs(entry)]
    code = BOOT.format(module=module, arguments=arguments)
    return [sys.executable, "-P", "-B", "-X", "utf8", "-c", code, json.dumps(path)]


class Pipes:
    """The two ends of a new process's channel and output."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.read, self.write = os.pipe()
        for sock in (self.ours, self.theirs):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)

    def handed_over(self) -> Channel:
        """Close the child's ends; the parent's channel."""
        self.theirs.close()
        os.close(self.write)
        return Channel(self.ours, self.read)


class ForkLauncher:
    """Asks a zygote, over a control socket, to fork."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def spawn(self, role: str) -> Process:
        """See Launcher."""
        pipes = Pipes()
        fds = (pipes.theirs.fileno(), pipes.write)
        try:
            send_request(self._control, {"op": "spawn", "role": role}, fds)
            answer, _ = receive_request(self._control)
        except (EOFError, OSError) as error:
            raise GraderError(
                "The grader's process has died.", code="zygote", remedy="Run the command again."
            ) from error
        return Process(answer["pid"], pipes.handed_over())

    def end(self, process: Process) -> int:
        """See Launcher."""
        with contextlib.suppress(EOFError, OSError):
            send_request(self._control, {"op": "end", "pid": process.pid})
            answer, _ = receive_request(self._control)
            process.channel.close()
            return int(answer["status"])
        process.channel.close()
        return 0

    def load(self, modules: Sequence[str]) -> None:
        """Have the zygote import further modules before it forks again."""
        send_request(self._control, {"op": "import", "modules": list(modules)})
        receive_request(self._control)

    def close(self) -> None:
        """See Launcher: the zygote kills what was spawned through a socket that closes."""
        self._control.close()


class FreshLauncher:
    """Starts a fresh interpreter for each process."""

    def __init__(self) -> None:
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def spawn(self, role: str) -> Process:
        """See Launcher."""
        pipes = Pipes()
        fds = (pipes.theirs.fileno(), pipes.write)
        command = interpreter("launcher", repr((role, *fds)))
        child = subprocess.Popen(
            command,
            pass_fds=fds,
            env=environment(),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self._children[child.pid] = child
        return Process(child.pid, pipes.handed_over())

    def end(self, process: Process) -> int:
        """See Launcher."""
        child = self._children.pop(process.pid)
        # Its own session, so this reaches what it forked, too.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        status = child.wait()
        process.channel.close()
        return status

    def close(self) -> None:
        """See Launcher."""
        for child in self._children.values():
            child.kill()
            child.wait()
        self._children.clear()


def main(arguments: tuple[str, int, int]) -> None:
    """The start of a fresh interpreter: put the descriptors where a fork would have them."""
    role, channel, output = arguments
    for source, target in ((output, 1), (output, 2), (channel, CHANNEL)):
        os.dup2(source, target)
    os.closerange(CONTROL, 4096)
    if role == "judge":
        from drill.grader.judge import main as run
    else:
        from drill.grader.player import main as run
    run()


def inherited() -> Launcher:
    """A judge's launcher: the control socket that the zygote left it, else fresh interpreters."""
    try:
        os.fstat(CONTROL)
    except OSError:
        return FreshLauncher()
    return ForkLauncher(socket.socket(fileno=CONTROL))
