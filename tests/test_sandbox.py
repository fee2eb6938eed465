"""The sandbox refuses what a cheating submission tries, and lets honest code work."""

import errno
import os
import platform
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import drill
from drill.grader import landlock, readable, sandbox

STATES = dict(sandbox.probe())
PACKAGE = Path(drill.__path__[0]).resolve()

needs_landlock = pytest.mark.skipif(
    not STATES["landlock"].startswith("active"), reason=f"Landlock is {STATES['landlock']}"
)
needs_seccomp = pytest.mark.skipif(
    not STATES["seccomp"].startswith("active"), reason=f"seccomp is {STATES['seccomp']}"
)
needs_namespace = pytest.mark.skipif(
    not STATES["network namespace"].startswith("active"),
    reason=f"network namespace is {STATES['network namespace']}",
)

PLAYER = """
import errno, os, sys
from pathlib import Path
from drill.grader import sandbox
scratch, needs, locked, code = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
os.environ.clear()
os.environ.update(HOME=str(scratch), TMPDIR=str(scratch), PATH="/usr/bin:/bin")
os.chdir(scratch)
if locked:
    policy = sandbox.Policy(
        scratch=scratch,
        readable=sandbox.readable_paths(),
        cpu_seconds=20,
        needs=frozenset(needs.split()),
    )
    print(*sandbox.lock_down(policy), sep=", ")
parent, signal_none = os.getppid(), 0
try:
    exec(compile(code, "attempt", "exec"))
    print("done")
except BaseException as error:
    print(type(error).__name__, errno.errorcode.get(getattr(error, "errno", 0), error))
"""


def play(
    code: str, scratch: Path, needs: str = "", locked: bool = True, path: str = ""
) -> tuple[list[str], str]:
    """What a process that locked itself down printed: its layers and lines, and how it ended."""
    command = [sys.executable, "-P", "-c", PLAYER, str(scratch), needs, "locked" * locked]
    environment = {"PYTHONPATH": path} if path else {}
    run = subprocess.run(
        [*command, textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )
    lines = run.stdout.splitlines()
    assert lines, run.stderr
    return lines[:-1], lines[-1]


FILES = {
    "the references": f"os.listdir({str(PACKAGE / 'reference')!r})",
    "the drills": f"os.listdir({str((PACKAGE / 'drills').resolve())!r})",
    "the command": f"open({str(PACKAGE / 'cli' / '__init__.py')!r})",
    "these tests": f"open({__file__!r})",
    "home": f"os.listdir({str(Path.home())!r})",
    "a file elsewhere": "open('/etc/fstab' if os.path.exists('/etc/fstab') else '/etc/issue')",
    "a new file elsewhere": "open('/tmp/drill-sandbox-escape', 'w')",
    "a file next to the scratch": "open('../sibling')",
    "a link out of the scratch": "os.symlink('/etc', 'link'); os.listdir('link')",
    "moving it out": "open('a', 'w'); os.rename('a', '../b')",
    "the parent's environment": "open(f'/proc/{parent}/environ').read()",
    "the parent's memory": "open(f'/proc/{parent}/mem', 'rb')",
    "the parent's descriptors": "os.listdir(f'/proc/{parent}/fd')",
}


@needs_landlock
@pytest.mark.parametrize("code", FILES.values(), ids=FILES)
def test_files_are_out_of_reach(code: str, tmp_path: Path) -> None:
    assert play(code, scratch_in(tmp_path))[1] in ("PermissionError EACCES", "OSError EXDEV")


@pytest.mark.parametrize("code", FILES.values(), ids=FILES)
def test_those_files_exist(code: str, tmp_path: Path) -> None:
    ending = play(code, scratch_in(tmp_path), locked=False)[1]
    Path("/tmp/drill-sandbox-escape").unlink(missing_ok=True)
    if ending.startswith("PermissionError"):
        pytest.skip("this user may not even outside the sandbox")
    assert ending == "done"


def scratch_in(folder: Path) -> Path:
    (folder / "sibling").touch()
    scratch = folder / "scratch"
    scratch.mkdir()
    return scratch


SYSCALL = "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"
FAILED = "\nif result == -1: raise OSError(ctypes.get_errno(), '')"
CALLS = {
    "a TCP socket": "import socket; socket.socket()",
    "a UDP socket": "import socket; socket.socket(type=socket.SOCK_DGRAM)",
    "a Unix socket": "import socket; socket.socket(socket.AF_UNIX)",
    "fork": "os.fork() or os._exit(0)",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "subprocess": "import subprocess; subprocess.run(['/bin/true'])",
    "exec": "os.execv('/bin/true', ['true'])",
    "a signal to the parent": "os.kill(parent, signal_none)",
    "a signal to the group": "os.killpg(0, 18)",
    "a signal through a pidfd": (
        "import signal; signal.pidfd_send_signal(os.pidfd_open(parent), signal_none)"
    ),
    "a signal through a descriptor": "import fcntl; fcntl.fcntl(0, fcntl.F_SETOWN, parent)",
    "the parent's cores": "os.sched_setaffinity(parent, os.sched_getaffinity(0))",
    "its own cores": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "the parent's priority": "os.setpriority(os.PRIO_PROCESS, parent, 0)",
    "the parent's limits": "import resource; resource.prlimit(parent, resource.RLIMIT_CORE)",
    "setsid": "os.setsid()",
    "ptrace": SYSCALL + "result = libc.ptrace(0, 0, 0, 0)" + FAILED,
    "process_vm_readv": SYSCALL + "result = libc.process_vm_readv(parent, 0, 0, 0, 0, 0)" + FAILED,
    "unshare": SYSCALL + "result = libc.unshare(0x10000000)" + FAILED,
    "shared memory that stays": SYSCALL + "result = libc.shmget(0, 4096, 0o1600)" + FAILED,
    "perf events": SYSCALL + "result = libc.syscall(298, 0, 0, 0, 0, 0)" + FAILED,
}


@needs_seccomp
@pytest.mark.parametrize("code", CALLS.values(), ids=CALLS)
def test_calls_are_refused(code: str, tmp_path: Path) -> None:
    if "298" in code and platform.machine() != "x86_64":
        pytest.skip("the call's number is another one here")
    assert play(code, tmp_path)[1] == "PermissionError EPERM"


LIMITS = {
    "memory": ("bytearray(4 << 30)", "MemoryError"),
    "a big file": ("open('big', 'wb').truncate(65 << 20)", "OSError EFBIG"),
    "many descriptors": ("files = [open('/dev/null') for _ in range(300)]", "OSError EMFILE"),
    "raising a limit": (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (999, 999))",
        "ValueError",
    ),
}


