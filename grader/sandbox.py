"""The sandbox of one player: limits, and layers of the kernel that keep it in its scratch folder.

It protects the verdict, and the user's files from accidents: it is no place for hostile code of
strangers. A layer that the machine lacks is left out, and the verdict names those that were active.
What stays open with all of them: `stat`, `chmod` and `utime` on the user's own files; listing the
names in site-packages; and with `processes`, any number of them for root, their signals to other
processes before Landlock ABI 6, and Unix sockets of other programs before ABI 9 (Linux 7.1).
"""

import os
import platform
import resource
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from drill.grader import landlock, linux, seccomp
from drill.grader.readable import import_folders, readable_paths

__all__ = ["Policy", "close_descriptors", "lock_down", "probe", "readable_paths"]

_MIB = 1 << 20
_MOST_TASKS = 64  # processes and threads together: eight processes with some threads each
_BINARIES = ("/bin", "/usr/bin", "/usr/libexec", "/usr/include", "/usr/local/include")
_INTERFACES = ("/sys/bus/pci/devices", "/sys/class/net", "/sys/devices")  # Gloo looks them over


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What one player may do. `readable` is usually `readable_paths()`, asked before the fork.

    needs: any of "processes" (fork, exec of the interpreter, shared memory, Unix sockets),
        "loopback" (a network of its own) and "exec" (the C compiler and other programs).
    memory: bytes of address space on top of what is mapped now; None leaves it unlimited.
    file_bytes: the largest file; torch.compile's precompiled headers need 512 MiB.
    """

    scratch: Path
    readable: tuple[Path, ...]
    cpu_seconds: int
    needs: frozenset[str] = frozenset()
    memory: int | None = 2048 * _MIB
    file_bytes: int = 64 * _MIB
    open_files: int = 256


def close_descriptors(keep: int) -> None:
    """Close all descriptors above `keep`."""
    try:
        linux.close_from(keep + 1)
    except (OSError, AttributeError, TypeError):  # another platform, or Linux before 5.9
        os.closerange(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def lock_down(policy: Policy) -> list[str]:
    """Apply all layers to this process, for good, and name those that are active.

    To be called by a freshly forked child with one thread, before any foreign code. Never raises
    because a layer is missing. Says "open: network" where "open: loopback" could not be had.
    """
    if sys.platform != "linux":
        return []
    namespace = _namespace_for(policy.needs)
    for step in (linux.die_with_parent, linux.hide_memory, linux.gain_no_privileges):
        _works(step)
    rlimits = _works(lambda: _limit(policy, namespace))
    _works(linux.drop_capabilities)
    layers = {
        "landlock": _works(lambda: _restrict_files(policy)),
        "seccomp": _works(lambda: _filter_calls(policy.needs)),
        "rlimits": rlimits,
    }
    opened = [f"open: {need}" for need in sorted(policy.needs)]
    if not namespace and "loopback" in policy.needs:
        opened[opened.index("open: loopback")] = "open: network"
    return [*(layer for layer, active in layers.items() if active), *opened]


def probe() -> list[tuple[str, str]]:
    """Each layer with "active", or "missing: " and why: found by trying it in a forked child."""
    trials: dict[str, Callable[[], str]] = {
        "rlimits": _try_rlimits,
        "landlock": _try_landlock,
        "seccomp": _try_seccomp,
        "network namespace": _try_namespace,
    }
    if sys.platform != "linux":
        return [(layer, "missing: only Linux has it") for layer in trials]
    return [(layer, _in_child(trial)) for layer, trial in trials.items()]


def _works(step: Callable[[], object]) -> bool:
    try:
        step()
    except (OSError, ValueError, AttributeError):  # AttributeError: the C library lacks the call
        return False
    return True


def _namespace_for(needs: frozenset[str]) -> bool:
    """Whether this process now is in a namespace of its own, if `needs` call for one.

    It gives "loopback" its network, and "processes" a count of them apart from the user's others.
    """
    if not needs & {"loopback", "processes"}:
        return False
    return _works(lambda: linux.enter_user_namespace(network="loopback" in needs))


def _limit(policy: Policy, namespace: bool) -> None:
    # Past the soft limit of CPU time comes SIGXCPU, which tells it from other deaths.
    _set_limit(resource.RLIMIT_CPU, policy.cpu_seconds, policy.cpu_seconds + 1)
    _set_limit(resource.RLIMIT_FSIZE, policy.file_bytes)
    _set_limit(resource.RLIMIT_NOFILE, policy.open_files)
    _set_limit(resource.RLIMIT_CORE, 0)
    if policy.memory is not None:
        _set_limit(resource.RLIMIT_AS, _mapped_bytes() + policy.memory)
    if namespace and "processes" in policy.needs:
        _set_limit(resource.RLIMIT_NPROC, _MOST_TASKS)


def _set_limit(limit: int, soft: int, hard: int | None = None) -> None:
    present = resource.getrlimit(limit)[1]
    ceiling = soft if hard is None else hard
    if present != resource.RLIM_INFINITY:
        ceiling = min(ceiling, present)
    resource.setrlimit(limit, (min(soft, ceiling), ceiling))


def _mapped_bytes() -> int:
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _restrict_files(policy: Policy) -> None:
    landlock.restrict(_grants(policy), network="loopback" in policy.needs)


def _grants(policy: Policy) -> Iterator[landlock.Grant]:
    runs = landlock.EXECUTE if policy.needs & {"processes", "exec"} else 0
    for path in policy.readable:
        yield landlock.Grant(path, landlock.READ | runs)
    for path in import_folders():  # names only: the import system and importlib.metadata list them
        yield landlock.Grant(path, landlock.READ_DIR)
    # Opened here, after the fork: the link leads to the folder of the process that follows it.
    yield landlock.Grant(Path("/proc/self"), landlock.READ)
    yield landlock.Grant(Path("/dev/null"), landlock.WRITE)
    yield landlock.Grant(policy.scratch, landlock.WRITE | runs)
    if "loopback" in policy.needs:
        yield from (landlock.Grant(Path(place), landlock.READ) for place in _INTERFACES)
    if runs:
        yield landlock.Grant(Path(sys.executable), landlock.READ | runs)
    if "processes" in policy.needs:
        yield landlock.Grant(Path("/dev/shm"), landlock.WRITE)
    if "exec" in policy.needs:
        places = (*_BINARIES, sysconfig.get_path("include"), os.path.dirname(sys.executable))
        yield from (landlock.Grant(Path(place), landlock.READ | runs) for place in places)


def _filter_calls(needs: frozenset[str]) -> None:
    seccomp.install(seccomp.program(needs, os.getpid(), platform.machine()))


def _try_rlimits() -> str:
    _set_limit(resource.RLIMIT_NOFILE, 3)
    return _refused(lambda: os.open("/", os.O_RDONLY), "active")


def _try_landlock() -> str:
    linux.gain_no_privileges()
    version = landlock.restrict([], network=False)
    return _refused(lambda: os.open("/", os.O_RDONLY), f"active (ABI {version})")


def _try_seccomp() -> str:
    linux.gain_no_privileges()
    _filter_calls(frozenset())
    return _refused(os.setsid, "active")


def _try_namespace() -> str:
    linux.enter_user_namespace(network=True)
    return "active"


def _refused(act: Callable[[], object], state: str) -> str:
    try:
        act()
    except OSError:
        return state
    return "missing: accepted, but without effect"


def _in_child(trial: Callable[[], str]) -> str:
    """What `trial` returned in a forked child, or "missing: " and its error."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            state = trial()
        except BaseException as error:
            state = f"missing: {getattr(error, 'strerror', None) or error}"
        os.write(sink, state.encode())
        os._exit(0)
    os.close(sink)
    with open(source, "rb") as file:
        state = file.read().decode()
    os.waitpid(child, 0)
    return state or "missing: the trial crashed"