@pytest.mark.parametrize(("code", "ending"), LIMITS.values(), ids=LIMITS)
def test_limits_hold(code: str, ending: str, tmp_path: Path) -> None:
    assert play(code, tmp_path)[1].startswith(ending)


HONEST = {
    "files in the scratch": """
        import shutil, tempfile
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a").write_text("x")
            os.rename(Path(folder, "a"), "b")
        shutil.copy("b", "c")
        os.remove("c")
    """,
    "a full disk": """
        import resource
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        try:
            with open("a", "wb", buffering=0) as file:
                file.write(b"0123456789")
                file.write(b"0")
        except OSError as error:
            assert error.errno == errno.EFBIG
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        Path("b").write_bytes(bytes(100))
    """,
    "threads and queues": """
        import queue, threading
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(abs, range(-9, 9))) == 81
    """,
    "asyncio": "import asyncio; asyncio.run(asyncio.sleep(0))",
    "lazy imports": """
        import decimal, importlib.metadata, json, sqlite3, ssl, uuid, zoneinfo
        import drill.grader.verdict
        importlib.metadata.version("hypothesis")
        uuid.uuid4()
    """,
    "a signal to itself": """
        import signal, threading
        signal.signal(signal.SIGUSR1, lambda *_: None)
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
    """,
    "its own facts": """
        import getpass, resource
        open("/proc/self/status").read()
        open("/proc/self/maps").read()
        os.cpu_count(), os.sched_getaffinity(0), getpass.getuser()
        open("/dev/null", "w").write("x")
        os.urandom(4)
    """,
}


@pytest.mark.parametrize("code", HONEST.values(), ids=HONEST)
def test_honest_code_works(code: str, tmp_path: Path) -> None:
    assert play(code, tmp_path)[1] == "done"


TORCH = """
    import tempfile, threading, torch
    torch.set_num_threads(2)
    a = torch.randn(600, 600)
    torch.testing.assert_close(a @ a, (a.double() @ a.double()).float(), atol=1e-3, rtol=1e-3)
    w = torch.randn(8, 8, requires_grad=True)
    torch.nn.functional.scaled_dot_product_attention(w[None], w[None], w[None]).sum().backward()
    torch.save({"w": w}, "w.pt")
    assert torch.load("w.pt")["w"].equal(w)
    assert len(os.listdir("/proc/self/task")) > 1
    from torch.utils.data import DataLoader
    assert sum(x.item() for x in DataLoader(torch.arange(5))) == 10
    import numpy.random, sympy
    numpy.random.default_rng(0).normal()
    os.environ["TRITON_INTERPRET"] = "1"
    try:
        import triton.runtime.interpreter
    except ModuleNotFoundError as error:
        assert error.name == "triton"
"""


def test_torch_works(tmp_path: Path) -> None:
    assert play(TORCH, tmp_path)[1] == "done"


OPENED = {
    "processes": """
        import multiprocessing, signal, time
        def work(queue): queue.put(os.getpid())
        fork = multiprocessing.get_context("fork")
        queue = fork.Queue()
        child = fork.Process(target=work, args=(queue,))
        child.start()
        assert queue.get(timeout=9) == child.pid
        child.join()
        stuck = fork.Process(target=time.sleep, args=(99,))
        stuck.start()
        stuck.kill()
        stuck.join()
        assert stuck.exitcode == -signal.SIGKILL
        spawned = multiprocessing.get_context("spawn").Process(target=print, args=("spawned",))
        spawned.start()
        spawned.join()
        assert spawned.exitcode == 0
    """,
    "loopback": """
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        client.sendall(b"x")
        assert server.accept()[0].recv(1) == b"x"
        assert [name for _, name in socket.if_nameindex()] == ["lo"]
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=1)
        except OSError as error:
            assert error.errno == errno.ENETUNREACH, error
    """,
    "exec": """
        import subprocess
        assert subprocess.run(["echo", "x"], capture_output=True).stdout == b"x\\n"
    """,
}


@needs_seccomp
@needs_namespace
@pytest.mark.parametrize("need", OPENED)
def test_needs_open_only_themselves(need: str, tmp_path: Path) -> None:
    lines, ending = play(OPENED[need], tmp_path, needs=need)
    assert ending == "done"
    assert lines[0].endswith(f"seccomp, rlimits, open: {need}")
    if STATES["landlock"].startswith("active"):
        assert play(FILES["the references"], tmp_path, needs=need)[1] == "PermissionError EACCES"
    assert play(CALLS["ptrace"], tmp_path, needs=need)[1] == "PermissionError EPERM"


@needs_namespace
def test_a_fork_bomb_ends(tmp_path: Path) -> None:
    code = """
        import time
        children = 0
        while children < 200:
            if os.fork() == 0:
                time.sleep(2)
                os._exit(0)
            children += 1
    """
    if os.geteuid() == 0:
        pytest.skip("the kernel does not count root's processes")
    assert play(code, tmp_path, needs="processes")[1] == "BlockingIOError EAGAIN"


@needs_landlock
def test_a_wheel_hides_its_references(tmp_path: Path) -> None:
    """Installed as a wheel, our content lies among the other packages."""
    package = tmp_path / "site-packages" / "drill"
    for folder in ("cli", "drills", "kernels", "reference/attention"):
        (package / folder).mkdir(parents=True)
    (package / "reference/attention/solution.py").write_text("answer = 42")
    (package / "__init__.py").touch()
    (package.parent / "neighbour.py").touch()
    grader = Path(sandbox.__file__).parent
    (package / "grader").mkdir()
    for module in ("__init__", "landlock", "linux", "readable", "sandbox", "seccomp"):
        (package / "grader" / f"{module}.py").write_text((grader / f"{module}.py").read_text())
    code = f"""
        import neighbour
        assert Path(sandbox.__file__) == Path({str(package)!r}, "grader", "sandbox.py")
        Path(sandbox.__file__).read_text()
        Path({str(package)!r}, "reference", "attention", "solution.py").read_text()
    """
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert play(code, scratch, path=str(package.parent))[1] == "PermissionError EACCES"


def test_hidden_folders_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "secret").mkdir(parents=True)
    (tmp_path / "a" / "b" / "open").mkdir()
    (tmp_path / "a" / "file").touch()
    (tmp_path / "a" / "way in").symlink_to(tmp_path / "a" / "b" / "secret")
    (tmp_path / "a" / "way up").symlink_to(tmp_path)
    hidden = frozenset({(tmp_path / "a" / "b" / "secret").resolve()})
    found = {
        path.relative_to(tmp_path.resolve()).as_posix()
        for path in readable.without(tmp_path, hidden)
    }
    assert found == {"a/b/open", "a/file"}


def test_close_descriptors() -> None:
    code = """
        from drill.grader.sandbox import close_descriptors
        import os
        for _ in range(5): os.dup(0)
        close_descriptors(3)
        print(*[fd for fd in range(9) if os.path.exists(f"/dev/fd/{fd}")])
    """
    command = [sys.executable, "-P", "-c", textwrap.dedent(code)]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.stdout.split() == ["0", "1", "2", "3"]


def test_other_platforms_have_no_layers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert sandbox.lock_down(sandbox.Policy(scratch=tmp_path, readable=(), cpu_seconds=9)) == []
    assert all(state.startswith("missing") for _, state in sandbox.probe())


def test_the_probe_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(landlock, "abi", absent)
    assert dict(sandbox.probe())["landlock"] == "missing: Function not implemented"
